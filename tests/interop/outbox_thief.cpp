/// Takes records out of the outbox of a machine that is stopped, as a hand on the disk would: nothing else of its store learns
/// of it. For tests of what notices that. Arguments: the server's data directory, and custody numbers; prints how many records
/// went.
#include <iostream>
#include <set>

#include "archive/outbox/owner.hpp"
#include "archive/store/open.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

using namespace understudy;
using namespace understudy::archive;

namespace {

base::Result<std::size_t> steal(store::Store& store, const std::set<std::uint64_t>& numbers) {
  auto shards = outbox::shards(store);
  if (!shards) return std::unexpected(shards.error());
  std::size_t stolen = 0;
  for (const auto& shard : *shards) {
    auto entries = outbox::list(store, shard, {}, 1'000'000);
    if (!entries) return std::unexpected(entries.error());
    for (const auto& entry : *entries) {
      if (!entry.custody || !numbers.contains(entry.custody->number.number)) continue;
      store::Batch batch(shard);
      batch.erase(store::Table::outbox, entry.id.key());
      if (auto gone = store.commit(std::span(&batch, 1), store::Sync::now); !gone) return std::unexpected(gone.error());
      stolen += 1;
    }
  }
  return stolen;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    std::cerr << "outbox_thief DIRECTORY NUMBER...\n";
    return 2;
  }
  std::set<std::uint64_t> numbers;
  for (int i = 2; i < count; ++i) numbers.insert(base::to_number(words[i]).value_or(0));
  store::Options options;
  options.directory = words[1];
  base::SystemClock clock;
  base::SystemRandom random;
  auto store = store::open_store(options, clock, random);
  const auto stolen = store ? steal(**store, numbers) : base::Result<std::size_t>(std::unexpected(store.error()));
  if (!stolen) {
    std::cerr << "outbox_thief: " << stolen.error().text() << "\n";
    return 1;
  }
  std::cout << *stolen << "\n";
  return 0;
}
