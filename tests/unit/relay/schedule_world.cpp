#include "schedule_world.hpp"

#include <algorithm>
#include <stdexcept>

#include <boost/asio/post.hpp>

#include "archive/give_up.hpp"
#include "archive/outbox/owner.hpp"
#include "base/log.hpp"

namespace understudy::test {
using namespace archive;

namespace {
std::string octets_of(const Archive& archive, const store::BodyRef& body) {
  std::string all;
  auto reader = archive.open_body(body);
  while (all.size() < body.size) {
    auto piece = reader->read(all.size(), store::Bodies::max_chunk);
    if (!piece || piece->empty()) return "(gone)";
    all += *piece;
  }
  return all;
}

void demand(const base::Result<>& result) {
  if (!result) throw std::runtime_error(result.error().text());
}
}  // namespace

/// While it is there, the entry is in a transaction.
class ScriptedCourier::UnderWay {
 public:
  UnderWay(ScriptedCourier& courier, const outbox::Id& id) : courier_(courier), id_(id) {
    if (!courier_.under_way_.insert(id).second) courier_.two_at_once = true;
  }
  ~UnderWay() { courier_.under_way_.erase(id_); }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  ScriptedCourier& courier_;
  outbox::Id id_;
};

class ScriptedCourier::Talk final : public relay::Conversation {
 public:
  Talk(ScriptedCourier& courier, routing::Hop hop) : courier_(courier), hop_(std::move(hop)) {
    courier_.opened += 1;
    courier_.open_now += 1;
    courier_.most_open = std::max(courier_.most_open, courier_.open_now);
  }
  ~Talk() override { courier_.open_now -= 1; }

  net::Task<relay::Attempt> send(const outbox::Entry& entry) override {
    const UnderWay under_way(courier_, entry.id);
    relay::Attempt attempt;
    attempt.host = "host of " + hop_.text;
    Handed handed{hop_.text, entry.id.text(), {}, octets_of(*courier_.archive_, entry.body), {}};
    if (courier_.duration.count() > 0) {
      auto timer = courier_.world_.timers.make(courier_.world_.executor());
      co_await timer->wait(courier_.duration);
    }
    if (courier_.meanwhile) courier_.meanwhile(entry);
    const auto settings = courier_.settings_->get();
    if (is_closed(entry)) {
      usable_ = false;
      attempt.unheard = courier_.last_word.empty();
      for (std::size_t i = 0; i < entry.targets.size(); ++i)
        attempt.outcomes.push_back(
            {i, relay::outcome_of({451, "4.4.2", "the connection was lost"}, relay::Outcome::Scope::message)});
      co_return attempt;
    }
    for (std::size_t i = 0; i < entry.targets.size(); ++i) {
      if (!relay::belongs(entry, entry.targets[i], hop_, settings->routes)) continue;
      handed.recipients.push_back(entry.targets[i].recipient.forward_path.text());
      attempt.outcomes.push_back({i, relay::outcome_of(answer(handed.recipients.back()), relay::Outcome::Scope::recipient)});
    }
    handed.at = courier_.world_.clock.now();
    courier_.handed.push_back(std::move(handed));
    co_return attempt;
  }
  bool usable() const override { return usable_; }
  net::Task<> quit() override {
    courier_.ended += usable_ ? 1 : 0;
    co_return;
  }

 private:
  bool is_closed(const outbox::Entry& entry) {
    const bool is_lost = courier_.connections_lost > 0;
    if (is_lost) courier_.connections_lost -= 1;
    const bool is_hated = entry.targets.front().recipient.forward_path.text() == courier_.closes_at;
    const bool has_enough = courier_.most_messages > 0 && sent_++ == courier_.most_messages;
    courier_.closed += is_lost || is_hated || has_enough ? 1 : 0;
    return is_lost || is_hated || has_enough;
  }
  mail::smtp::Reply answer(const std::string& recipient) {
    auto& replies = courier_.replies[recipient];
    if (replies.empty()) return {250, "2.0.0", "taken"};
    const auto reply = replies.front();
    replies.pop_front();
    return reply;
  }

  ScriptedCourier& courier_;
  routing::Hop hop_;
  std::size_t sent_ = 0;
  bool usable_ = true;
};

net::Task<relay::Courier::Opened> ScriptedCourier::open(routing::Hop hop) {
  Opened way = std::unique_ptr<relay::Conversation>();
  if (const auto found = down.find(hop.text); found != down.end()) {
    way = found->second;
  } else {
    way = std::make_unique<Talk>(*this, std::move(hop));
  }
  co_return way;
}

ScheduleWorld::ScheduleWorld(std::size_t max_indexed) : max_indexed_(max_indexed) {
  base::log::set_silent();
  latest_ = std::make_shared<relay::Settings>();
  latest_->policy.hostname = "archive.example.org";
  latest_->domain_name = "example.org";
  latest_->postmaster = "postmaster@ops.example";
  latest_->options.queue.retry_jitter = 0;
  settings_ = std::make_unique<relay::CurrentSettings>(latest_);
  start();
}

ScheduleWorld::~ScheduleWorld() {
  stop();
}

void ScheduleWorld::start() {
  store_ = std::make_unique<store::MemoryStore>(disk_, faults_, 64);
  directory::Options options;
  options.domains = {{"example.org", "example.org"}};
  options.templates["default"] = directory::Template{};
  auto opened = Archive::open(*store_, options, world.clock, world.random, Threading::inline_);
  if (!opened) throw std::runtime_error(opened.error().text());
  archive_ = std::move(*opened);
  archive_->set_waker([this] {
    boost::asio::post(world.executor(), [this] {
      if (archive_) archive_->pump();
    });
  });
  courier.connect(*archive_, *settings_);
  reporter_ = std::make_unique<relay::Reporter>(*archive_, *settings_, world.clock, world.random, "key");
  scheduler_ = std::make_unique<relay::Scheduler>(
      relay::Scheduler::Parts{*archive_, *settings_, courier, *reporter_, world.clock, world.timers, world.random,
                              world.executor(), [this] { return world.executor(); }, max_indexed_});
  archive_->set_observer(scheduler_.get());
  demand(scheduler_->start());
}

void ScheduleWorld::stop() {
  world.run(scheduler_->stop(std::chrono::minutes(1)));
  archive_->close();
  world.settle();
  scheduler_.reset();
  reporter_.reset();
  archive_.reset();
  store_.reset();
}

void ScheduleWorld::accept(const Letter& letter) {
  base::Result<> answer = base::fail("never answered", base::errc::timed_out);
  archive_->accept(letter.arrive(*store_), [&answer](base::Result<Accepted> accepted) {
    answer = base::Result<>();
    if (!accepted) answer = std::unexpected(accepted.error());
  });
  while (archive_->pump()) {
  }
  demand(answer);
}

void ScheduleWorld::change(Change change) {
  base::Result<> answer = base::fail("never answered", base::errc::timed_out);
  archive_->change(std::move(change), [&answer](base::Result<> changed) { answer = std::move(changed); });
  while (archive_->pump()) {
  }
  demand(answer);
}

void ScheduleWorld::hold(const Entry& entry) {
  change([changed = entry](commit::Stage& stage, commit::Owners& owners) mutable {
    changed.held = "held by the administrator";
    return owners.outbox.change(stage, changed);
  });
}

void ScheduleWorld::release(const Entry& entry) {
  change([changed = entry, now = world.clock.now()](commit::Stage& stage, commit::Owners& owners) mutable {
    changed.held.clear();
    changed.next_attempt = now;
    return owners.outbox.change(stage, changed);
  });
}

void ScheduleWorld::remove(const Entry& entry) {
  change([this, entry](commit::Stage& stage, commit::Owners& owners) { return give_up(stage, owners, *store_, entry); });
}

void ScheduleWorld::overwrite(const Entry& entry, std::string value) {
  store::Batch batch(entry.id.where());
  batch.put(store::Table::outbox, entry.id.key(), std::move(value));
  demand(store_->commit(std::span(&batch, 1), store::Sync::now));
}

void ScheduleWorld::spoil_settling(const Entry& entry) {
  store::Batch batch(entry.id.where());
  batch.put(store::Table::outbox_state, "n", "bad");  // the end of the hop's log
  demand(store_->commit(std::span(&batch, 1), store::Sync::now));
  change([](commit::Stage&, commit::Owners& owners) -> base::Result<> {  // it is read once more
    owners.outbox.forget();
    return {};
  });
}

void ScheduleWorld::mend_settling(const Entry& entry) {
  store::Batch batch(entry.id.where());
  batch.erase(store::Table::outbox_state, "n");
  demand(store_->commit(std::span(&batch, 1), store::Sync::now));
}

void ScheduleWorld::lose_body(const Entry& entry) {
  std::vector<store::Batch> batches;
  batches.emplace_back(store::Shard{store::ShardKind::journal, 0}).release(entry.body);
  batches.emplace_back(entry.id.where()).release(entry.body);
  demand(store_->commit(batches, store::Sync::now));
}

void ScheduleWorld::stop_writes() {
  faults_.fail_write_at(faults_.writes() + 1);
  store::Batch batch({store::ShardKind::instance, 0});
  batch.put(store::Table::instance_state, "never written", "x");
  if (store_->commit(std::span(&batch, 1), store::Sync::now)) throw std::runtime_error("the store still writes");
}

std::vector<ScheduleWorld::Entry> ScheduleWorld::entries() {
  std::vector<Entry> all;
  if (auto shards = outbox::shards(*store_))
    for (const auto& shard : *shards)
      if (auto listed = outbox::list(*store_, shard, {}, 100'000)) std::ranges::move(*listed, std::back_inserter(all));
  std::ranges::sort(all, {}, &Entry::id);
  return all;
}

ScheduleWorld::Entry ScheduleWorld::only_entry() {
  auto all = entries();
  if (all.size() != 1) throw std::runtime_error(std::to_string(all.size()) + " entries");
  return all.front();
}

void ScheduleWorld::set_options(std::function<void(relay::Options&)> change) {
  latest_ = std::make_shared<relay::Settings>(*latest_);
  change(latest_->options);
  settings_->replace(latest_);
}

void ScheduleWorld::set_hostname(std::string hostname) {
  latest_ = std::make_shared<relay::Settings>(*latest_);
  latest_->policy.hostname = std::move(hostname);
  settings_->replace(latest_);
}

void ScheduleWorld::set_routes(std::vector<routing::Route> routes) {
  latest_ = std::make_shared<relay::Settings>(*latest_);
  latest_->routes = routing::RouteTable(std::move(routes));
  settings_->replace(latest_);
}

std::vector<Handed> ScheduleWorld::told(const std::string& address) const {
  std::vector<Handed> found;
  std::ranges::copy_if(courier.handed, std::back_inserter(found),
                       [&](const Handed& handed) { return handed.recipients == std::vector{address}; });
  return found;
}

std::vector<std::string> ScheduleWorld::order(const std::string& hop) const {
  std::vector<std::string> found;
  for (const auto& handed : courier.handed)
    if (handed.hop == hop) found.push_back(handed.entry);
  return found;
}

Letter letter_to(const std::string& forward_path, const std::string& octets) {
  Letter letter(octets);
  letter.to(forward_path).enqueue(routing::EntryKind::relay, "mx:" + forward_path.substr(forward_path.find('@') + 1));
  return letter.window(std::chrono::seconds(0));
}

}  // namespace understudy::test
