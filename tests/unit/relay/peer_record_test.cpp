/// Frames and records of the peer link: what goes in comes out, in pieces of any size, and nothing else does.
#include <random>

#include "base/bytes.hpp"
#include "relay/peer/record.hpp"

using namespace understudy;
using namespace understudy::relay::peer;

namespace {

const std::string id_1(16, '\x01'), id_2(16, '\x02');

std::vector<AnyRecord> one_of_each() {
  return {Hello{1, 3, "understudy 0.1.0", id_1, id_2, "mailbox.example.org", {"receipts/1", "heads/1"}},
          Want{"receipts", 17},
          Record{"receipts", 18, std::string("octets\0\r\n.\r\n", 12)},
          Have{"receipts", 19},
          Ask{5, "heads/consistency", "from 3 to 9"},
          Answer{5, Answer::Status::failed, "no such head"},
          Ping{7},
          Pong{7},
          Bye{"this machine ends the link"}};
}

std::string octets_of(const std::vector<AnyRecord>& records) {
  std::string out;
  for (const auto& record : records) append_record(out, record);
  return out;
}

/// Everything that a reader makes of the pieces; an error ends it.
struct Read {
  std::vector<AnyRecord> records;
  boost::system::error_code code;
};
void drain(FrameReader& reader, Read& read) {
  while (!read.code) {
    auto frame = reader.next();
    if (!frame) {
      read.code = frame.error().code;
      return;
    }
    if (!*frame) return;
    auto record = parse_record(**frame);
    if (!record) read.code = record.error().code;
    if (record && *record) read.records.push_back(std::move(**record));
  }
}
Read read_in(const std::string& octets, std::size_t first, std::size_t step) {
  FrameReader reader;
  Read read;
  reader.feed(std::string_view(octets).substr(0, first));
  drain(reader, read);
  for (std::size_t at = first; at < octets.size(); at += step) {
    reader.feed(std::string_view(octets).substr(at, step));
    drain(reader, read);
  }
  return read;
}

std::string frame_of(std::uint8_t type, std::string body) {
  std::string out;
  append_frame(out, type, body);
  return out;
}
std::string name(std::string_view text) {
  return base::Writer().text(text).take();
}
const std::string eight(8, '\0');

}  // namespace

BOOST_AUTO_TEST_SUITE(peer_record)

BOOST_AUTO_TEST_CASE(each_record_comes_out_as_it_went_in_however_it_is_cut) {
  const auto records = one_of_each();
  const auto octets = octets_of(records);
  for (std::size_t first = 0; first <= octets.size(); ++first) {
    const auto read = read_in(octets, first, octets.size());
    BOOST_TEST((read.records == records && !read.code), first);
  }
  for (std::size_t step : {1u, 2u, 3u, 7u}) BOOST_TEST((read_in(octets, 0, step).records == records), step);
}

BOOST_AUTO_TEST_CASE(the_octets_of_a_want_are_those_of_the_page) {
  const std::string expected("\0\0\0\x0b\x02\x01t\0\0\0\0\0\0\x01\x02", 15);
  BOOST_TEST((octets_of({Want{"t", 0x102}}) == expected));
}

BOOST_AUTO_TEST_CASE(every_record_that_is_cut_off_is_malformed) {
  for (const auto& record : one_of_each()) {
    const auto whole = octets_of({record});
    const auto type = static_cast<std::uint8_t>(whole[4]);
    for (std::size_t size = 0; size + frame_head_octets < whole.size(); ++size) {
      const auto read = read_in(frame_of(type, whole.substr(frame_head_octets, size)), 0, 1000);
      BOOST_TEST((read.code == base::errc::malformed),
                 "type " << int(type) << ", " << size << " octets: " << read.code.message());
    }
  }
}

BOOST_AUTO_TEST_CASE(fields_of_later_versions_behind_a_body_are_passed_over) {
  for (const auto& record : one_of_each()) {
    const auto whole = octets_of({record});
    const auto longer = frame_of(static_cast<std::uint8_t>(whole[4]), whole.substr(frame_head_octets) + "later");
    BOOST_TEST((read_in(longer, 0, 1000).records == std::vector{record}), record.index());
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_with_its_reason) {
  using base::errc;
  const std::string topic_65(65, 't');
  std::string hello_65;
  {
    base::Writer out;
    out.u16(1).u16(1).text("p").raw(id_1).raw(id_2).text("h").varint(65);
    for (int i = 0; i < 65; ++i) out.text("f");
    hello_65 = out.take();
  }
  const auto hello_of = [](std::string_view program, std::string_view feature, std::uint16_t low) {
    return base::Writer().u16(low).u16(1).text(program).raw(id_1).raw(id_2).text("h").varint(1).text(feature).take();
  };
  struct Case {
    std::string octets;
    base::errc code;
  };
  const std::vector<Case> cases = {
      {std::string("\0\0\0\0", 4), errc::malformed},
      {std::string("\0\x10\0\1", 4), errc::too_long},
      {std::string("\xff\xff\xff\xff", 4), errc::too_long},
      {frame_of(0, ""), errc::unsupported},
      {frame_of(10, ""), errc::unsupported},
      {frame_of(0x7f, ""), errc::unsupported},
      {frame_of(2, name(topic_65) + eight), errc::too_long},
      {frame_of(2, name("") + eight), errc::malformed},
      {frame_of(2, name("Upper") + eight), errc::malformed},
      {frame_of(4, name("a b") + eight), errc::malformed},
      {frame_of(5, eight + name("verb\n") + name("x")), errc::malformed},
      {frame_of(6, eight + "\x03" + name("x")), errc::malformed},
      {frame_of(1, hello_65), errc::too_long},
      {frame_of(1, hello_of(std::string(256, 'p'), "f", 1)), errc::too_long},
      {frame_of(1, hello_of("p", "no name", 1)), errc::malformed},
      {frame_of(1, hello_of("p", "f", 2)), errc::malformed},
      {frame_of(3, name("t") + eight + name(std::string(max_octets + 1, 'x'))), errc::too_long},
      {frame_of(3, name("t") + eight + std::string(9, '\xff') + "\x01"), errc::malformed},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto read = read_in(cases[i].octets, 0, 100'000);
    BOOST_TEST((read.code == cases[i].code), "case " << i << ": " << read.code.message());
    BOOST_TEST(read.records.empty(), i);
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_type_with_the_high_bit_is_passed_over_and_what_is_behind_it_is_read) {
  for (int type : {0x80, 0x85, 0xff}) {
    const auto read = read_in(frame_of(static_cast<std::uint8_t>(type), "whatever") + octets_of({Ping{1}}), 0, 1);
    BOOST_TEST((read.records == std::vector<AnyRecord>{Ping{1}} && !read.code), type);
  }
}

BOOST_AUTO_TEST_CASE(the_largest_record_fits_into_a_frame_and_an_announced_length_costs_no_memory) {
  const std::vector<AnyRecord> largest = {Record{std::string(max_name, 't'), 1, std::string(max_octets, 'x')},
                                          Ask{1, std::string(max_name, 'v'), std::string(max_octets, 'x')},
                                          Answer{1, Answer::Status::done, std::string(max_octets, 'x')}};
  BOOST_TEST((read_in(octets_of(largest), 0, 64 * 1024).records == largest));
  FrameReader reader;
  reader.feed(std::string("\0\x10\0\0", 4));
  BOOST_REQUIRE(reader.next());
  BOOST_TEST(reader.held() == 4u);
}

BOOST_AUTO_TEST_CASE(a_bye_that_is_too_long_is_cut_and_not_refused) {
  const std::string reason(max_reason + 50, 'r');
  const auto read = read_in(octets_of({Bye{reason}}), 0, 1);
  BOOST_TEST((read.records == std::vector<AnyRecord>{Bye{reason.substr(0, max_reason)}}));
}

BOOST_AUTO_TEST_CASE(names_are_of_few_characters_and_of_64_octets_at_most) {
  for (const char* good : {"a", "receipts/1", "a-b.c/9"}) BOOST_TEST(is_name(good), good);
  for (const char* bad : {"", "A", "a b", "a\n", "\xc3\xa4", "a_b", "a\"b"}) BOOST_TEST(!is_name(bad), bad);
  BOOST_TEST(is_name(std::string(64, 'a')));
  BOOST_TEST(!is_name(std::string(65, 'a')));
}

BOOST_AUTO_TEST_SUITE_END()
