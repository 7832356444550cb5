/// commit::Stage::Walk says what Stage::get() and Stage::any() say, whatever is stored, staged and asked, in whatever order.
#include <random>

#include "archive/commit/stage.hpp"
#include "archive/store/memory/memory_store.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;

namespace {

constexpr store::Shard shard{store::ShardKind::account, 7};
constexpr auto table = store::Table::messages;

std::string key(std::uint32_t number) {
  return base::Writer().u32(number / 4).u32(number % 4).take();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(walk)

BOOST_AUTO_TEST_CASE(a_walk_finds_what_a_look_up_finds) {
  constexpr std::uint32_t keys = 400;
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 chance(seed);
    store::MemoryDisk disk;
    store::MemoryStore store(disk, 64);
    commit::Stage stored(store);
    const auto sparse = 1 + chance() % 40;
    for (std::uint32_t number = 0; number < keys; ++number)
      if (chance() % sparse == 0) stored.put(shard, table, key(number), "stored " + std::to_string(number));
    stored.put({store::ShardKind::account, 8}, table, key(0), "of another");
    BOOST_REQUIRE(store.commit(stored.take(), store::Sync::now));
    commit::Stage stage(store);
    for (std::uint32_t number = 0; number < keys; ++number) {
      if (chance() % 9 == 0) stage.put(shard, table, key(number), "staged " + std::to_string(number));
      if (chance() % 9 == 0) stage.erase(shard, table, key(number));
    }
    commit::Stage::Walk one(stage, shard, table), all(stage, shard, table);
    for (std::uint32_t number = 0; number < keys; number += 1 + chance() % 30) {
      BOOST_TEST_CONTEXT("seed " << seed << ", key " << number) {
        BOOST_TEST((*one.get(key(number)) == *stage.get(shard, table, key(number))));
        const auto prefix = base::Writer().u32(number / 4).take();
        bool there = false;
        for (std::uint32_t each = number / 4 * 4; each < number / 4 * 4 + 4; ++each)
          there = there || stage.get(shard, table, key(each))->has_value();
        BOOST_TEST((*all.any(prefix) == there));
        if (chance() % 4 == 0) stage.erase(shard, table, key(number));  // as who walks does
        const auto back = static_cast<std::uint32_t>(chance() % (number + 1));
        if (chance() % 5 == 0) BOOST_TEST((*one.get(key(back)) == *stage.get(shard, table, key(back))));
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
