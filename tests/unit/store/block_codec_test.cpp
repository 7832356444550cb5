/// Blocks as they are stored: the same octets come back, in no more room and memory than they need, or an error.
#include "archive/store/content/block_codec.hpp"

#include <thread>

#include <zstd.h>

#include "letters.hpp"

using namespace understudy;
using namespace understudy::archive::store::content;
using Use = BlockCodec::Use;

namespace {

constexpr std::size_t block = 256 * 1024;

std::shared_ptr<Dictionaries> with(const std::string& dictionary, std::uint32_t number = 1) {
  auto dictionaries = std::make_shared<Dictionaries>(3);
  BOOST_TEST_REQUIRE(dictionaries->add(number, dictionary).has_value());
  return dictionaries;
}

std::shared_ptr<Dictionaries> none() {
  return std::make_shared<Dictionaries>(3);
}

std::string encoded(BlockCodec& codec, Use use, std::string_view octets) {
  std::string out;
  codec.encode(use, octets, out);
  return out;
}

boost::system::error_code refusal(const BlockCodec& codec, std::string_view coded, std::size_t octets) {
  const auto got = codec.decode(coded, octets);
  return got ? boost::system::error_code() : got.error().code;
}

std::string zstd_frame(std::string_view octets) {
  std::string out(ZSTD_compressBound(octets.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), octets.data(), octets.size(), 3));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(block_codec)

BOOST_AUTO_TEST_CASE(a_block_comes_back_as_it_was_in_at_most_one_octet_more) {
  for (const auto& dictionaries : {none(), with(test::dictionary_of_letters())}) {
    for (const int level : {-5, 0, 1, 3, 6}) {
      BlockCodec codec(level, dictionaries);
      for (const Use use : {Use::literal, Use::part}) {
        for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{5}, std::size_t{6},
                                       std::size_t{100}, std::size_t{4096}, std::size_t{65'536}, std::size_t{65'537}, block}) {
          for (const std::string& octets : {test::noise(size, size), test::prose(size, size), std::string(size, 'a')}) {
            const std::string coded = encoded(codec, use, octets);
            BOOST_TEST(coded.size() <= size + 1);
            const auto got = codec.decode(coded, size);
            BOOST_TEST_REQUIRE(got.has_value(), "level " << level << ", " << size << " octets");
            BOOST_TEST((*got == octets));
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_coded_block_keeps_no_more_memory_than_it_has_octets) {
  BlockCodec codec(1, none());
  for (const std::size_t size : {std::size_t{100}, std::size_t{10'000}, block}) {
    const std::string well(size, 'x');
    const auto coded = encoded(codec, Use::literal, well);
    BOOST_TEST(coded.size() < 200u);
    BOOST_TEST(coded.capacity() <= 2 * coded.size() + 16, size << " octets");  // many of them wait for their commit
  }
}

BOOST_AUTO_TEST_CASE(each_kind_of_block_is_coded_as_the_rule_says) {
  BlockCodec plain(1, none()), off(0, with(test::dictionary_of_letters())),
      codec(1, with(test::dictionary_of_letters(), 0x01020304));
  struct Row {
    BlockCodec& codec;
    Use use;
    std::string octets;
    std::string begins;
  };
  const std::string magic = "\x28\xb5\x2f\xfd";
  const std::string dictionary = "\x03\x01\x02\x03\x04" + magic;
  for (const Row& row :
       {Row{plain, Use::literal, test::letter(1000), "\x02" + magic}, Row{off, Use::literal, test::letter(1000), "\x01"},
        Row{codec, Use::literal, test::letter(1000), dictionary}, Row{codec, Use::part, test::letter(1000), "\x02" + magic},
        Row{codec, Use::literal, test::prose(65'536, 1), dictionary},
        Row{codec, Use::literal, test::prose(65'537, 1), "\x02" + magic}, Row{codec, Use::literal, test::noise(500, 1), "\x01"},
        Row{plain, Use::part, test::noise(500, 1), "\x01"}})
    BOOST_TEST(encoded(row.codec, row.use, row.octets).starts_with(row.begins), row.octets.size() << " octets");
}

BOOST_AUTO_TEST_CASE(a_small_letter_takes_less_room_with_a_dictionary) {
  BlockCodec plain(1, none()), codec(1, with(test::dictionary_of_letters()));
  std::size_t without = 0, with_it = 0;
  for (std::uint64_t i = 1000; i < 1100; ++i) {
    without += encoded(plain, Use::literal, test::letter(i)).size();
    with_it += encoded(codec, Use::literal, test::letter(i)).size();
  }
  BOOST_TEST(with_it * 2 < without);
}

BOOST_AUTO_TEST_CASE(what_was_coded_before_changes_nothing) {
  const auto dictionaries = with(test::dictionary_of_letters());
  const std::vector<std::pair<Use, std::string>> blocks{
      {Use::literal, test::noise(300'000, 1)}, {Use::literal, test::noise(900, 1)},
      {Use::literal, test::letter(1000)},      {Use::part, test::noise(900, 2)},
      {Use::part, test::letter(1000)},         {Use::part, test::prose(block, 3)},
      {Use::literal, test::letter(1001)},      {Use::literal, "short"}};
  for (const auto& [first_use, first] : blocks) {
    for (const auto& [use, octets] : blocks) {
      BlockCodec fresh(1, dictionaries), used(1, dictionaries);
      encoded(used, first_use, first);
      BOOST_TEST((encoded(used, use, octets) == encoded(fresh, use, octets)), octets.size() << " after " << first.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_block_is_put_behind_what_is_there) {
  BlockCodec codec(1, none());
  for (const std::string& octets : {test::noise(500, 1), test::prose(500, 1), std::string()}) {
    std::string out = "before";
    codec.encode(Use::part, octets, out);
    BOOST_TEST(out.starts_with("before"));
    BOOST_TEST((*codec.decode(std::string_view(out).substr(6), octets.size()) == octets));
  }
}

BOOST_AUTO_TEST_CASE(a_frame_is_a_standard_one_that_repeats_neither_length_nor_dictionary_nor_check) {
  BlockCodec codec(3, with(test::dictionary_of_letters()));
  for (const Use use : {Use::literal, Use::part}) {
    const std::string coded = encoded(codec, use, test::letter(5));
    const std::string frame = coded.substr(use == Use::literal ? 5 : 1);
    BOOST_TEST(ZSTD_getFrameContentSize(frame.data(), frame.size()) == ZSTD_CONTENTSIZE_UNKNOWN);
    BOOST_TEST(ZSTD_getDictID_fromFrame(frame.data(), frame.size()) == 0U);
    BOOST_TEST((static_cast<unsigned char>(frame[4]) & 4) == 0);  // RFC 8878 §3.1.1.1.1: Content_Checksum_flag
  }
}

BOOST_AUTO_TEST_CASE(a_block_cut_or_with_more_behind_it_is_damaged) {
  BlockCodec codec(1, with(test::dictionary_of_letters()));
  for (const Use use : {Use::literal, Use::part}) {
    for (const std::string& octets : {test::noise(300, 1), test::letter(2), test::prose(3000, 2)}) {
      const std::string coded = encoded(codec, use, octets);
      for (std::size_t at = 0; at < coded.size(); ++at)
        BOOST_TEST((refusal(codec, coded.substr(0, at), octets.size()) == base::errc::damaged), "cut at " << at);
      BOOST_TEST((refusal(codec, coded + "x", octets.size()) == base::errc::damaged));
      BOOST_TEST((refusal(codec, coded, octets.size() + 1) == base::errc::damaged));
      BOOST_TEST((refusal(codec, coded, octets.size() - 1) == base::errc::damaged));
      BOOST_TEST((refusal(codec, coded, 0) == base::errc::damaged));
    }
  }
}

BOOST_AUTO_TEST_CASE(flipped_bits_give_an_error_or_as_many_octets_as_asked) {
  BlockCodec codec(1, with(test::dictionary_of_letters()));
  for (const std::string& octets : {test::noise(60, 1), test::letter(2), test::prose(3000, 2)}) {
    const std::string coded = encoded(codec, Use::literal, octets);
    for (std::size_t bit = 0; bit < coded.size() * 8; ++bit) {
      std::string changed = coded;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
      const auto got = codec.decode(changed, octets.size());
      BOOST_TEST((!got || got->size() == octets.size()), "bit " << bit);
    }
    BOOST_TEST((*codec.decode(coded, octets.size()) == octets));  // no context keeps anything of the damaged ones
  }
}

BOOST_AUTO_TEST_CASE(a_later_codec_is_unsupported_and_a_missing_dictionary_is_damage_that_names_it) {
  BlockCodec codec(1, with(test::dictionary_of_letters(), 7)), other(1, none());
  BOOST_TEST((refusal(codec, std::string("\x04octets"), 6) == base::errc::unsupported));
  const std::string octets = test::letter(3);
  const auto refused = other.decode(encoded(codec, Use::literal, octets), octets.size());
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == base::errc::damaged));
  BOOST_TEST(refused.error().context.find("dictionary 7") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_wrong_dictionary_gives_an_error_or_other_octets_of_the_same_number) {
  BlockCodec codec(1, with(test::dictionary_of_letters())), wrong(1, with(test::dictionary_of_letters("example.net")));
  for (std::uint64_t i = 0; i < 200; ++i) {
    const std::string octets = test::letter(i);
    const auto got = wrong.decode(encoded(codec, Use::literal, octets), octets.size());
    BOOST_TEST((!got || got->size() == octets.size()));
  }
}

BOOST_AUTO_TEST_CASE(a_block_coded_with_an_older_dictionary_is_read_after_a_newer_came) {
  const auto dictionaries = with(test::dictionary_of_letters(), 1);
  BlockCodec codec(1, dictionaries);
  const std::string octets = test::letter(3), old = encoded(codec, Use::literal, octets);
  BOOST_TEST_REQUIRE(dictionaries->add(2, test::dictionary_of_letters("example.net")).has_value());
  BOOST_TEST(encoded(codec, Use::literal, octets)[4] == 2);
  BOOST_TEST((*codec.decode(old, octets.size()) == octets));
}

BOOST_AUTO_TEST_CASE(a_frame_that_makes_more_than_was_asked_is_damaged) {
  BlockCodec codec(1, none());
  const std::string bomb = '\x02' + zstd_frame(std::string(64 << 20, '\0'));
  BOOST_TEST(bomb.size() < 8000U);
  for (const std::size_t octets : {std::size_t{0}, std::size_t{1}, block, (std::size_t{64} << 20) - 1})
    BOOST_TEST((refusal(codec, bomb, octets) == base::errc::damaged), octets);
}

BOOST_AUTO_TEST_CASE(no_memory_is_taken_for_what_a_block_cannot_become) {
  BlockCodec codec(1, none());
  for (const std::string& coded :
       {'\x02' + zstd_frame("octets"), '\x01' + std::string("octets"), '\x02' + zstd_frame(test::prose(5000, 1))})
    BOOST_TEST((refusal(codec, coded, std::size_t{1} << 46) == base::errc::damaged));
}

BOOST_AUTO_TEST_CASE(several_frames_and_frames_to_be_skipped_are_damaged) {
  BlockCodec codec(1, none());
  const std::string frame = zstd_frame("octets"), skipped("\x50\x2a\x4d\x18\x02\0\0\0xx", 10);
  BOOST_TEST(codec.decode('\x02' + frame, 6).has_value());
  BOOST_TEST((refusal(codec, '\x02' + frame + frame, 12) == base::errc::damaged));
  BOOST_TEST((refusal(codec, '\x02' + frame + skipped, 6) == base::errc::damaged));
  BOOST_TEST((refusal(codec, '\x02' + skipped + frame, 6) == base::errc::damaged));
  BOOST_TEST((refusal(codec, '\x02' + skipped, 0) == base::errc::damaged));
}

BOOST_AUTO_TEST_CASE(threads_share_a_codec_while_dictionaries_come) {
  const auto dictionaries = none();
  BlockCodec codec(1, dictionaries);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (std::size_t t = 0; t < wrong.size(); ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 500; ++i) {
        const std::string octets = test::letter(t * 1000 + i);
        const auto got = codec.decode(encoded(codec, Use::literal, octets), octets.size());
        wrong[t] += !got || *got != octets;
      }
    });
  for (std::uint32_t number = 1; number < 4; ++number)
    BOOST_TEST(dictionaries->add(number, test::dictionary_of_letters("house" + std::to_string(number))).has_value());
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) BOOST_TEST(count == 0);
}

BOOST_AUTO_TEST_SUITE_END()
