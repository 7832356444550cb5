/// Frames, and what is in them: what was written comes back from its own place only, and nothing lies about its length.
#include "frames.hpp"

#include "archive/store/rocksdb/segments/frame.hpp"
#include "base/bytes.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using namespace understudy::archive::store::segments;
using test::body_owner;
using test::head;
using test::is_damaged;
using test::part_owner;

namespace {

constexpr Place here{3, 1000};

std::string frame_of(std::string_view payload, FrameKind kind = FrameKind::block) {
  std::string out;
  append_frame(out, here, kind, {payload});
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(frames)

BOOST_AUTO_TEST_CASE(a_frame_gives_back_what_it_was_made_of) {
  for (const std::size_t size : {0, 1, 12, 13, 255, 256, 70'000}) {
    for (const auto kind : {FrameKind::head, FrameKind::commit, FrameKind::block}) {
      const std::string octets = test::noise(size, size);
      std::string out = "before";
      append_frame(out, here, kind, {octets.substr(0, size / 3), octets.substr(size / 3)});
      const std::string frame = out.substr(6);
      BOOST_TEST(frame.size() == frame_head_octets + size);
      BOOST_TEST(payload_octets(frame) == size);
      auto parsed = parse_frame(frame, here);
      BOOST_REQUIRE(parsed.has_value());
      BOOST_TEST((parsed->kind == kind && kind_of(frame) == kind));
      BOOST_TEST((parsed->payload == octets));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_frame_that_is_cut_or_longer_is_damaged) {
  const std::string frame = frame_of("some octets of mail");
  for (std::size_t octets = 0; octets < frame.size(); ++octets)
    BOOST_TEST(is_damaged(parse_frame(std::string_view(frame).substr(0, octets), here)), octets);
  BOOST_TEST(is_damaged(parse_frame(frame + '\0', here)));
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_anywhere_in_a_frame_is_seen) {
  const std::string frame = frame_of("some octets of mail");
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    std::string flipped = frame;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    BOOST_TEST(is_damaged(parse_frame(flipped, here)), "bit " << bit);
  }
}

BOOST_AUTO_TEST_CASE(a_frame_of_another_place_or_kind_is_damaged) {
  const std::string frame = frame_of("some octets of mail");
  for (const Place place : {Place{2, 1000}, Place{4, 1000}, Place{3, 999}, Place{3, 1001}, Place{1000, 3}, Place{}})
    BOOST_TEST(is_damaged(parse_frame(frame, place)), place.segment << " " << place.offset);
  for (const auto kind : {0, 4, 255})
    BOOST_TEST(is_damaged(parse_frame(frame_of("x", static_cast<FrameKind>(kind)), here)), kind);
}

BOOST_AUTO_TEST_CASE(a_head_that_is_cut_is_damaged_and_one_of_a_later_version_is_told) {
  const std::string octets = head.encode();
  auto got = Head::decode(octets);
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST((got->incarnation == head.incarnation && got->last_commit == 41u));
  for (std::size_t cut = 0; cut < octets.size(); ++cut) BOOST_TEST(is_damaged(Head::decode(octets.substr(0, cut))), cut);
  BOOST_TEST(is_damaged(Head::decode('\0' + octets.substr(1))));
  auto later = Head::decode("\x02" + octets.substr(1));
  BOOST_TEST((!later && later.error().code == base::errc::unsupported));
}

BOOST_AUTO_TEST_CASE(a_block_names_its_owner) {
  for (const Owner& owner : {body_owner(0), body_owner(127), body_owner(0xFFFFFFFF), part_owner("a part")}) {
    const std::string prefix = owner.encode();
    const std::string octets = prefix + "coded";
    auto block = parse_block(octets);
    BOOST_REQUIRE(block.has_value());
    BOOST_TEST((block->owner.kind == owner.kind && block->owner.body == owner.body && block->owner.index == owner.index));
    BOOST_TEST((block->owner.digest == owner.digest));
    BOOST_TEST(block->coded == "coded");
    for (std::size_t cut = 0; cut < prefix.size(); ++cut)
      BOOST_TEST(!parse_block(prefix.substr(0, cut)).has_value(), "cut to " << cut);
  }
  BOOST_TEST(!parse_block("\x03" + std::string(100, 'x')).has_value());
  base::Writer beyond;
  beyond.u8(1).u64(7).u64(8).varint(1ull << 32);
  BOOST_TEST(is_damaged(parse_block(beyond.take())));
}

BOOST_AUTO_TEST_CASE(a_commit_comes_back_whole_or_not_at_all) {
  for (const std::size_t size : {0, 1, 255, 256, 100'000}) {
    for (const std::string& batch : {test::noise(size, size), test::prose(size, size)}) {
      const std::string octets = encode_commit(77, batch);
      auto commit = parse_commit(octets);
      BOOST_REQUIRE(commit.has_value());
      BOOST_TEST(commit->number == 77u);
      BOOST_TEST((commit->batch == batch));
      for (std::size_t cut = 0; cut < octets.size(); cut += 1 + octets.size() / 100)
        BOOST_TEST(!parse_commit(octets.substr(0, cut)).has_value(), size << " cut to " << cut);
    }
  }
  BOOST_TEST(encode_commit(1, test::prose(100'000, 1)).size() < 50'000u);
}

BOOST_AUTO_TEST_CASE(a_commit_that_lies_about_its_length_is_refused) {
  const std::string batch = test::prose(10'000, 1);
  const std::string coded = encode_commit(1, batch);
  const std::string frame = coded.substr(8 + 2 + 1);  // behind number, length and coding
  const auto with = [](std::uint64_t octets, std::uint8_t coding, std::string_view data) {
    base::Writer out;
    return out.u64(1).varint(octets).u8(coding).raw(data).take();
  };
  BOOST_REQUIRE(with(10'000, 2, frame) == coded);
  for (const std::uint64_t octets :
       {std::uint64_t{0}, std::uint64_t{9'999}, std::uint64_t{10'001}, max_batch, max_batch + 1, ~std::uint64_t{0}}) {
    BOOST_TEST(is_damaged(parse_commit(with(octets, 2, frame))), octets);
    BOOST_TEST(is_damaged(parse_commit(with(octets, 1, "octets"))), octets);
  }
  BOOST_TEST(!parse_commit(with(6, 3, "octets")).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
