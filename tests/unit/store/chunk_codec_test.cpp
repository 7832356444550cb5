/// Chunks as the RocksDB engine stores them: the same octets come back, from their own place only, or an error.
#include "archive/store/rocksdb/chunk_codec.hpp"

#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;

BOOST_AUTO_TEST_SUITE(chunk_codec)

BOOST_AUTO_TEST_CASE(a_chunk_comes_back_as_it_was_and_takes_no_more_room_than_it_must) {
  for (const int level : {0, 1, 3}) {
    ChunkCodec codec(level);
    for (const std::size_t size : {1, 100, 4096, 262'144}) {
      for (const std::string& octets : {test::noise(size, size), test::prose(size, size)}) {
        const std::string stored = codec.encode({1, 2}, 3, octets);
        BOOST_TEST(stored.size() <= size + 9);
        BOOST_TEST((*ChunkCodec::decode({1, 2}, 3, stored, size) == octets));
      }
    }
    BOOST_TEST((codec.encode({1, 2}, 3, test::prose(10'000, 1)).size() < 5000) == (level != 0));
  }
}

BOOST_AUTO_TEST_CASE(a_chunk_with_any_octet_changed_cut_off_or_added_is_damaged) {
  ChunkCodec codec(1);
  for (const std::string& octets : {test::noise(300, 1), test::prose(3000, 2)}) {
    const std::string stored = codec.encode({1, 2}, 3, octets);
    for (std::size_t at = 0; at < stored.size(); ++at) {
      std::string changed = stored;
      changed[at] ^= 1;
      BOOST_TEST(!ChunkCodec::decode({1, 2}, 3, changed, octets.size()).has_value(), "octet " << at);
      BOOST_TEST(!ChunkCodec::decode({1, 2}, 3, stored.substr(0, at), octets.size()).has_value(), "cut at " << at);
    }
    BOOST_TEST(!ChunkCodec::decode({1, 2}, 3, stored + "x", octets.size()).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_chunk_in_anothers_place_is_damaged) {
  ChunkCodec codec(1);
  const std::string stored = codec.encode({1, 2}, 3, "octets");
  BOOST_TEST(ChunkCodec::decode({1, 2}, 3, stored, 6).has_value());
  BOOST_TEST(!ChunkCodec::decode({1, 2}, 4, stored, 6).has_value());
  BOOST_TEST(!ChunkCodec::decode({1, 3}, 3, stored, 6).has_value());
  BOOST_TEST(!ChunkCodec::decode({2, 2}, 3, stored, 6).has_value());
  BOOST_TEST(!ChunkCodec::decode({1, 2}, 3, stored, 5).has_value());
  BOOST_TEST(!ChunkCodec::decode({1, 2}, 3, stored, 7).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
