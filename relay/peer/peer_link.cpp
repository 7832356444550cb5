#include "relay/peer/peer_link.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.hpp"
#include "base/net/connection_limits.hpp"
#include "base/net/listener.hpp"
#include "base/net/task_group.hpp"
#include "base/net/tls_pinned.hpp"
#include "relay/peer/refusals.hpp"

namespace understudy::relay::peer {
namespace {

constexpr std::string_view protocol = "understudy-peer";
constexpr net::Timeout connect_wait(10'000);
constexpr net::Timeout handshake_wait(10'000);
constexpr net::Timeout end_wait(4'000);
constexpr net::Timeout while_up(std::chrono::hours(24));
constexpr std::size_t max_tried_addresses = 4;
constexpr std::size_t fill_octets = 64 * 1024;  ///< read ahead of what is sent
constexpr std::size_t max_connections = 32;     ///< of those who knock: the other machine needs one

net::ConnectionLimits::Options limits_of_the_port() {
  net::ConnectionLimits::Options limits;
  limits.total = max_connections;
  limits.per_address = max_connections / 2;
  return limits;
}

net::Task<bool> told_to_stop() {
  const auto told = co_await net::asio::this_coro::cancellation_state;
  co_return told.cancelled() != net::asio::cancellation_type::none;
}

}  // namespace

struct PeerLink::Impl final : Conversation::Host, std::enable_shared_from_this<PeerLink::Impl> {
  Impl(Parts with, Options by, base::SigningKey own, Identity who)
      : parts(std::move(with)),
        options(std::move(by)),
        key(std::move(own)),
        pin(base::PublicKey::parse(options.key)),
        identity(std::move(who)),
        refusals(parts.clock),
        limits(limits_of_the_port(), parts.clock),
        back_off(parts.timers.make(parts.home)),
        link_down(parts.timers.make(parts.home)),
        dialler(parts.home, parts.timers),
        readers(parts.home, parts.timers) {}

  DialogueOptions dialogue_options() const;
  base::Result<> listen();
  net::Task<> dial();
  net::Task<> wait_before_dialling(std::chrono::milliseconds wait);
  net::Task<bool> dial_once();
  net::Task<base::Result<std::unique_ptr<net::Link>>> connect();
  net::Task<base::Result<>> shake_hands(net::Link& link, Dialled dialled);
  net::Task<> accepted(net::Connection connection);
  net::Task<bool> converse(std::unique_ptr<net::Link> link, Dialled dialled);

  void on_events(Conversation& conversation, std::vector<Event> events) override;
  void fill(Conversation& conversation) override;
  void came_up(Conversation& conversation);
  bool stays_beside(const Conversation& one, const Conversation& newer) const;
  void ended(Conversation& conversation);
  void unreachable(const std::string& why);
  std::vector<std::string> missing(const std::vector<std::string>& from, const std::vector<std::string>& in) const;

  const Parts parts;
  const Options options;
  const base::SigningKey key;
  const std::optional<base::PublicKey> pin;
  const Identity identity;
  Registry registry;
  Refusals refusals;
  Knocks knocks;
  std::shared_ptr<Traffic> traffic;
  net::ConnectionLimits limits;
  std::unique_ptr<net::Timer> back_off;
  std::unique_ptr<net::Timer> link_down;  // ends where the connection that stood has ended
  std::vector<std::unique_ptr<net::Listener>> listeners;
  net::TaskGroup dialler;
  net::TaskGroup readers;
  Conversation* current = nullptr;  // the connection that carries everything
  std::optional<Connected> connected;
  std::string trouble = "not tried yet";
  std::string logged_trouble;
  base::SteadyTime not_before{};  // of the next dialling, after no version was found in common
};

DialogueOptions PeerLink::Impl::dialogue_options() const {
  DialogueOptions made;
  made.hello.program = identity.program;
  made.hello.instance = identity.instance;
  made.hello.incarnation = identity.incarnation;
  made.hello.hostname = identity.hostname;
  made.offers = registry.offers();
  made.window = options.window;
  made.idle = options.idle;
  return made;
}

// ---- the two ways to a connection

base::Result<> PeerLink::Impl::listen() {
  for (const auto& bind : options.binds) {
    auto acceptor = parts.listen(bind);
    if (!acceptor) return std::unexpected(acceptor.error());  // names the endpoint
    net::Listener::Handler handler = [this](net::Connection connection) { return accepted(std::move(connection)); };
    net::Listener::Options how;
    how.name = "peer";
    listeners.push_back(
        std::make_unique<net::Listener>(std::move(*acceptor), limits, parts.timers, std::move(handler), std::move(how)));
  }
  for (const auto& listener : listeners) listener->start();
  return {};
}

net::Task<> PeerLink::Impl::accepted(net::Connection connection) {
  const auto from = connection.link->peer();
  if (!knocks.may_enter(from.address, parts.clock.steady())) {
    refusals.note(from, "flood", "too many connections in a second");
    co_return connection.link->abort();
  }
  connection.place.waits();  // whoever is in the handshake for longest goes first where many knock
  auto shaken = co_await shake_hands(*connection.link, Dialled::there);
  if (!shaken) co_return connection.link->abort();
  connection.place.stays();
  co_await converse(std::move(connection.link), Dialled::there);
}

net::Task<> PeerLink::Impl::dial() {
  auto wait = options.retry;
  for (;;) {
    if (current) {
      wait = options.retry;
      co_await link_down->wait(while_up);
    }
    if (co_await told_to_stop()) co_return;
    if (current) continue;
    const auto begun = parts.clock.steady();
    const bool was_up = co_await dial_once();
    if (was_up && parts.clock.steady() - begun > wait) wait = options.retry;
    if (current) continue;
    co_await wait_before_dialling(wait);
    wait = std::min(2 * wait, options.retry_max);
  }
}

/// A tenth of chance, so that two machines that start together do not meet again and again.
net::Task<> PeerLink::Impl::wait_before_dialling(std::chrono::milliseconds wait) {
  const auto tenth = static_cast<std::uint64_t>(wait.count() / 10);
  wait += std::chrono::milliseconds(parts.random.number() % (2 * tenth + 1)) - std::chrono::milliseconds(tenth);
  wait = std::max<std::chrono::milliseconds>(wait, not_before - parts.clock.steady());
  co_await back_off->wait(wait);
}

/// Whether the link was up. Returns when the connection is over.
net::Task<bool> PeerLink::Impl::dial_once() {
  auto link = co_await connect();
  if (!link) {
    unreachable(link.error().text());
    co_return false;
  }
  auto shaken = co_await shake_hands(**link, Dialled::here);
  if (!shaken) co_return false;
  co_return co_await converse(std::move(*link), Dialled::here);
}

net::Task<base::Result<std::unique_ptr<net::Link>>> PeerLink::Impl::connect() {
  std::vector<net::IpAddress> addresses;
  if (const auto literal = net::IpAddress::parse(options.host)) {
    addresses.push_back(*literal);
  } else {
    auto found = co_await parts.resolver.addresses(options.host, net::Families::both);
    if (!found) co_return base::fail(options.host, found.error());
    addresses = std::move(found->addresses);
  }
  base::Result<std::unique_ptr<net::Link>> last = base::fail(options.host + " has no address", base::errc::not_found);
  addresses.resize(std::min(addresses.size(), max_tried_addresses));
  for (const auto& address : addresses) {
    const net::Endpoint to{address, options.port};
    last = co_await parts.connector.connect(to, std::nullopt, connect_wait);
    if (last) break;
  }
  co_return last;
}

net::Task<base::Result<>> PeerLink::Impl::shake_hands(net::Link& link, Dialled dialled) {
  const auto role = dialled == Dialled::here ? net::TlsRole::client : net::TlsRole::server;
  auto tls = net::PinnedTls::make(role, key, pin, std::string(protocol));
  if (!tls) co_return std::unexpected(tls.error());
  auto started = co_await tls->start(link, handshake_wait);
  const bool stopped = co_await told_to_stop();
  if (started || stopped) co_return started;
  const auto what = refusals.note(link.peer(), *tls, started.error());
  const bool by_anybody = dialled == Dialled::there && tls->verdict() == net::PinnedTls::Verdict::none;
  if (!current && !by_anybody) trouble = link.peer().text() + ": " + what;
  co_return started;
}

// ---- a connection

/// Whether it was up.
net::Task<bool> PeerLink::Impl::converse(std::unique_ptr<net::Link> link, Dialled dialled) {
  const auto conversation =
      std::make_shared<Conversation>(std::move(link), dialled, dialogue_options(), parts.clock, parts.timers);
  struct AtEnd {
    Impl& link;
    Conversation& conversation;
    ~AtEnd() { link.ended(conversation); }
  };
  const AtEnd at_end{*this, *conversation};
  co_await conversation->run(readers, *this);
  co_return conversation->dialogue().other().has_value();
}

void PeerLink::Impl::on_events(Conversation& conversation, std::vector<Event> events) {
  const bool up = std::ranges::any_of(events, [](const Event& event) { return std::holds_alternative<Up>(event); });
  if (up) came_up(conversation);
  if (&conversation == current) traffic->take(std::move(events));
}

void PeerLink::Impl::fill(Conversation& conversation) {
  if (&conversation == current) traffic->fill(fill_octets);
}

/// Of two, the one that was dialled by the machine with the smaller key; of two that the same machine dialled the newer, since
/// it would not have dialled if the other one were of use to it.
bool PeerLink::Impl::stays_beside(const Conversation& one, const Conversation& newer) const {
  if (one.dialled() == newer.dialled()) return false;
  const auto smaller = pin && *pin < key.public_key() ? Dialled::there : Dialled::here;
  return one.dialled() == smaller;
}

void PeerLink::Impl::came_up(Conversation& conversation) {
  if (current && stays_beside(*current, conversation)) {
    conversation.dialogue().end("the other connection stays");
    current->dialogue().probe(parts.clock.steady());  // the other machine may know that it is dead
    return current->poke();
  }
  if (current) {
    current->dialogue().end("another connection stays");
    current->poke();
  }
  current = &conversation;
  connected = Connected{parts.clock.now(), conversation.dialled(), conversation.peer(), *conversation.dialogue().other()};
  trouble.clear();
  logged_trouble.clear();
  const auto& other = connected->other;
  base::log::info("peer.up", {{"peer", connected->at.text()},
                              {"dialled", conversation.dialled() == Dialled::here ? "here" : "there"},
                              {"hostname", other.hostname},
                              {"program", other.program}});
  for (const auto& feature : registry.needed())
    if (!conversation.dialogue().other_has(feature))
      base::log::warn("peer.lacks", {{"hostname", other.hostname}, {"program", other.program}, {"feature", feature}});
  traffic->attach(conversation.dialogue(), [&conversation] { conversation.poke(); });
}

void PeerLink::Impl::ended(Conversation& conversation) {
  const auto& over = conversation.dialogue().ended();
  const auto why = conversation.why_over();
  if (over && over->how == Ended::How::version) {
    not_before = parts.clock.steady() + options.retry_max;
    refusals.note(conversation.peer(), "version", why);
  }
  if (over && over->how == Ended::How::violation) refusals.note(conversation.peer(), "violation", why);
  if (&conversation == current) {
    traffic->detach();
    current = nullptr;
    connected.reset();
    trouble = why;
    base::log::info("peer.down", {{"peer", conversation.peer().text()}, {"reason", why}});
    return link_down->cancel();
  }
  const bool agreed = conversation.dialogue().other() && (!over || over->how != Ended::How::version);
  if (current || agreed) return;  // one of two that stood at a time
  trouble = why;
  if (over) return;
  trouble = "it ended the connection before hello, as one does that has not got this machine's key: " + why;
  refusals.note(conversation.peer(), "there", trouble);
}

/// Once in an outage, not at each try.
void PeerLink::Impl::unreachable(const std::string& why) {
  if (current) return;
  trouble = why;
  if (logged_trouble == why) return;
  logged_trouble = why;
  base::log::warn("peer.unreachable", {{"reason", why}});
}

std::vector<std::string> PeerLink::Impl::missing(const std::vector<std::string>& from,
                                                 const std::vector<std::string>& in) const {
  std::vector<std::string> list;
  for (const auto& feature : from)
    if (std::ranges::find(in, feature) == in.end()) list.push_back(feature);
  return list;
}

// ---- what others see

PeerLink::PeerLink(Parts parts, Options options, base::SigningKey key, Identity identity)
    : impl_(std::make_shared<Impl>(std::move(parts), std::move(options), std::move(key), std::move(identity))) {}

PeerLink::~PeerLink() {
  if (impl_->traffic) impl_->traffic->close();
}

Registry& PeerLink::registry() {
  return impl_->registry;
}
const base::PublicKey& PeerLink::key() const {
  return impl_->key.public_key();
}

base::Result<> PeerLink::start() {
  auto post = [home = impl_->parts.home](std::function<void()> what) { boost::asio::post(home, std::move(what)); };
  impl_->traffic = std::make_shared<Traffic>(impl_->registry, impl_->parts.clock, std::move(post));
  if (auto listening = impl_->listen(); !listening) {
    impl_->listeners.clear();
    return listening;
  }
  impl_->traffic->listen();
  impl_->dialler.spawn(impl_->parts.home, "peer.dial", impl_->dial());
  return {};
}

net::Task<> PeerLink::stop() {
  if (!impl_->traffic) co_return;
  impl_->dialler.cancel();
  for (const auto& listener : impl_->listeners) listener->stop();
  for (const auto& listener : impl_->listeners) co_await listener->drain(end_wait);
  co_await impl_->dialler.wait(end_wait);
  impl_->readers.cancel();
  const auto left = co_await impl_->readers.wait(end_wait);
  if (left > 0) base::log::warn("stop.peer_left", {{"tasks", left}});
  impl_->traffic->close();
}

Status PeerLink::status() const {
  Status status;
  status.connected = impl_->connected;
  status.trouble = impl_->trouble;
  status.refused = impl_->refusals.counts();
  status.offered = impl_->refusals.offered();
  if (impl_->traffic) status.topics = impl_->traffic->status();
  if (!status.connected) return status;
  const auto own = impl_->registry.offers().features();
  const auto& theirs = status.connected->other.features;
  status.missing_there = impl_->missing(own, theirs);
  status.missing_here = impl_->missing(theirs, own);
  for (const auto& feature : impl_->registry.needed())
    if (std::ranges::find(theirs, feature) == theirs.end()) status.needed.push_back(feature);
  return status;
}

void PeerLink::ask(Traffic::Question question, Traffic::Done done) {
  auto send = [impl = std::weak_ptr(impl_), question = std::move(question), done = std::move(done)]() mutable {
    const auto link = impl.lock();
    if (link && link->traffic) return link->traffic->ask(std::move(question), std::move(done));
    done(base::fail("question " + question.verb + ": no peer link", base::errc::not_found));
  };
  boost::asio::post(impl_->parts.home, std::move(send));
}

}  // namespace understudy::relay::peer
