#include <chrono>

#include "split_message.hpp"

using namespace understudy;
using namespace understudy::archive::store::content;
using tests::in_lines;
using tests::Pieces;
using tests::prose;
using tests::random_octets;
using tests::split;

namespace {

using Kind = Form::Kind;
using LastEnd = Form::LastEnd;

constexpr SplitLimits small{.part = 300, .worthwhile = 60};

std::string with_attachment(std::string_view attachment, std::string_view boundary = "b", std::string_view subject = "one") {
  std::string out =
      "Subject: " + std::string(subject) + "\r\nContent-Type: multipart/mixed; boundary=" + std::string(boundary) + "\r\n\r\n";
  out += "--" + std::string(boundary) + "\r\n\r\nHere it is.\r\n--" + std::string(boundary) +
         "\r\nContent-Type: application/pdf\r\n\r\n";
  return out + std::string(attachment) + "\r\n--" + std::string(boundary) + "--\r\n";
}

/// All ways to cut it: whole, octet by octet, and at each place.
void same_for_every_cut(std::string_view message, const SplitLimits& limits) {
  const Pieces whole = split(message, limits);
  BOOST_REQUIRE(whole.message() == message);
  BOOST_REQUIRE(split(message, limits, 1).all == whole.all);
  for (std::size_t at = 1; at < message.size(); ++at) {
    Pieces pieces;
    Splitter splitter(pieces, limits);
    BOOST_REQUIRE(splitter.feed(std::string(message.substr(0, at))).has_value());
    BOOST_REQUIRE(splitter.feed(std::string(message.substr(at))).has_value());
    BOOST_REQUIRE(splitter.finish().has_value());
    BOOST_REQUIRE_MESSAGE(pieces.all == whole.all, "cut at " << at);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_splitter)

BOOST_AUTO_TEST_CASE(small_messages_and_headers_of_any_size_are_literal) {
  for (const std::string message : {std::string(), std::string("\r\n"), std::string("\n"), std::string("a"), std::string("--"),
                                    std::string("Subject: x\r\n\r\nText.\r\n"), "X: " + std::string(100'000, 'x') + "\r\n",
                                    std::string(20'000, '\r'), std::string(20'000, '\0')}) {
    const Pieces pieces = split(message);
    BOOST_TEST(pieces.parts().empty());
    BOOST_TEST((pieces.message() == message));
  }
}

BOOST_AUTO_TEST_CASE(an_attachment_is_decoded_and_cut_into_full_lines_from_its_beginning) {
  std::mt19937 random(1);
  const std::string octets = random_octets(random, 300'000);
  const std::string message = with_attachment(in_lines(octets));
  const Pieces pieces = split(message);
  const auto parts = pieces.parts();
  BOOST_REQUIRE(parts.size() == 3u);
  const std::size_t full = 128 * 1024 / 57 * 57;
  BOOST_TEST((parts[0].octets == octets.substr(0, full)));
  BOOST_TEST((parts[1].octets == octets.substr(full, full)));
  BOOST_TEST((parts[2].octets == octets.substr(2 * full)));
  for (const auto& part : parts) BOOST_TEST((part.form == Form{Kind::base64_crlf, 76, LastEnd::there}));
  BOOST_TEST((pieces.message() == message));
  BOOST_TEST(pieces.all.size() == 5u);
}

BOOST_AUTO_TEST_CASE(the_same_attachment_in_another_message_gives_the_same_parts) {
  std::mt19937 random(2);
  for (const std::size_t size : {8192, 9000, 131'043, 131'044, 131'100, 139'235, 140'000, 262'086, 1'000'000}) {
    const std::string octets = random_octets(random, size);
    const auto expected = split(with_attachment(in_lines(octets))).stored();
    BOOST_TEST(!expected.empty());
    BOOST_TEST((split(with_attachment(in_lines(octets), "another", "two"), {}, 4096).stored() == expected), size);
    BOOST_TEST((split(with_attachment(in_lines(octets), "x", prose(random, 50'000)), {}, 777).stored() == expected), size);
    BOOST_TEST((split(with_attachment(in_lines(octets, 76, "\n")), {}, 65'536).stored() == expected), size);
    BOOST_TEST((split("\r\n" + in_lines(octets)).stored() == expected), size);
    std::string cut_short = "\r\n" + in_lines(octets);
    cut_short.resize(cut_short.size() - 2);
    BOOST_TEST((split(cut_short, {}, 1000).stored() == expected), size);
  }
}

BOOST_AUTO_TEST_CASE(every_cut_of_a_message_gives_the_same_pieces) {
  std::mt19937 random(3);
  const std::string octets = random_octets(random, 700);
  for (const std::string_view end : {"\r\n", "\n"})
    for (const std::size_t line : {4, 40, 76, 252}) same_for_every_cut(with_attachment(in_lines(octets, line, end)), small);
  same_for_every_cut("\n" + in_lines(octets) + prose(random, 800) + in_lines(octets, 64), small);
  same_for_every_cut("A: b\r\n\r\n" + prose(random, 1500) + "--\r\n\r\n" + prose(random, 59) + "--\n\n" + prose(random, 60),
                     small);
  same_for_every_cut("\n" + std::string(700, 'x') + "\n--\n" + std::string(700, '-') + "\n\n" + std::string(800, '\0'), small);
}

BOOST_AUTO_TEST_CASE(a_run_is_of_one_length_one_line_end_and_canonical_to_its_end) {
  std::mt19937 random(4);
  const std::string octets = random_octets(random, 120);  // four lines of 40 characters
  const std::string run = in_lines(octets, 40);
  const std::string three = octets.substr(0, 90);
  struct Case {
    std::string name, text;
    std::vector<std::string> stored;
  };
  const Case cases[] = {
      {"as it is", run, {octets}},
      {"then a longer line", run + std::string(44, 'A') + "\r\n", {octets}},
      {"then another line end", run + "BBBB\n", {octets}},
      {"then a line that is not canonical", run + "QR==\r\n", {octets}},
      {"then a padded line", run + "QQ==\r\n", {octets + "A"}},
      {"then a padded line and one more", run + "QQ==\r\nQUJD\r\n", {octets + "A"}},
      {"then a short line without an end", run + "QUJD", {octets + "ABC"}},
      {"then a short line that ends with CR", run + "QUJD\r", {octets}},
      {"then a NUL", run + std::string("QUJ\0\r\n", 6), {octets}},
      {"then white space", run + "QUJD \r\n", {octets}},
      {"a bad character in the last line", std::string(run).replace(130, 1, "!"), {three}},
      {"a bad character in the third line", std::string(run).replace(100, 1, "!"), {octets.substr(0, 60)}},
      {"a bad character in the second line", std::string(run).replace(60, 1, "!"), {octets.substr(60)}},
      {"white space before it", " " + run, {octets.substr(30)}},
      {"mixed line ends", in_lines(three, 40, "\n") + run, {three, octets}},
      {"CR alone for line ends", in_lines(octets, 40, "\r"), {}},
      {"CR CR LF for line ends", in_lines(octets, 40, "\r\r\n"), {}},
      {"lines of 256 characters, and 128 at the end", in_lines(octets + octets + octets + octets, 256), {octets.substr(24)}},
      {"lines of 42 characters", in_lines(octets, 42), {}},
  };
  for (const Case& one : cases) {
    const Pieces pieces = split("\n" + one.text, small);
    BOOST_TEST((pieces.message() == "\n" + one.text), one.name);
    std::vector<std::string> runs;
    for (const auto& piece : pieces.parts())
      if (piece.form.kind != Kind::as_is) runs.push_back(piece.octets);
    BOOST_TEST((runs == one.stored), one.name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
