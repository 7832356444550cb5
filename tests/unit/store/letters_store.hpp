/// A store of letters: small texts that are coded with a dictionary once there are enough of them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "letters.hpp"
#include "tests/support/store_bodies_model.hpp"
#include "tests/support/store_harness.hpp"

namespace understudy::test {

/// Remembers which it took.
class Letters {
 public:
  /// Nothing is flushed but at a close.
  static RocksSetup setup(std::uint64_t first_dictionary_texts) {
    RocksSetup made = RocksSetup::told();
    made.engine.first_dictionary_texts = first_dictionary_texts;
    made.engine.replay_octets = 4u << 20;
    return made;
  }
  explicit Letters(RocksSetup with) : harness(std::move(with)) {}

  void take(std::size_t count, const std::string& house = "example.org") {
    archive::store::Batch batch({archive::store::ShardKind::journal, 0});
    for (std::size_t i = 0; i < count; ++i) {
      const std::string octets = letter(taken_++, house);
      const archive::store::SealedBody body = write_body(harness.store(), octets);
      batch.hold(body);
      kept.emplace_back(body.ref(), octets);
    }
    BOOST_REQUIRE(harness.store().commit({&batch, 1}, archive::store::Sync::now).has_value());
  }

  /// Trains the first dictionary and has some letters coded with it.
  void begin() {
    take(300);
    BOOST_REQUIRE(harness.maintain().has_value());
    BOOST_REQUIRE(dictionary() == 1u);
    before_dictionary = kept.size();
    take(60);
  }

  void release_every_other() {
    archive::store::Batch batch({archive::store::ShardKind::journal, 0});
    for (std::size_t i = 0; i < kept.size(); i += 2) batch.release(kept[i].first);
    std::size_t index = 0;
    std::erase_if(kept, [&](const auto&) { return index++ % 2 == 0; });
    BOOST_REQUIRE(harness.store().commit({&batch, 1}, archive::store::Sync::now).has_value());
  }

  void require_whole(const std::string& when) {
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::string got = read_body(harness.store(), kept[i].first);
      BOOST_REQUIRE_MESSAGE(got == kept[i].second, when << ", letter " << i << ": " << got.substr(0, 100));
    }
  }

  std::uint32_t dictionary() { return harness.store().figures().dictionary; }
  std::string path(std::uint32_t number) const {
    return harness.directory() + "/dictionaries/" + std::to_string(number) + ".zdict";
  }

  RocksHarness harness;
  std::vector<std::pair<archive::store::BodyRef, std::string>> kept;
  std::size_t before_dictionary = 0;

 private:
  std::size_t taken_ = 0;
};

}  // namespace understudy::test
