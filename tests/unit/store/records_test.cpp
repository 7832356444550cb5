/// The store contract on records, for every engine: batches, ranges, cursors, snapshots.
#include <boost/test/data/test_case.hpp>

#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::Engine;
namespace data = boost::unit_test::data;

namespace {

constexpr Shard account{ShardKind::account, 7};
constexpr Shard neighbour{ShardKind::account, 8};
constexpr Shard last_account{ShardKind::account, ~0ull};

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs forward(const Reader& reader, Shard shard, Table table, std::string_view from = {}) {
  Pairs pairs;
  auto cursor = reader.scan(shard, table, from);
  for (; cursor->valid(); cursor->next()) pairs.emplace_back(cursor->key(), cursor->value());
  BOOST_TEST(cursor->status().has_value());
  return pairs;
}

Pairs backward(const Reader& reader, Shard shard, Table table) {
  Pairs pairs;
  auto cursor = reader.scan_last(shard, table);
  for (; cursor->valid(); cursor->previous()) pairs.emplace_back(cursor->key(), cursor->value());
  BOOST_TEST(cursor->status().has_value());
  return pairs;
}

std::string value_of(const Reader& reader, Shard shard, Table table, std::string_view key) {
  auto got = reader.get(shard, table, key);
  BOOST_REQUIRE(got.has_value());
  return got->value_or("(none)");
}

void commit(Store& store, const Batch& batch, Sync sync = Sync::now) {
  auto done = store.commit({&batch, 1}, sync);
  BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? std::string() : done.error().text()));
}

void put(Store& store, Shard shard, Table table, const Pairs& pairs) {
  Batch batch(shard);
  for (const auto& [key, value] : pairs) batch.put(table, key, value);
  commit(store, batch);
}

base::errc code_of(const base::Result<>& result) {
  return result ? base::errc{} : static_cast<base::errc>(result.error().code.value());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(records)

BOOST_DATA_TEST_CASE(what_a_commit_put_is_read_back, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  put(harness->store(), account, Table::folders,
      {{"a", "1"}, {"", "empty key"}, {std::string("\0\xFF", 2), std::string("\0", 1)}});
  BOOST_TEST(value_of(harness->store(), account, Table::folders, "a") == "1");
  BOOST_TEST(value_of(harness->store(), account, Table::folders, "") == "empty key");
  BOOST_TEST(value_of(harness->store(), account, Table::folders, std::string("\0\xFF", 2)) == std::string("\0", 1));
  BOOST_TEST(value_of(harness->store(), account, Table::folders, "b") == "(none)");
  BOOST_TEST(value_of(harness->store(), neighbour, Table::folders, "a") == "(none)");
  BOOST_TEST(value_of(harness->store(), account, Table::messages, "a") == "(none)");
}

BOOST_DATA_TEST_CASE(a_later_operation_on_a_key_wins_within_a_batch, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  Batch batch(account);
  batch.put(Table::folders, "a", "1");
  batch.put(Table::folders, "a", "2");
  batch.put(Table::folders, "b", "1");
  batch.erase(Table::folders, "b");
  batch.erase(Table::folders, "c");
  batch.put(Table::folders, "c", "3");
  batch.put(Table::folders, "d", "gone");
  batch.erase_range(Table::folders, "d", "e");
  batch.put(Table::folders, "d1", "back");
  commit(harness->store(), batch);
  BOOST_TEST((forward(harness->store(), account, Table::folders) == Pairs{{"a", "2"}, {"c", "3"}, {"d1", "back"}}));
}

BOOST_DATA_TEST_CASE(batches_of_one_commit_take_effect_in_their_order, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  std::vector<Batch> batches{Batch(account), Batch(neighbour), Batch(account)};
  batches[0].put(Table::folders, "a", "first");
  batches[0].put(Table::folders, "b", "first");
  batches[1].put(Table::folders, "a", "other shard");
  batches[2].put(Table::folders, "a", "last");
  batches[2].erase_range(Table::folders, "b", "");
  BOOST_REQUIRE(harness->store().commit(batches, Sync::now).has_value());
  BOOST_TEST((forward(harness->store(), account, Table::folders) == Pairs{{"a", "last"}}));
  BOOST_TEST(value_of(harness->store(), neighbour, Table::folders, "a") == "other shard");
}

BOOST_DATA_TEST_CASE(an_erased_range_ends_before_its_end_and_at_the_edge_of_table_and_shard, data::make(test::engines),
                     engine) {
  auto harness = test::make_harness(engine);
  Store& store = harness->store();
  const Pairs abc{{"a", "1"}, {"b", "2"}, {"c", "3"}};
  for (const Shard shard : {account, neighbour, last_account})
    for (const Table table : {Table::folders, Table::messages}) put(store, shard, table, abc);

  Batch middle(account);
  middle.erase_range(Table::folders, "b", "c");
  commit(store, middle);
  BOOST_TEST((forward(store, account, Table::folders) == Pairs{{"a", "1"}, {"c", "3"}}));
  Batch to_end(account);
  to_end.erase_range(Table::folders, "b", "");
  to_end.erase_range(Table::folders, "z", "a");  // the wrong way round: nothing
  commit(store, to_end);
  BOOST_TEST((forward(store, account, Table::folders) == Pairs{{"a", "1"}}));
  Batch all(last_account);
  all.erase_range(Table::folders, "", "");
  commit(store, all);
  BOOST_TEST(forward(store, last_account, Table::folders).empty());
  BOOST_TEST((forward(store, account, Table::messages) == abc));
  BOOST_TEST((forward(store, neighbour, Table::folders) == abc));
  BOOST_TEST((forward(store, last_account, Table::messages) == abc));
}

BOOST_DATA_TEST_CASE(a_cursor_stays_within_its_table_and_shard, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  Store& store = harness->store();
  for (const Shard shard : {Shard{ShardKind::account, 6}, account, neighbour, last_account})
    for (const Table table : {Table::account_state, Table::folders, Table::messages})
      put(store, shard, table, {{"", "first"}, {"m", "middle"}, {"\xFF\xFF", "last"}});
  const Pairs all{{"", "first"}, {"m", "middle"}, {"\xFF\xFF", "last"}};
  const Pairs reversed(all.rbegin(), all.rend());
  for (const Shard shard : {account, last_account}) {
    BOOST_TEST((forward(store, shard, Table::folders) == all));
    BOOST_TEST((backward(store, shard, Table::folders) == reversed));
    BOOST_TEST((forward(store, shard, Table::folders, "n") == Pairs{{"\xFF\xFF", "last"}}));
    BOOST_TEST(forward(store, shard, Table::folders, "\xFF\xFF\xFF").empty());
  }
  BOOST_TEST(backward(store, {ShardKind::account, 9}, Table::folders).empty());
  auto cursor = store.scan(account, Table::folders, "m");
  cursor->previous();
  BOOST_REQUIRE(cursor->valid());
  BOOST_TEST(cursor->value() == "first");
  cursor->previous();
  BOOST_TEST(!cursor->valid());
}

BOOST_DATA_TEST_CASE(a_cursor_does_not_see_what_was_written_after_it_was_made, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  Store& store = harness->store();
  put(store, account, Table::folders, {{"a", "1"}, {"b", "2"}});
  auto cursor = store.scan(account, Table::folders);
  put(store, account, Table::folders, {{"a", "changed"}, {"aa", "new"}});
  BOOST_TEST(cursor->value() == "1");
  cursor->next();
  BOOST_TEST(cursor->key() == "b");
}

BOOST_DATA_TEST_CASE(the_shards_of_a_table_are_those_with_a_key_in_it, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  Store& store = harness->store();
  BOOST_TEST(store.shards(Table::folders)->empty());
  for (const Shard shard : {last_account, neighbour, account, Shard{ShardKind::account, 0}})
    put(store, shard, Table::folders, {{"a", "1"}, {"b", "2"}});
  put(store, {ShardKind::account, 99}, Table::messages, {{"a", "1"}});
  Batch gone(neighbour);
  gone.erase_range(Table::folders, "", "");
  commit(store, gone);
  const std::vector<Shard> expected{{ShardKind::account, 0}, account, last_account};
  BOOST_TEST((*store.shards(Table::folders) == expected));
  BOOST_TEST(store.snapshot()->shards(Table::copies)->empty());
}

BOOST_DATA_TEST_CASE(a_snapshot_stays_as_it_was_over_many_commits, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  Store& store = harness->store();
  put(store, account, Table::folders, {{"a", "0"}, {"b", "0"}});
  const auto before = store.snapshot();
  std::vector<std::shared_ptr<const Reader>> during;
  for (int i = 1; i <= 300; ++i) {
    put(store, account, Table::folders, {{"a", std::to_string(i)}, {"n" + std::to_string(i), test::noise(2000, i)}});
    if (i % 100 == 0) during.push_back(store.snapshot());
  }
  Batch gone(account);
  gone.erase_range(Table::folders, "", "");
  commit(store, gone);
  BOOST_TEST((forward(*before, account, Table::folders) == Pairs{{"a", "0"}, {"b", "0"}}));
  BOOST_TEST((backward(*before, account, Table::folders) == Pairs{{"b", "0"}, {"a", "0"}}));
  for (std::size_t i = 0; i < during.size(); ++i) {
    BOOST_TEST(value_of(*during[i], account, Table::folders, "a") == std::to_string(100 * (i + 1)));
    BOOST_TEST(forward(*during[i], account, Table::folders).size() == 2 + 100 * (i + 1));
  }
  BOOST_TEST(forward(store, account, Table::folders).empty());
}

BOOST_DATA_TEST_CASE(a_value_over_the_limit_refuses_the_whole_call, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  Store& store = harness->store();
  std::vector<Batch> batches{Batch(account), Batch(neighbour)};
  batches[0].put(Table::folders, "a", "1");
  batches[1].put(Table::folders, "b", std::string(Batch::max_value + 1, 'x'));
  BOOST_TEST((code_of(store.commit(batches, Sync::now)) == base::errc::too_long));
  Batch key(account);
  key.put(Table::folders, std::string(Batch::max_key + 1, 'k'), "");
  BOOST_TEST((code_of(store.commit({&key, 1}, Sync::now)) == base::errc::too_long));
  Batch foreign(account);
  foreign.put(Table::leaves, "a", "1");
  BOOST_TEST((code_of(store.commit({&foreign, 1}, Sync::now)) == base::errc::malformed));
  BOOST_TEST(value_of(store, account, Table::folders, "a") == "(none)");
  BOOST_TEST(!store.stopped());
  put(store, account, Table::folders, {{"a", std::string(Batch::max_value, 'x')}});
  BOOST_TEST(value_of(store, account, Table::folders, "a").size() == Batch::max_value);
}

BOOST_DATA_TEST_CASE(what_was_committed_is_there_after_a_close_a_kill_and_a_power_cut, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  const auto instance = harness->store().identity().instance;
  put(harness->store(), account, Table::folders, {{"a", "1"}});
  harness->reopen();
  BOOST_TEST(value_of(harness->store(), account, Table::folders, "a") == "1");
  put(harness->store(), account, Table::folders, {{"a", "2"}});
  harness->kill();
  BOOST_TEST(value_of(harness->store(), account, Table::folders, "a") == "2");
  put(harness->store(), account, Table::folders, {{"a", "3"}});
  harness->cut_power(0);
  BOOST_TEST(value_of(harness->store(), account, Table::folders, "a") == "3");
  BOOST_TEST(harness->store().identity().instance == instance);
}

BOOST_DATA_TEST_CASE(what_was_to_be_durable_later_is_a_prefix_after_a_power_cut, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Batch first(account);
    first.erase_range(Table::folders, "", "");
    first.put(Table::folders, "000", "durable");
    commit(harness->store(), first);
    for (int i = 1; i <= 9; ++i) {
      Batch later(i % 2 == 0 ? account : neighbour);
      later.put(Table::folders, "00" + std::to_string(i), "seed " + std::to_string(seed));
      commit(harness->store(), later, Sync::later);
    }
    harness->cut_power(seed);
    BOOST_TEST(value_of(harness->store(), account, Table::folders, "000") == "durable");
    bool ended = false;
    for (int i = 1; i <= 9; ++i) {
      const auto value = value_of(harness->store(), i % 2 == 0 ? account : neighbour, Table::folders, "00" + std::to_string(i));
      const bool there = value == "seed " + std::to_string(seed);
      BOOST_TEST((!there || !ended), "seed " << seed << ": a hole before commit " << i);
      ended = ended || !there;
    }
    BOOST_TEST((seed != 0 || ended));
  }
}

BOOST_DATA_TEST_CASE(a_sync_makes_durable_what_was_committed_before_it, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  Batch later(account);
  later.put(Table::folders, "a", "1");
  commit(harness->store(), later, Sync::later);
  put(harness->store(), neighbour, Table::folders, {{"b", "2"}});
  harness->cut_power(0);
  BOOST_TEST(value_of(harness->store(), account, Table::folders, "a") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
