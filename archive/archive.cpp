#include "archive/archive.hpp"

#include "archive/accept.hpp"
#include "archive/commit/commit_staged.hpp"
#include "archive/custody/overdue.hpp"
#include "archive/give_up.hpp"
#include "archive/journal/reader.hpp"
#include "archive/recovery.hpp"
#include "base/log.hpp"

namespace understudy::archive {
namespace {
constexpr std::uint16_t partition = 0;

/// For who does not ask how safe it is.
auto without_safety(Done<> done) {
  return [done = std::move(done)](base::Result<commit::Safety> committed) mutable {
    if (!committed) return done(std::unexpected(std::move(committed.error())));
    done({});
  };
}
}  // namespace

Archive::Archive(store::Store& store, directory::Options options, const base::Clock& clock, base::Random& random)
    : store_(store),
      clock_(clock),
      live_(std::move(options), clock, store),
      owners_(store, clock, random, live_, partition),
      committer_(store, owners_, clock) {
  owners_.mailbox.set_uid_validity(live_.options()->uid_validity);
}

Archive::~Archive() {
  close();
}

base::Result<std::unique_ptr<Archive>> Archive::open(store::Store& store, directory::Options options, const base::Clock& clock,
                                                     base::Random& random, Threading threading) {
  std::unique_ptr<Archive> archive(new Archive(store, std::move(options), clock, random));
  if (auto loaded = archive->owners_.journal.load(); !loaded) return base::fail("journal", loaded.error());
  if (auto loaded = archive->owners_.audit.load(); !loaded) return base::fail("audit journal", loaded.error());
  if (auto loaded = archive->owners_.owed.load(); !loaded) return base::fail("names of the store", loaded.error());
  if (auto loaded = archive->owners_.directory.load(); !loaded) return base::fail("directory", loaded.error());
  if (auto swept = store.bodies().sweep(); !swept) return base::fail("sweep", swept.error());
  if (auto recovered = recover(store, archive->owners_, archive->live_); !recovered)
    return base::fail("recovery", recovered.error());
  if (auto loaded = archive->owners_.mailbox.shares()->load(store); !loaded) return base::fail("rights", loaded.error());
  if (auto seeded = archive->seed(); !seeded) return base::fail("accounts of the configuration", seeded.error());
  if (threading == Threading::own) archive->thread_ = std::thread([&committer = archive->committer_] { committer.run(); });
  return archive;
}

base::Result<> Archive::seed() {
  commit::Stage stage(store_);
  if (auto staged = seed_accounts(stage, owners_, live_); !staged) return staged;
  return commit::commit_staged(store_, stage, owners_);
}

void Archive::accept(Arrival arrival, Done<Accepted> done) {
  struct State {
    Arrival arrival;
    Done<Accepted> done;
    Accepted accepted;
  };
  auto state = std::make_shared<State>(State{std::move(arrival), std::move(done), {}});
  commit::Task task;
  task.answer = state->arrival.origin.via == routing::Via::here ? commit::Answer::local : commit::Answer::gated;
  task.stage = [this, state](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    auto accepted = stage_arrival(stage, owners, live_, state->arrival, clock_.now());
    if (!accepted) return std::unexpected(accepted.error());
    state->accepted = *accepted;
    for (const auto& settlement : state->arrival.settlements) {
      if (auto settled = settle_owed(stage, owners, settlement); !settled) return settled;
      if (auto freed = free_places(stage, owners, store_, settlement); !freed) return freed;
    }
    return {};
  };
  task.done = [state](base::Result<commit::Safety> committed) {
    if (!committed) return state->done(std::unexpected(std::move(committed.error())));
    state->accepted.safety = *committed;
    state->done(state->accepted);
  };
  committer_.submit(std::move(task));
}

void Archive::settle(std::vector<journal::Settlement> settlements, Done<> done) {
  commit::Task task;
  task.sync = store::Sync::later;
  task.stage = [this, settlements = std::move(settlements)](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    for (const auto& settlement : settlements) {
      if (auto settled = owners.outbox.settle(stage, settlement.id, settlement.left); !settled) return settled;
      if (auto settled = settle_owed(stage, owners, settlement); !settled) return settled;
      if (auto freed = free_places(stage, owners, store_, settlement); !freed) return freed;
    }
    return {};
  };
  task.done = without_safety(std::move(done));
  committer_.submit(std::move(task));
}

void Archive::change(Change change, Done<> done, commit::Answer answer) {
  commit::Task task;
  task.answer = answer;
  task.stage = std::move(change);
  task.done = without_safety(std::move(done));
  committer_.submit(std::move(task));
}

void Archive::replace_options(directory::Options options, Done<> done) {
  live_.replace_options(std::move(options));
  auto seed = [this](commit::Stage& stage, commit::Owners& owners) {
    owners.mailbox.set_uid_validity(live_.options()->uid_validity);
    return seed_accounts(stage, owners, live_);
  };
  change(std::move(seed), std::move(done));
}

BodyToRead Archive::open_fresh_body(const store::BodyRef& body) const {
  if (auto fresh = fresh_bodies_.take(body)) return fresh;
  return open_body(body);
}

base::Result<bool> Archive::made_here(const std::string& unique, const base::Digest& digest) const {
  auto made = journal::read_made(store_, partition, unique);
  if (!made) return std::unexpected(made.error());
  return *made && **made == digest;
}

base::Result<std::vector<outbox::Entry>> Archive::outbox_after(store::Shard shard, const std::string& key,
                                                               std::size_t limit) const {
  return outbox::list(store_, shard, key, limit);
}

base::Result<std::vector<store::Shard>> Archive::outbox_shards() const {
  return outbox::shards(store_);
}

base::Result<journal::Entry> Archive::journal_entry(Position position) const {
  return journal::read(store_, position);
}

base::Result<custody::Overdue> Archive::overdue(std::string_view from, base::WallTime before, std::size_t most) const {
  auto life = custody::Life::parse(store_.identity().instance, store_.identity().incarnation);
  if (!life) return std::unexpected(life.error());
  return custody::find_overdue(store_, partition, life->instance, from, before, most);
}

void Archive::hand_over_again(std::vector<mail::smtp::CustodyNumber> numbers, Closed closed, Done<std::size_t> done) {
  auto staged = std::make_shared<std::size_t>(0);
  auto stage = [this, staged, closed, numbers = std::move(numbers)](commit::Stage& stage,
                                                                    commit::Owners& owners) -> base::Result<> {
    *staged = 0;
    for (const auto& number : numbers) {
      base::Result<bool> again = true;
      if (closed == Closed::reopen) again = custody::reopen_final(stage, owners, number);
      if (again && *again) again = custody::hand_over_again(stage, owners, store_, number, clock_.now());
      if (!again) base::log::error("custody.hand_over_again", {{"number", number.text()}, {"reason", again.error().text()}});
      *staged += again && *again ? 1 : 0;
    }
    return {};
  };
  auto finished = [staged, done = std::move(done)](base::Result<> changed) mutable {
    if (!changed) return done(std::unexpected(std::move(changed.error())));
    done(*staged);
  };
  change(std::move(stage), std::move(finished));
}

std::unique_ptr<store::Subscription> Archive::follow_journal(std::function<void()> wake) const {
  return store_.subscribe(journal::shard_of(partition), 0, std::move(wake));
}

base::Result<std::optional<outbox::Entry>> Archive::outbox_entry(const outbox::Id& id) const {
  auto value = store_.get(id.where(), store::Table::outbox, id.key());
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<outbox::Entry>();
  auto entry = outbox::Entry::decode(id.shard, id.key(), **value);
  if (!entry) return std::unexpected(entry.error());
  return std::optional(std::move(*entry));
}

/// `from` and `next`: a letter for the table, then the key; empty: the beginning, the end.
base::Result<> Archive::expire(commit::Stage& stage, commit::Owners& owners, std::string_view from, std::chrono::seconds window,
                               std::string& next) {
  constexpr std::size_t at_once = 1000;
  const auto key = from.empty() ? from : from.substr(1);
  const bool in_places = !from.starts_with('m');
  auto rest = in_places ? owners.places.expire(stage, store_, key, clock_.now(), window, at_once)
                        : owners.journal.expire_made(stage, key, clock_.now(), at_once);
  if (!rest) return std::unexpected(rest.error());
  next.clear();
  if (!rest->empty()) next = (in_places ? "p" : "m") + *rest;
  if (rest->empty() && in_places) next = "m";
  return {};
}

void Archive::expire_places(std::string from, std::chrono::seconds window, Done<std::string> done) {
  struct State {
    std::string from;
    Done<std::string> done;
    std::string next;
  };
  auto state = std::make_shared<State>(State{std::move(from), std::move(done), {}});
  commit::Task task;
  task.sync = store::Sync::later;
  task.stage = [this, state, window](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    return expire(stage, owners, state->from, window, state->next);
  };
  task.done = [state](const base::Result<commit::Safety>& committed) {
    if (!committed) return state->done(std::unexpected(committed.error()));
    state->done(std::move(state->next));
  };
  committer_.submit(std::move(task));
}

void Archive::close() {
  committer_.close();
  if (thread_.joinable()) thread_.join();
  while (committer_.run_once()) {
  }
  committer_.release_held();
}

}  // namespace understudy::archive
