#include "mail/smtp/errc.hpp"
#include "mail/smtp/reply.hpp"
#include "mail/smtp/reply_parser.hpp"

using namespace understudy;
using namespace understudy::mail::smtp;
using namespace std::string_literals;

namespace {

base::Result<std::optional<Reply>> parse(const std::vector<std::string>& lines) {
  ReplyParser parser;
  base::Result<std::optional<Reply>> got;
  for (const auto& line : lines)
    if (got = parser.on_line(line); !got || *got) return got;
  return got;
}

Reply make(int code, std::string status, std::vector<std::string> lines) {
  Reply reply(code, std::move(status), "");
  reply.lines = std::move(lines);
  return reply;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_reply)

BOOST_AUTO_TEST_CASE(a_reply_goes_out_with_code_and_status_on_every_line) {
  BOOST_TEST(Reply(550, "5.1.1", "no such user").wire() == "550 5.1.1 no such user\r\n");
  BOOST_TEST(Reply(354, "", "go on").wire() == "354 go on\r\n");
  BOOST_TEST(make(250, "", {"a", "b"}).wire() == "250-a\r\n250 b\r\n");
  BOOST_TEST(make(250, "2.0.0", {"a", "b"}).wire() == "250-2.0.0 a\r\n250 2.0.0 b\r\n");
  BOOST_TEST(make(250, "", {}).wire() == "250 \r\n");
}

BOOST_AUTO_TEST_CASE(control_characters_in_a_reply_never_reach_the_wire_or_the_log) {
  const Reply reply(550, "5.1.1", "a\r\n250 ok\0\x1b\x7f"s);
  BOOST_TEST(reply.wire() == "550 5.1.1 a??250 ok???\r\n");
  BOOST_TEST(reply.text() == "550 5.1.1 a??250 ok???");
}

BOOST_AUTO_TEST_CASE(a_reply_line_is_cut_at_512_octets_but_not_inside_a_character) {
  const std::string xs(505, 'x');
  const auto wire = Reply(550, "", xs + "\xc3\xa4").wire();
  BOOST_TEST(wire.size() == 511u);
  BOOST_TEST(wire.ends_with("x\r\n"));
  BOOST_TEST(Reply(550, "", std::string(506, 'x')).wire().size() == 512u);
  BOOST_TEST(Reply(334, "", std::string(5000, 'x')).wire().size() == 5006u);
}

BOOST_AUTO_TEST_CASE(replies_of_a_next_hop_are_read_with_their_status) {
  const std::pair<std::vector<std::string>, Reply> cases[] = {
      {{"250 ok"}, {250, "", "ok"}},
      {{"250"}, {250, "", ""}},
      {{"250 "}, {250, "", ""}},
      {{"250-"}, {0, "", ""}},
      {{"550 5.1.1 no such user"}, {550, "5.1.1", "no such user"}},
      {{"550 5.1.1"}, {550, "5.1.1", ""}},
      {{"550 4.1.1 other class"}, {550, "", "4.1.1 other class"}},
      {{"550 5.1 not a status"}, {550, "", "5.1 not a status"}},
      {{"550 5.1.1234 not a status"}, {550, "", "5.1.1234 not a status"}},
      {{"550 5.1.1.1 not a status"}, {550, "", "5.1.1.1 not a status"}},
      {{"354 3.0.0 no such class"}, {354, "", "3.0.0 no such class"}},
      {{"550-5.7.1 a", "550-5.7.1 b", "550 5.7.1 c"}, make(550, "5.7.1", {"a", "b", "c"})},
      {{"550-5.7.1 a", "550 b"}, make(550, "5.7.1", {"a", "b"})},
      {{"550-5.7.1 a", "550 5.7.2 b"}, make(550, "5.7.1", {"a", "5.7.2 b"})},
      {{"550-5.7.1 a", "550"}, make(550, "5.7.1", {"a", ""})},
      {{"250-x", "250-SIZE 1", "250 DSN"}, make(250, "", {"x", "SIZE 1", "DSN"})},
      {{"250 a\x01\x7f"
        "b\xff"},
       {250, "", "a??b?"}},
      {{"250 \xc3\xa4"}, {250, "", "\xc3\xa4"}},
  };
  for (const auto& [lines, reply] : cases) {
    const auto got = parse(lines);
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST_CONTEXT(lines.front()) BOOST_TEST((reply.code == 0 ? !got->has_value() : *got == reply));
  }
}

BOOST_AUTO_TEST_CASE(a_reply_that_is_none_is_malformed) {
  const std::vector<std::string> cases[] = {{""},          {"2"},    {"25"},      {"abc"},     {"150 x"},   {"650 x"},
                                            {"25x ok"},    {"250x"}, {"2500 ok"}, {" 250 ok"}, {"250\tok"}, {"250-a", "251 b"},
                                            {"250-a", "b"}};
  for (const auto& lines : cases) {
    const auto got = parse(lines);
    BOOST_REQUIRE(!got.has_value());
    BOOST_TEST((got.error().code == base::errc::malformed));
  }
}

BOOST_AUTO_TEST_CASE(a_reply_without_end_is_given_up) {
  BOOST_TEST((parse({"250 " + std::string(2045, 'x')}).error().code == base::errc::too_long));
  BOOST_TEST(parse({"250 " + std::string(2044, 'x')}).has_value());
  std::vector<std::string> lines(99, "250-a");
  lines.push_back("250 b");
  BOOST_TEST(parse(lines).has_value());
  lines.insert(lines.begin(), "250-a");
  BOOST_TEST((parse(lines).error().code == base::errc::too_long));
}

BOOST_AUTO_TEST_CASE(one_parser_reads_one_reply_after_another) {
  ReplyParser parser;
  BOOST_TEST(!parser.on_line("250-a")->has_value());
  BOOST_TEST(parser.in_reply());
  BOOST_TEST(parser.on_line("250 b")->has_value());
  BOOST_TEST(!parser.in_reply());
  BOOST_TEST(((**parser.on_line("421 4.3.2 bye")) == Reply(421, "4.3.2", "bye")));
}

BOOST_AUTO_TEST_CASE(only_the_fault_of_the_message_is_a_permanent_refusal) {
  for (const auto fault : {errc::bare_newline, errc::nul_octet, errc::line_too_long, errc::too_big})
    BOOST_TEST(reply_for(fault).permanent());
  for (const auto trouble :
       {base::errc::io, base::errc::busy, base::errc::stopped, base::errc::shutting_down, base::errc::damaged})
    BOOST_TEST(reply_for(trouble).transient());
  BOOST_TEST(reply_for(boost::system::errc::make_error_code(boost::system::errc::no_space_on_device)).transient());
}

BOOST_AUTO_TEST_SUITE_END()
