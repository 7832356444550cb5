#include "tests/sim/machines.hpp"

#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "archive/outbox/owner.hpp"
#include "base/net/line_reader.hpp"
#include "conf/load.hpp"
#include "mail/smtp/body_decoder.hpp"
#include "relay/outbound/smtp_session.hpp"

namespace understudy::sim {
namespace {
using mail::smtp::Reply;
using mail::smtp::Want;
constexpr net::Timeout patience = std::chrono::minutes(5);

/// The octets of a message that a test holds in a string.
class StringBody final : public archive::store::BodyReader {
 public:
  explicit StringBody(std::string octets) : octets_(std::move(octets)) { ref_.size = octets_.size(); }
  const archive::store::BodyRef& ref() const override { return ref_; }
  base::Result<std::string> read(std::uint64_t offset, std::size_t limit) override {
    if (offset >= octets_.size()) return std::string();
    return octets_.substr(offset, limit);
  }

 private:
  std::string octets_;
  archive::store::BodyRef ref_;
};

mail::address::Address address_of(const std::string& text) {
  auto parsed = mail::address::parse(text, mail::address::Utf8::allow);
  if (!parsed) throw std::invalid_argument(text);
  return *parsed;
}

net::Endpoint endpoint_of(const std::string& text) {
  auto parsed = net::Endpoint::parse(text);
  if (!parsed) throw std::invalid_argument(text);
  return *parsed;
}

mail::smtp::Envelope envelope_of(const Handing& handing) {
  mail::smtp::Envelope envelope;
  if (!handing.reverse_path.empty()) envelope.reverse_path = address_of(handing.reverse_path);
  for (const auto& forward_path : handing.forward_paths) {
    mail::smtp::Recipient recipient;
    recipient.forward_path = address_of(forward_path);
    envelope.recipients.push_back(std::move(recipient));
  }
  return envelope;
}
}  // namespace

struct Outside::State {
  Outside* owner = nullptr;  ///< nullptr: the test is over
  SimWorld& world;
  std::unique_ptr<net::Acceptor> acceptor;

  static net::Task<> accept(std::shared_ptr<State> state) {
    for (;;) {
      auto link = co_await state->acceptor->accept();
      if (!link) co_return;
      boost::asio::co_spawn(state->acceptor->executor(), serve(state, std::move(*link)), boost::asio::detached);
    }
  }

  static net::Task<> serve(std::shared_ptr<State> state, std::unique_ptr<net::Link> link) {
    mail::smtp::ServerOptions options;
    options.hostname = "mx.world.example";
    mail::smtp::ServerDialogue dialogue(options);
    if (state->owner) dialogue.offer_custody(state->owner->custody);
    net::LineReader reader(*link, state->world.clock);
    auto next = dialogue.greet();
    for (;;) {
      if (next.reply) {
        const std::string wire = next.reply->wire();
        auto written = co_await link->write(wire, patience);
        if (!written) co_return;
      }
      if (!state->owner || next.want == Want::close) co_return;
      state->owner->peer = link->peer().address.text();
      if (next.want == Want::mail_verdict) {
        next = dialogue.on_mail_verdict({250, "2.1.0", "ok"});
      } else if (next.want == Want::verdict) {
        const auto refused = state->owner->refusals.find(dialogue.forward_path().forward_path.text());
        next = dialogue.on_verdict(refused == state->owner->refusals.end() ? Reply(250, "2.1.5", "ok") : refused->second);
      } else if (next.want == Want::body) {
        std::string octets;
        mail::smtp::BodyDecoder decoder(mail::smtp::BodyOptions{});
        for (auto state_of_data = mail::smtp::BodyDecoder::State::more;
             state_of_data == mail::smtp::BodyDecoder::State::more;) {
          if (!reader.has_buffered()) {
            auto filled = co_await reader.fill(patience);
            if (!filled) co_return;
          }
          const auto progress = decoder.feed(reader.buffered(), octets);
          reader.consume(progress.consumed);
          state_of_data = progress.state;
        }
        if (state->owner) state->owner->messages.push_back({dialogue.envelope(), octets});
        next = dialogue.on_kept({250, "2.0.0", "ok"});
      } else {
        auto line = co_await reader.read_line(5000, patience);
        if (!line) co_return;
        next = dialogue.on_line(line->text);
      }
    }
  }
};

Outside::Outside(SimWorld& world, std::string address) {
  auto acceptor = world.network.listen(endpoint_of(address + ":25"));
  if (!acceptor) throw std::runtime_error(acceptor.error().text());
  state_ = std::make_shared<State>(State{this, world, std::move(*acceptor)});
  world.spawn(State::accept(state_));
}

Outside::~Outside() {
  state_->owner = nullptr;
  state_->acceptor->close();
}

Box::Box(SimWorld& world, std::string config, const std::string& address, const std::filesystem::path& scratch,
         std::unique_ptr<Drive> drive)
    : world_(world),
      config_(std::move(config)),
      address_(endpoint_of(address + ":0").address),
      scratch_(scratch),
      drive_(std::move(drive)) {}

Box::~Box() {
  if (store_) power_off(archive::store::Faults::Kept::none, 0);
}

void Box::power_on() {
  if (machine_) throw std::logic_error("the machine is on");
  auto loaded = conf::load(config_, "box.toml");
  if (!loaded) throw std::runtime_error(loaded.error().front().text());
  loaded->config.server.data = scratch_.string();
  world_.network.power_on(address_);
  store_ = drive_->open();
  auto executor = world_.executor();
  app::Surroundings surroundings{*store_,
                                 world_.clock,
                                 world_.random,
                                 world_.timers,
                                 world_.dns,
                                 world_.network.from(address_),
                                 workers_,
                                 [this](const net::Endpoint& at) { return world_.network.listen(at); },
                                 executor,
                                 [executor] { return executor; },
                                 archive::Threading::inline_};
  auto machine = app::Machine::open(loaded->config, std::move(surroundings));
  if (!machine) throw std::runtime_error(machine.error().text());
  machine_ = std::move(*machine);
  if (auto started = machine_->start(); !started) throw std::runtime_error(started.error().text());
}

void Box::power_off(archive::store::Faults::Kept kept, std::uint64_t seed) {
  world_.network.power_off(address_);
  if (store_) drive_->die(*store_, kept, seed);  // first: nothing that the coroutines still do reaches the disk
  leave();
  drive_->come_back(kept, seed);
}

void Box::end_process() {
  leave();
  drive_->come_back(archive::store::Faults::Kept::all, 0);
}

/// So that no coroutine outlives what it refers to.
void Box::leave() {
  if (machine_) world_.run(machine_->stop());
  world_.settle();
  machine_.reset();
  world_.settle();
  store_.reset();
}

void Box::rotate_key() {
  auto rotation = [](app::Machine& machine) -> net::Task<> { static_cast<void>(co_await machine.replace_journal_key()); };
  world_.spawn(rotation(*machine_));
}

std::vector<archive::mailbox::ListedMessage> Box::messages(const std::string& account, const std::string& folder) {
  const auto record = machine_->archive().directory().record(account);
  if (!record) return {};
  auto found = archive::mailbox::find_folder(*store_, record->number, folder);
  if (!found) return {};
  auto listed = archive::mailbox::messages(*store_, record->number, found->number, 1, 100'000);
  if (!listed) throw std::runtime_error(listed.error().text());
  return std::move(*listed);
}

std::string Box::subject_of(const std::string& account, const archive::mailbox::Message& message) {
  const auto record = machine_->archive().directory().record(account);
  return archive::listing_of(*store_, store_->bodies(), record->number, message).subject;
}

std::vector<std::string> Box::subjects(const std::string& account, const std::string& folder) {
  std::vector<std::string> result;
  for (const auto& message : messages(account, folder)) result.push_back(subject_of(account, message.message));
  return result;
}

std::multimap<std::string, std::string> Box::octets(const std::string& account, const std::string& folder) {
  std::multimap<std::string, std::string> result;
  for (const auto& listed : messages(account, folder)) {
    const auto reader = machine_->archive().open_body(listed.message.body);
    std::string all;
    while (all.size() < listed.message.body.size) {
      const auto piece = reader->read(all.size(), archive::store::Bodies::max_chunk);
      if (!piece || piece->empty()) throw std::runtime_error("a body cannot be read");
      all += *piece;
    }
    result.emplace(subject_of(account, listed.message), std::move(all));
  }
  return result;
}

std::size_t Box::queued() {
  std::size_t count = 0;
  auto shards = archive::outbox::shards(*store_);
  if (!shards) throw std::runtime_error(shards.error().text());
  for (const auto& shard : *shards) {
    auto entries = archive::outbox::list(*store_, shard, {}, 100'000);
    if (!entries) throw std::runtime_error(entries.error().text());
    count += entries->size();
  }
  return count;
}

net::Task<Reply> attempt(SimWorld& world, Handing handing) {
  auto& connector = world.network.from(endpoint_of(handing.from_address + ":0").address);
  auto link = co_await connector.connect(endpoint_of(handing.to_endpoint), std::nullopt, std::chrono::seconds(30));
  if (!link) co_return Reply(0, "", "no connection");
  relay::SessionPlan plan;
  plan.host = handing.to_endpoint;
  plan.tls = routing::TlsPolicy::none;
  plan.ehlo_name = "client.world.example";
  relay::SmtpSession session(std::move(*link), plan, nullptr, world.clock);
  const bool open = co_await session.open();
  if (!open) co_return Reply(0, "", "no session");
  mail::smtp::MessageShape shape;
  shape.octets = handing.octets.size();
  auto results = co_await session.send(envelope_of(handing), shape, std::make_unique<StringBody>(handing.octets));
  const bool broke = !session.usable();
  co_await session.quit();
  if (broke) co_return Reply(0, "", "the connection broke");
  for (const auto& result : results)
    if (result.reply.code != 250) co_return result.reply;
  co_return results.front().reply;
}

Reply hand_over(SimWorld& world, const std::string& from_address, const std::string& to_endpoint,
                const std::string& reverse_path, const std::vector<std::string>& forward_paths, const std::string& octets) {
  return world.run<Reply>(attempt(world, {from_address, to_endpoint, reverse_path, forward_paths, octets}));
}

}  // namespace understudy::sim
