/// What somebody can do who has the medium and knows the engine: records of a store that is closed are changed, and every check
/// of the engine's is made anew. For tests with the real program.
///
///     store_editor DIRECTORY TABLE SHARD drop N | flip N | swap N M
///
/// N: which record of the table in that shard, from 0; below it, from the end. Table and shard as numbers.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "archive/store/open.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"

using namespace understudy;
using namespace understudy::archive;

namespace {

struct Record {
  std::string key, value;
};

int fail(const std::string& why) {
  std::cerr << "store_editor: " << why << '\n';
  return EXIT_FAILURE;
}

/// The change as a batch; false: it cannot be made.
bool change(store::Batch& batch, store::Table table, const std::vector<Record>& records,
            const std::vector<std::string>& words) {
  const auto record = [&](const std::string& number) {
    const auto n = std::stoll(number);
    return records.at(static_cast<std::size_t>(n < 0 ? n + static_cast<long long>(records.size()) : n));
  };
  const auto first = record(words[1]);
  if (words[0] == "drop") {
    batch.erase(table, first.key);
  } else if (words[0] == "flip") {
    auto value = first.value;
    value[value.size() / 2] = static_cast<char>(value[value.size() / 2] ^ 1);
    batch.put(table, first.key, value);
  } else if (words[0] == "swap" && words.size() == 3) {
    const auto second = record(words[2]);
    batch.put(table, first.key, second.value);
    batch.put(table, second.key, first.value);
  } else {
    return false;
  }
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() < 5) return fail("DIRECTORY TABLE SHARD drop N | flip N | swap N M");
  store::Options options;
  options.directory = words[0];
  base::SystemClock clock;
  base::SystemRandom random;
  const auto opened = store::open_store(options, clock, random);
  if (!opened) return fail(opened.error().text());
  const auto table = static_cast<store::Table>(std::stoi(words[1], nullptr, 0));
  const store::Shard shard{store::kind_of(table), std::stoull(words[2])};
  std::vector<Record> records;
  for (auto cursor = (*opened)->scan(shard, table); cursor->valid(); cursor->next())
    records.push_back({std::string(cursor->key()), std::string(cursor->value())});
  store::Batch batch(shard);
  if (!change(batch, table, records, {words.begin() + 3, words.end()})) return fail("drop N | flip N | swap N M");
  if (auto committed = (*opened)->commit({&batch, 1}, store::Sync::now); !committed) return fail(committed.error().text());
  return EXIT_SUCCESS;
}
