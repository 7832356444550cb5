#include "tests/support/store_workload.hpp"

#include <algorithm>
#include <array>

#include "tests/support/store_harness.hpp"

namespace understudy::test {

using namespace archive::store;

namespace {

constexpr std::array<Shard, 4> shards{Shard{ShardKind::journal, 0}, Shard{ShardKind::account, 1}, Shard{ShardKind::account, 2},
                                      Shard{ShardKind::account, ~0ull}};

std::vector<Table> tables_of(Shard shard) {
  if (shard.kind == ShardKind::journal) return {Table::journal_log, Table::leaves, Table::places};
  return {Table::account_log, Table::account_state, Table::folders, Table::messages};
}

std::string name(Shard shard, Table table, std::string_view key) {
  return "shard " + std::to_string(static_cast<int>(shard.kind)) + "/" + std::to_string(shard.id) + " table " +
         std::to_string(static_cast<int>(table)) + " key of " + std::to_string(key.size()) + " octets";
}

base::Result<std::string> read_whole(const Store& store, const BodyRef& ref) {
  const auto reader = store.bodies().open(ref);
  std::string octets;
  for (;;) {
    auto some = reader->read(octets.size(), 1 << 20);
    if (!some) return std::unexpected(some.error());
    if (some->empty()) return octets;
    octets += *some;
  }
}

}  // namespace

std::string StoreWorkload::octets_of(const Body& body) {
  return body.seed % 2 == 0 ? noise(body.ref.size, body.seed) : prose(body.ref.size, body.seed);
}

void StoreWorkload::random_operation(Batch& batch, State& state) {
  const Table table = tables_of(batch.shard())[1 + pick(tables_of(batch.shard()).size() - 1)];
  const std::string key = std::to_string(100 + pick(40));
  const auto at = [&](const std::string& of) { return Place{batch.shard(), table, of}; };
  switch (pick(8)) {
    case 0:
      batch.erase(table, key);
      state.records.erase(at(key));
      break;
    case 1: {
      const std::string to = pick(4) == 0 ? std::string() : std::to_string(100 + pick(60));
      batch.erase_range(table, key, to);
      const auto first = state.records.lower_bound(at(key));
      auto last = first;
      while (last != state.records.end() && std::get<0>(last->first) == batch.shard() && std::get<1>(last->first) == table &&
             (to.empty() || std::get<2>(last->first) < to))
        ++last;
      state.records.erase(first, last);
      break;
    }
    default: {
      const std::string value = noise(pick(pick(10) == 0 ? 5000 : 300), draw_());
      batch.put(table, key, value);
      state.records[at(key)] = value;
    }
  }
}

/// Every batch leaves the number of its step in its shard's log, so that no two states are alike.
Batch StoreWorkload::random_batch(State& state) {
  Batch batch(shards[pick(shards.size())]);
  for (std::uint64_t i = pick(6); i > 0; --i) random_operation(batch, state);
  std::string key;
  base::put_be(key, ++steps_);
  batch.append(steps_, "step");
  state.records[{batch.shard(), log_of(batch.shard().kind), key}] = "step";
  return batch;
}

base::Result<> StoreWorkload::new_body(Store& store, Batch& batch, State& state) {
  static constexpr std::array<std::uint64_t, 9> sizes{0, 1, 100, 4095, 4096, 4097, 3 * 4096, 20'000, 60'000};
  Body body;
  body.seed = draw_();
  body.ref.size = sizes[pick(sizes.size())];
  const std::string octets = octets_of(body);
  auto writer = store.bodies().create();
  for (std::size_t done = 0; done < octets.size();) {
    const std::size_t some = 1 + pick(9000);
    auto written = writer->append(std::string_view(octets).substr(done, some));
    if (!written) return written;
    done += some;
  }
  auto sealed = writer->seal();
  if (!sealed) return std::unexpected(sealed.error());
  batch.hold(*sealed);
  body.ref = sealed->ref();
  body.holders.insert(batch.shard());
  state.bodies.push_back(body);
  return {};
}

void StoreWorkload::share_body(Batch& batch, State& state) {
  if (state.bodies.empty()) return;
  Body& body = state.bodies[pick(state.bodies.size())];
  if (body.holders.empty()) return;
  batch.hold(body.ref);
  body.holders.insert(batch.shard());
}

void StoreWorkload::drop_body(Batch& batch, State& state) {
  if (state.bodies.empty()) return;
  Body& body = state.bodies[pick(state.bodies.size())];
  batch.release(body.ref);
  if (std::ranges::find(batch.held(), body.ref.id, &Batch::Held::body) == batch.held().end())
    body.holders.erase(batch.shard());  // a hold wins
}

base::Result<> StoreWorkload::abandon_body(Store& store) {
  auto writer = store.bodies().create();
  auto written = writer->append(noise(pick(20'000), draw_()));
  if (!written || pick(2) == 0) return written;
  auto sealed = writer->seal();  // and the seal is dropped
  if (!sealed) return std::unexpected(sealed.error());
  return {};
}

base::Result<> StoreWorkload::step(Store& store, const std::function<bool()>& told) {
  if (pick(8) == 0) {
    auto abandoned = abandon_body(store);
    if (!abandoned) return abandoned;
  }
  std::vector<State> reached;
  std::vector<Batch> batches;
  for (std::uint64_t i = 1 + pick(3); i > 0; --i) {
    State state = reached.empty() ? states_.back() : reached.back();
    Batch batch = random_batch(state);
    if (pick(2) == 0) {
      auto made = new_body(store, batch, state);
      if (!made) return made;
    }
    if (pick(3) == 0) share_body(batch, state);
    if (pick(3) == 0) drop_body(batch, state);
    batches.push_back(std::move(batch));
    reached.push_back(std::move(state));
  }
  const Sync sync = pick(4) == 0 ? Sync::later : Sync::now;
  auto committed = store.commit(batches, sync);
  if (!committed && committed.error().code == base::errc::busy) return committed;  // nothing of it counts
  states_.insert(states_.end(), reached.begin(), reached.end());
  if (committed && sync == Sync::now && told()) states_.erase(states_.begin(), states_.end() - 1);
  return committed;
}

std::string StoreWorkload::compare_records(const Store& store, const State& state) {
  for (const Shard shard : shards)
    if (auto difference = compare_records(store, state, shard); !difference.empty()) return difference;
  return "";
}

std::string StoreWorkload::compare_records(const Store& store, const State& state, Shard shard) {
  auto expected = state.records.lower_bound({shard, Table{}, {}});
  for (const Table table : tables_of(shard)) {
    auto cursor = store.scan(shard, table);
    for (; cursor->valid(); cursor->next()) {
      if (expected == state.records.end() || expected->first != Place{shard, table, std::string(cursor->key())})
        return "a record too many or another one: " + name(shard, table, cursor->key());
      if (expected->second != cursor->value()) return "another value: " + name(shard, table, cursor->key());
      ++expected;
    }
    if (auto whole = cursor->status(); !whole) return whole.error().text();
  }
  return expected == state.records.end() || std::get<0>(expected->first) != shard ? "" : "records are missing";
}

std::string StoreWorkload::compare_bodies(const Store& store, const State& state, Bodies which) {
  for (const Body& body : state.bodies) {
    auto octets = read_whole(store, body.ref);
    const std::string what = "body " + std::to_string(body.ref.id.start) + "/" + std::to_string(body.ref.id.number) + " of " +
                             std::to_string(body.ref.size) + " octets";
    if (!body.holders.empty() && !octets) return what + ": " + octets.error().text();
    if (octets && *octets != octets_of(body)) return what + ": other octets";
    if (which == Bodies::all && body.holders.empty() && body.ref.size > 0 && octets) return what + ": not freed";
  }
  return "";
}

std::string StoreWorkload::check(Store& store) const {
  const std::string records = compare_records(store, states_.back());
  return records.empty() ? compare_bodies(store, states_.back(), Bodies::all) : records;
}

std::string StoreWorkload::check_after_crash(Store& store) {
  std::string why;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const std::string difference = compare_records(store, states_[i]);
    why += " [" + std::to_string(i) + "] " + difference;
    if (!difference.empty()) continue;
    State found = states_[i];
    std::erase_if(found.bodies, [](const Body& body) { return body.holders.empty(); });
    states_ = {std::move(found)};
    return compare_bodies(store, states_.back(), Bodies::held);
  }
  return "none of " + std::to_string(states_.size()) + " states:" + why;
}

std::string StoreWorkload::check_shards_after_crash(Store& store) {
  std::map<Shard, std::size_t> found;
  for (const Shard shard : shards) {
    std::size_t at = 0;
    while (at < states_.size() && !compare_records(store, states_[at], shard).empty()) ++at;
    if (at == states_.size()) return "shard " + std::to_string(shard.id) + " is in none of its states";
    found[shard] = at;
  }
  std::size_t journal_ends = 0;  // the last state that has no more of the journal than was found
  for (std::size_t at = 0; at < states_.size(); ++at)
    if (compare_records(store, states_[at], shards[0]).empty()) journal_ends = at;
  for (const auto& [shard, at] : found)
    if (at > journal_ends) return "shard " + std::to_string(shard.id) + " is beyond the journal";
  states_ = {merge(found)};
  return compare_bodies(store, states_.back(), Bodies::held);
}

StoreWorkload::State StoreWorkload::merge(const std::map<Shard, std::size_t>& found) const {
  State merged;
  for (const auto& [shard, at] : found)
    for (const auto& [place, value] : states_[at].records)
      if (std::get<0>(place) == shard) merged.records.emplace(place, value);
  for (std::size_t i = 0; i < states_.back().bodies.size(); ++i) {
    Body body = states_.back().bodies[i];
    body.holders.clear();
    for (const auto& [shard, at] : found)
      if (i < states_[at].bodies.size() && states_[at].bodies[i].holders.contains(shard)) body.holders.insert(shard);
    if (!body.holders.empty()) merged.bodies.push_back(std::move(body));
  }
  return merged;
}

std::string StoreWorkload::check_damaged(Store& store) const {
  const State& state = states_.back();
  for (const auto& [place, value] : state.records) {
    auto got = store.get(std::get<0>(place), std::get<1>(place), std::get<2>(place));
    if (!got) continue;
    if (!*got) return "a record is gone: " + name(std::get<0>(place), std::get<1>(place), std::get<2>(place));
    if (**got != value) return "another value: " + name(std::get<0>(place), std::get<1>(place), std::get<2>(place));
  }
  for (const Body& body : state.bodies) {
    if (body.holders.empty()) continue;
    auto octets = read_whole(store, body.ref);
    if (octets && *octets != octets_of(body)) return "a body has other octets";
    if (!octets && octets.error().code == base::errc::not_found) return "a body is gone";
  }
  return "";
}

}  // namespace understudy::test
