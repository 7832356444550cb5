#include "app/machine.hpp"

#include <algorithm>
#include <filesystem>

#include <boost/asio/post.hpp>

#include "app/admin/operators.hpp"
#include "app/journal_key.hpp"
#include "app/peer_wiring.hpp"
#include "app/private_files.hpp"
#include "archive/access/imap/session.hpp"
#include "archive/access/pop3/session.hpp"
#include "archive/await.hpp"
#include "archive/journal/heads.hpp"
#include "base/log.hpp"
#include "conf/convert.hpp"
#include "conf/describe.hpp"
#include "conf/descriptors.hpp"
#include "conf/difference.hpp"
#include "relay/inbound/session.hpp"

namespace understudy::app {
namespace {

std::string_view refusal_of(relay::Protocol protocol) {
  if (protocol == relay::Protocol::imap) return "* BYE too many connections, try again later\r\n";
  if (protocol == relay::Protocol::pop3) return "-ERR [SYS/TEMP] too many connections, try again later\r\n";
  return "421 4.3.2 too many connections, try again later\r\n";
}

bool is_served(relay::Protocol protocol) {
  return protocol != relay::Protocol::http;
}

net::ConnectionLimits::Options connection_options(const conf::Config& config, std::uint64_t descriptors) {
  net::ConnectionLimits::Options options;
  options.total = conf::connections_within(config, descriptors);
  options.per_address = config.relay.connections.per_address;
  options.reserved = options.total / 10;
  for (const auto& client : config.relay.clients)
    options.unlimited.insert(options.unlimited.end(), client.networks.begin(), client.networks.end());
  return options;
}

net::ConnectionLimits::Options access_connection_options(const conf::Config& config, std::uint64_t descriptors) {
  net::ConnectionLimits::Options options;
  options.total = conf::access_connections_within(config, descriptors);
  options.per_address = config.access.connections_per_address;
  return options;
}

std::filesystem::path journal_key_file(const conf::Config& config) {
  if (!config.journal.key.empty()) return config.journal.key;
  return std::filesystem::path(config.server.data) / "journal" / "key.pem";
}

base::Result<std::unique_ptr<archive::HeadSigner>> make_head_signer(archive::Archive& archive, const conf::Config& config,
                                                                    const Surroundings& surroundings) {
  const auto told = archive::journal::told_keys(archive.store(), 0);
  if (!told) return std::unexpected(told.error());
  const auto last = told->empty() ? std::nullopt : std::optional(told->back().key);
  auto key = journal_key(journal_key_file(config), last, surroundings.random);
  if (!key) return std::unexpected(key.error());
  return archive::HeadSigner::make(archive, surroundings.clock, std::move(*key));
}

archive::endings::Obedience obedience_of(const conf::Config& config) {
  const bool obeys = config.peer && config.peer->endings == relay::peer::Endings::obey;
  return obeys ? archive::endings::Obedience::obey : archive::endings::Obedience::ask;
}

}  // namespace

Machine::Machine(conf::Config config, Surroundings surroundings, archive::Instance instance,
                 std::unique_ptr<archive::Archive> archive, std::unique_ptr<archive::HeadSigner> head_signer,
                 std::shared_ptr<const relay::Settings> settings, std::shared_ptr<const archive::access::Settings> access,
                 base::SigningKey peer_key)
    : config_(std::move(config)),
      surroundings_(std::move(surroundings)),
      instance_(std::move(instance)),
      head_signer_(std::move(head_signer)),
      archive_(std::move(archive)),
      settings_(std::move(settings)),
      login_guard_(surroundings_.clock),
      space_guard_([&store = surroundings_.store] { return store.free_octets(); }, surroundings_.clock),
      services_{*archive_,
                settings_,
                surroundings_.clock,
                surroundings_.timers,
                surroundings_.random,
                instance_.made_key,
                std::string(base::view(base::hmac_sha256(instance_.made_key, "salts of users who do not exist"))),
                surroundings_.workers,
                login_guard_,
                inbound_counts_,
                space_guard_},
      access_settings_(std::move(access)),
      live_accounts_(surroundings_.store),
      heading_packs_(*archive_),
      access_services_{*archive_,
                       live_accounts_,
                       [this] { return access_settings_.load(); },
                       surroundings_.clock,
                       surroundings_.timers,
                       services_.fake_salt,
                       surroundings_.workers,
                       login_guard_,
                       access_counts_,
                       [this] { return space() != relay::Space::low; },
                       door_,
                       heading_packs_},
      reporter_(*archive_, settings_, surroundings_.clock, surroundings_.random, instance_.made_key),
      courier_(
          {*archive_, settings_, surroundings_.resolver, surroundings_.connector, surroundings_.clock, surroundings_.random}),
      connection_limits_(connection_options(config_, surroundings_.descriptors), surroundings_.clock),
      access_limits_(access_connection_options(config_, surroundings_.descriptors), surroundings_.clock),
      chores_(surroundings_.home, surroundings_.timers),
      timestamps_({*archive_, settings_, surroundings_.resolver, surroundings_.connector, surroundings_.clock,
                   surroundings_.random, chores_, surroundings_.home}),
      pumped_(std::make_shared<archive::Archive*>(archive_.get())),
      peer_key_(std::move(peer_key)),
      witness_(*archive_, *head_signer_, surroundings_.clock),
      audit_witness_(*archive_, *head_signer_, surroundings_.clock, archive::journal::audit_log),
      door_(*archive_, surroundings_.clock, audit_policy(config_)),
      endings_({*archive_, *head_signer_, witness_, surroundings_.clock, surroundings_.random, obedience_of(config_)}),
      receipt_giver_(*archive_, *head_signer_, witness_, surroundings_.clock, surroundings_.random),
      receipt_taker_(*archive_, witness_),
      peer_work_(surroundings_.workers),
      peer_link_(make_peer_link(config_, surroundings_, peer_key_)) {
  make_custody_reports();
  if (peer_link_) register_topics();
  scheduler_ = std::make_unique<relay::Scheduler>(
      relay::Scheduler::Parts{*archive_, settings_, courier_, reporter_, surroundings_.clock, surroundings_.timers,
                              surroundings_.random, surroundings_.home, surroundings_.worker_executor});
  archive_->set_observer(scheduler_.get());
  if (surroundings_.threading == archive::Threading::inline_) {
    std::weak_ptr<archive::Archive*> alive = pumped_;
    archive_->set_waker([home = surroundings_.home, alive] {
      boost::asio::post(home, [alive] {
        if (auto pumped = alive.lock()) (*pumped)->pump();
      });
    });
  }
}

Machine::~Machine() {
  archive_->close();  // its last answers still find the schedule
}

base::Result<std::unique_ptr<Machine>> Machine::open(conf::Config config, Surroundings surroundings) {
  auto instance = archive::load_instance(surroundings.store, conf::first_role(config), surroundings.random);
  if (!instance) return base::fail("instance", instance.error());
  auto settings = make_settings(config, instance->role, surroundings.addresses());
  if (!settings) return std::unexpected(settings.error());
  auto access = access_settings(config, instance->role);
  if (!access) return std::unexpected(access.error());
  auto peer_key = own_key(peer_key_file(config), surroundings.random);
  if (!peer_key) return base::fail("the key of the peer link", peer_key.error());
  auto archive = archive::Archive::open(surroundings.store, directory_options(config, peer_key->public_key()),
                                        surroundings.clock, surroundings.random, surroundings.threading);
  if (!archive) return std::unexpected(archive.error());
  auto head_signer = make_head_signer(**archive, config, surroundings);
  if (!head_signer) return base::fail("the key that signs the journal", head_signer.error());
  return std::unique_ptr<Machine>(new Machine(std::move(config), std::move(surroundings), std::move(*instance),
                                              std::move(*archive), std::move(*head_signer), std::move(*settings),
                                              std::move(*access), std::move(*peer_key)));
}

namespace {
archive::access::imap::Tls tls_of(mail::smtp::ServerTls tls) {
  using archive::access::imap::Tls;
  if (tls == mail::smtp::ServerTls::none) return Tls::none;
  return tls == mail::smtp::ServerTls::implicit ? Tls::implicit : Tls::starttls;
}

mail::pop3::ServerTls stls_of(mail::smtp::ServerTls tls) {
  using mail::pop3::ServerTls;
  if (tls == mail::smtp::ServerTls::none) return ServerTls::none;
  return tls == mail::smtp::ServerTls::implicit ? ServerTls::implicit : ServerTls::stls;
}
}  // namespace

net::Listener::Handler Machine::handler_for(const relay::Listener& listener, std::size_t index) {
  if (listener.protocol == relay::Protocol::imap)
    return [this, tls = tls_of(listener.tls)](net::Connection connection) -> net::Task<> {
      archive::access::imap::Session session(std::move(connection), access_services_, tls);
      co_await session.run();
    };
  if (listener.protocol == relay::Protocol::pop3)
    return [this, tls = stls_of(listener.tls)](net::Connection connection) -> net::Task<> {
      archive::access::pop3::Session session(std::move(connection), access_services_, maildrops_, tls);
      co_await session.run();
    };
  // A session keeps the limits that its listener has when it begins.
  return [this, index](net::Connection connection) -> net::Task<> {
    auto settings = settings_.get();
    const auto& current = settings->options.listeners.at(std::min(index, settings->options.listeners.size() - 1));
    relay::InboundSession session(std::move(connection), services_, settings, current);
    co_await session.run();
  };
}

base::Result<> Machine::bind(const relay::Listener& listener, std::size_t index) {
  for (const auto& endpoint : listener.binds) {
    auto acceptor = surroundings_.listen(endpoint);
    if (!acceptor) return std::unexpected(acceptor.error());  // names the endpoint
    auto& limits = relay::speaks_smtp(listener.protocol) ? connection_limits_ : access_limits_;
    net::Listener::Options options;
    options.name = conf::name_of(listener.protocol);
    options.refusal = refusal_of(listener.protocol);
    if (listener.protocol == relay::Protocol::submission) options.standing = net::ConnectionLimits::Standing::preferred;
    listening_.push_back(
        {listener.protocol, std::make_unique<net::Listener>(std::move(*acceptor), limits, surroundings_.timers,
                                                            handler_for(listener, index), std::move(options))});
  }
  return {};
}

/// What has to be done now and then, a little at a time: places whose resend window is over are forgotten, and what the other
/// machine ordered to be ended is tried again.
net::Task<> Machine::keep_house() {
  auto pause = surroundings_.timers.make(surroundings_.home);
  std::string from;
  for (;;) {
    const auto waited = co_await pause->wait(from.empty() ? std::chrono::minutes(10) : std::chrono::seconds(1));
    if (waited == net::Waited::cancelled) co_return;
    auto submit = [this, &from](archive::Done<std::string> done) {
      archive_->expire_places(from, settings_.get()->policy.passthrough.resend_window, std::move(done));
    };
    auto next = co_await archive::wait_for<std::string>(std::move(submit));
    if (!next) base::log::error("places.expire", {{"reason", next.error().text()}});
    from = next ? *next : std::string();
    if (from.empty()) endings_.try_again();
  }
}

/// false: there is nothing to sign yet, or it failed.
net::Task<bool> Machine::sign_head() {
  auto submit = [this](archive::Done<archive::journal::SignedHead> done) { head_signer_->sign(std::move(done)); };
  const auto head = co_await archive::wait_for<archive::journal::SignedHead>(std::move(submit));
  if (!head && head.error().code != base::errc::not_found)
    base::log::error("journal.not_signed", {{"reason", head.error().text()}});
  if (head && witness_topics_) witness_topics_->head_signed();
  if (head) timestamps_.head_signed(*head, config_.journal);
  co_return head.has_value();
}

net::Task<> Machine::sign_audit_head() {
  auto submit = [this](archive::Done<archive::journal::SignedHead> done) {
    head_signer_->sign(archive::journal::Book::audit, std::move(done));
  };
  const auto head = co_await archive::wait_for<archive::journal::SignedHead>(std::move(submit));
  if (!head && head.error().code != base::errc::not_found)
    base::log::error("audit.not_signed", {{"reason", head.error().text()}});
  if (head && audit_topics_) audit_topics_->head_signed();
}

/// A tree head is signed now and then, so that what was in the journal then can never be denied. Where there is a link the
/// first one soon: the other machine believes no receipt before it has seen one.
net::Task<> Machine::sign_heads() {
  auto pause = surroundings_.timers.make(surroundings_.home);
  bool signed_once = false;
  for (;;) {
    const auto every = config_.journal.sign_every;
    const bool wanted = every.count() > 0;
    const std::chrono::milliseconds soon = std::chrono::seconds(1);
    const auto next = signed_once || !peer_link_ ? every : std::min(every, soon);
    const auto waited = co_await pause->wait(wanted ? next : std::chrono::minutes(1));
    if (waited == net::Waited::cancelled) co_return;
    if (!wanted) continue;
    signed_once = co_await sign_head();
    co_await sign_audit_head();
  }
}

/// What was handed over and got lost is found soon.
net::Task<> Machine::watch_custody() {
  auto pause = surroundings_.timers.make(surroundings_.home);
  while (co_await pause->wait(custody_watch_->pause()) == net::Waited::expired) {
    if (custody_watch_->begins_round()) mark_topics_->announce();
    co_await custody_watch_->look();
  }
}

/// And what the other machine has handed over, and never came.
net::Task<> Machine::watch_gaps() {
  auto pause = surroundings_.timers.make(surroundings_.home);
  while (co_await pause->wait(gap_watch_->pause()) == net::Waited::expired) co_await gap_watch_->look();
}

void Machine::make_custody_reports() {
  relay::peer::Asker ask;
  if (peer_link_)
    ask = [link = peer_link_.get()](relay::peer::Traffic::Question question, relay::peer::Traffic::Done done) {
      link->ask(std::move(question), std::move(done));
    };
  const auto wait = config_.peer ? config_.peer->receipt_wait : relay::peer::Options().receipt_wait;
  CustodyReports::Parts parts{*archive_,  *head_signer_,           witness_, surroundings_.clock, surroundings_.workers,
                              peer_work_, config_.server.hostname, wait};
  custody_reports_ = std::make_unique<CustodyReports>(std::move(parts), std::move(ask));
  if (peer_link_) custody_reports_->register_at(peer_link_->registry());
}

/// What travels over the peer link.
void Machine::register_topics() {
  auto& registry = peer_link_->registry();
  registry.speak_while([&archive = *archive_] { return !archive.stopped(); });
  auto ask = [link = peer_link_.get()](relay::peer::Traffic::Question question, relay::peer::Traffic::Done done) {
    link->ask(std::move(question), std::move(done));
  };
  witness_topics_ = std::make_unique<relay::peer::WitnessTopics>(witness_, registry, ask);
  audit_topics_ =
      std::make_unique<relay::peer::WitnessTopics>(audit_witness_, registry, ask, relay::peer::WitnessTopics::of_audit_journal);
  auto tell = [this](std::string subject, std::string text) {
    return reporter_.tell_postmaster(std::move(subject), std::move(text));
  };
  const auto wait = config_.peer->receipt_wait;
  const relay::peer::CustodyWatch::Parts watched{*archive_,           receipt_taker_,        witness_,
                                                 surroundings_.clock, surroundings_.workers, wait};
  custody_watch_ = std::make_unique<relay::peer::CustodyWatch>(watched, ask, tell);
  const relay::peer::GapWatch::Parts missed{*archive_, surroundings_.clock, surroundings_.workers, wait};
  gap_watch_ = std::make_unique<relay::peer::GapWatch>(missed, ask, std::move(tell));
  const relay::peer::MarkTopics::Parts marked{*archive_, surroundings_.clock, peer_work_, *custody_watch_, *gap_watch_};
  mark_topics_ = std::make_unique<relay::peer::MarkTopics>(marked, registry);
  auto after = [this](std::chrono::milliseconds wait, std::function<void()> run) {
    chores_.spawn(surroundings_.home, "after a while", run_after(wait, std::move(run)));
  };
  for (const auto feature : {relay::peer::witness_feature, relay::peer::audit_witness_feature, relay::peer::receipts_feature,
                             relay::peer::endings_feature, relay::peer::marks_feature, CustodyReports::feature})
    registry.need(std::string(feature));
  receipt_topics_ =
      std::make_unique<relay::peer::ReceiptTopics>(receipt_giver_, receipt_taker_, registry, peer_work_, std::move(after));
  ending_topics_ = std::make_unique<relay::peer::EndingTopics>(endings_, registry);
  witness_topics_->on_cosigned([this] {
    receipt_topics_->poke();
    endings_.poke();
  });
  witness_topics_->on_judged([this] { receipt_topics_->head_judged(); });
}

net::Task<> Machine::run_after(std::chrono::milliseconds wait, std::function<void()> run) {
  auto pause = surroundings_.timers.make(surroundings_.home);
  if (co_await pause->wait(wait) == net::Waited::expired) run();
}

std::map<std::string, std::uint64_t> Machine::witness_counts() const {
  return witness_topics_ ? witness_topics_->counts() : std::map<std::string, std::uint64_t>();
}

std::map<std::string, std::uint64_t> Machine::audit_witness_counts() const {
  return audit_topics_ ? audit_topics_->counts() : std::map<std::string, std::uint64_t>();
}

net::Task<base::Result<base::PublicKey>> Machine::replace_journal_key() {
  auto key = co_await app::replace_journal_key(journal_key_file(config_), *head_signer_, surroundings_.random);
  if (key) co_await sign_head();  // so that the other machine hears of it soon
  if (key) co_await sign_audit_head();
  co_return key;
}

base::Result<> Machine::start() {
  const auto settings = settings_.get();
  for (std::size_t i = 0; i < settings->options.listeners.size(); ++i) {
    const auto& listener = settings->options.listeners[i];
    if (!is_served(listener.protocol)) {
      base::log::warn("listener.not_served", {{"protocol", conf::name_of(listener.protocol)}});
      continue;
    }
    if (auto bound = bind(listener, i); !bound) {
      listening_.clear();
      return bound;
    }
  }
  if (peer_link_)
    if (auto started = peer_link_->start(); !started) return base::fail("peer link", started.error());
  if (auto started = scheduler_->start(); !started) return started;
  for (auto& listening : listening_) listening.listener->start();
  chores_.spawn(surroundings_.home, "housekeeping", keep_house());
  chores_.spawn(surroundings_.home, "tree heads", sign_heads());
  if (custody_watch_) chores_.spawn(surroundings_.home, "custody", watch_custody());
  if (gap_watch_) chores_.spawn(surroundings_.home, "gaps", watch_gaps());
  return {};
}

void Machine::leave() {
  if (leaving_since_) return;
  leaving_since_ = surroundings_.clock.steady();
  chores_.cancel();
  for (auto& listening : listening_) listening.listener->stop();
}

namespace {
net::Task<> end(net::Listener* listener, std::chrono::milliseconds wait) {
  const auto left = co_await listener->drain(wait);
  if (left > 0) base::log::warn("stop.sessions_left", {{"sessions", left}});
}
net::Task<> end(relay::Scheduler* scheduler, std::chrono::milliseconds wait) {
  const auto left = co_await scheduler->stop(wait);
  if (left > 0) base::log::warn("stop.deliveries_left", {{"tasks", left}});
}
}  // namespace

/// All of them side by side: each has the whole wait.
net::Task<> Machine::end_all(std::chrono::milliseconds wait) {
  net::TaskGroup ends(surroundings_.home, surroundings_.timers);
  for (auto& listening : listening_) ends.spawn(surroundings_.home, "stop", end(listening.listener.get(), wait));
  ends.spawn(surroundings_.home, "stop", end(scheduler_.get(), wait));
  co_await ends.wait(wait + std::chrono::seconds(30));  // each ends before, by itself
}

net::Task<> Machine::stop() {
  leave();
  const auto spent = surroundings_.clock.steady() - *leaving_since_;
  const auto wait = settings_.get()->options.stop_wait - spent;
  co_await end_all(std::max<std::chrono::milliseconds>(wait, std::chrono::milliseconds(100)));
  co_await chores_.wait(std::chrono::seconds(1));
  if (peer_link_) co_await peer_link_->stop();  // behind the sessions: they may wait for the other machine
  archive_->close();
  co_await end_all(std::chrono::milliseconds(100));  // who waited for the archive has its answer now
}

base::Result<Machine::Prepared> Machine::prepare(const conf::Config& running, conf::Config changed) const {
  Prepared prepared;
  prepared.config = conf::until_restart(std::move(changed), running);
  auto settings = make_settings(prepared.config, instance_.role, surroundings_.addresses());
  if (!settings) return std::unexpected(settings.error());
  prepared.settings = std::move(*settings);
  auto access = access_settings(prepared.config, instance_.role);
  if (!access) return std::unexpected(access.error());
  prepared.access = std::move(*access);
  return prepared;
}

void Machine::take(Prepared prepared) {
  archive_->replace_options(directory_options(prepared.config, peer_key_.public_key()), [](base::Result<> done) {
    if (!done) base::log::error("reload.accounts", {{"reason", done.error().text()}});
  });
  access_settings_ = std::move(prepared.access);
  settings_.replace(std::move(prepared.settings));
  door_.replace_policy(audit_policy(prepared.config));
  connection_limits_.replace_options(connection_options(prepared.config, surroundings_.descriptors));
  access_limits_.replace_options(access_connection_options(prepared.config, surroundings_.descriptors));
  config_ = std::move(prepared.config);
  scheduler_->retry_all();
}

std::vector<Bound> Machine::bound() const {
  std::vector<Bound> all;
  for (const auto& listening : listening_) all.push_back({listening.protocol, listening.listener->local()});
  return all;
}

std::size_t Machine::sessions() const {
  std::size_t all = 0;
  for (const auto& listening : listening_) all += listening.listener->sessions();
  return all;
}

}  // namespace understudy::app
