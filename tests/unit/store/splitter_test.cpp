#include <ctime>

#include <malloc.h>

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

constexpr SplitLimits small{.part = 300, .worthwhile = 60, .text = 60};

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
  for (const std::string& message : {std::string(), std::string("\r\n"), std::string("\n"), std::string("a"), std::string("--"),
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

BOOST_AUTO_TEST_CASE(a_run_is_a_part_from_what_is_worthwhile_on) {
  std::mt19937 random(5);
  const std::string octets = random_octets(random, 400);
  const auto sizes = [&](std::size_t run) {
    std::vector<std::size_t> out;
    for (const auto& part : split(with_attachment(in_lines(octets.substr(0, run))), small).parts())
      if (part.form.kind == Kind::base64_crlf) out.push_back(part.octets.size());
    return out;
  };
  using Sizes = std::vector<std::size_t>;
  BOOST_TEST((sizes(59) == Sizes{}));
  BOOST_TEST((sizes(60) == Sizes{60}));
  BOOST_TEST((sizes(284) == Sizes{284}));
  BOOST_TEST((sizes(285) == Sizes{285}));  // five lines, what fits into 300
  BOOST_TEST((sizes(286) == Sizes{285}));
  BOOST_TEST((sizes(344) == Sizes{285}));
  BOOST_TEST((sizes(345) == Sizes{285, 60}));
}

BOOST_AUTO_TEST_CASE(text_is_cut_from_the_beginning_of_its_region_and_its_rest_is_a_part_where_worthwhile) {
  std::mt19937 random(6);
  const std::string text = prose(random, 1000), run = in_lines(random_octets(random, 60));
  const auto sizes = [&](const std::string& region) {
    std::vector<std::size_t> out;
    const auto pieces = split("A: " + text.substr(0, 100) + "\r\n\r\n" + region, small);
    for (const auto& part : pieces.stored()) out.push_back(part.size());
    return out;
  };
  using Sizes = std::vector<std::size_t>;
  const std::string line = "x.\r\n";
  BOOST_TEST((sizes(text.substr(0, 59)) == Sizes{}));
  BOOST_TEST((sizes(text.substr(0, 60)) == Sizes{60}));
  BOOST_TEST((sizes(text.substr(0, 299)) == Sizes{299}));
  BOOST_TEST((sizes(text.substr(0, 300)) == Sizes{300}));
  BOOST_TEST((sizes(text.substr(0, 359)) == Sizes{300}));
  BOOST_TEST((sizes(text.substr(0, 360)) == Sizes{300, 60}));
  BOOST_TEST((sizes(text.substr(0, 660)) == Sizes{300, 300, 60}));
  BOOST_TEST((sizes(std::string(56, 'x') + line + run) == Sizes{60, 60}));
  BOOST_TEST((sizes(std::string(55, 'x') + line + run) == Sizes{60}));
  BOOST_TEST((sizes(std::string(290, 'x') + line + run + text.substr(0, 70)) == Sizes{294, 60, 70}));
  BOOST_TEST((sizes(std::string(56, 'x') + line + "--x\r\n" + text + "\r\n--y\r\n\r\n" + text.substr(0, 70)) == Sizes{60, 70}));
}

BOOST_AUTO_TEST_CASE(small_runs_are_text_and_do_not_end_it) {
  std::mt19937 random(7);
  const std::string region = prose(random, 100) + in_lines(random_octets(random, 59)) + prose(random, 100);
  const auto parts = split("\n" + region, small).parts();
  BOOST_REQUIRE(parts.size() == 1u);
  BOOST_TEST(parts[0].octets == region);
  BOOST_TEST((parts[0].form == Form{}));
}

BOOST_AUTO_TEST_CASE(after_the_last_part_that_is_allowed_all_is_literal) {
  std::mt19937 random(8);
  const std::string octets = random_octets(random, 10'000), text = prose(random, 10'000);
  for (const std::string& message :
       {"\n" + in_lines(octets), "\n" + text, "\n" + prose(random, 70) + in_lines(octets) + text}) {
    const auto all = split(message, small).parts();
    BOOST_REQUIRE(all.size() > 30u);
    for (const std::size_t parts : {0, 1, 2, 30}) {
      const SplitLimits few{.part = small.part, .worthwhile = small.worthwhile, .parts = parts, .text = small.text};
      const Pieces pieces = split(message, few, 1000);
      BOOST_TEST((pieces.message() == message));
      BOOST_TEST((pieces.parts() == std::vector(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(parts))));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_part_holds_at_least_what_is_worthwhile_and_a_line_whatever_the_limits_say) {
  std::mt19937 random(9);
  const std::string message = "\n" + in_lines(random_octets(random, 2000), 252) + prose(random, 1000);
  const Pieces pieces = split(message, {.part = 0, .worthwhile = 0, .text = 0});
  BOOST_TEST((pieces.message() == message));
  BOOST_TEST(pieces.parts().size() == 2000 / 189 + 1 + (1000 + 189) / 190);
}

BOOST_AUTO_TEST_CASE(what_the_sink_refuses_is_given_back_at_each_call) {
  std::mt19937 random(10);
  const std::string message = with_attachment(prose(random, 500) + in_lines(random_octets(random, 500)) + prose(random, 500));
  const std::size_t calls = split(message, small, 50).calls;
  BOOST_REQUIRE(calls > 10u);
  for (std::size_t at = 1; at <= calls; ++at) {
    Pieces pieces;
    pieces.refuse_at = at;
    Splitter splitter(pieces, small);
    base::Result<> result;
    for (std::size_t from = 0; result && from < message.size(); from += 50) result = splitter.feed(message.substr(from, 50));
    if (result) result = splitter.finish();
    BOOST_REQUIRE_MESSAGE(!result, "call " << at);
    BOOST_TEST((result.error().code == base::errc::refused));
    BOOST_TEST(pieces.calls == at);
  }
}

namespace {

/// Counts, and keeps nothing.
struct Counted : PieceSink {
  std::uint64_t octets = 0;
  std::size_t largest = 0;
  base::Result<> literal(std::string_view text) override {
    octets += text.size();
    return {};
  }
  base::Result<> part(const Form& form, std::string_view stored) override {
    octets += octets_in_message(form, stored.size());
    largest = std::max(largest, stored.size());
    return {};
  }
};

std::string repeated(std::string_view what, std::size_t octets) {
  std::string out;
  while (out.size() < octets) out += what;
  return out;
}

std::size_t allocated() {
  const auto heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

struct Fed {
  Counted pieces;
  std::size_t most = 0;  ///< octets of memory at once, as sampled
};

Fed feed(std::string_view message, std::size_t cut, const SplitLimits& limits = {}) {
  Fed fed;
  const std::size_t before = allocated();
  Splitter splitter(fed.pieces, limits);
  bool good = true;
  for (std::size_t calls = 0; !message.empty(); ++calls) {
    good = splitter.feed(message.substr(0, cut)).has_value() && good;
    message.remove_prefix(std::min(cut, message.size()));
    if (cut >= 4096 || calls % 1024 == 0) fed.most = std::max(fed.most, allocated() - before);
  }
  BOOST_TEST((splitter.finish().has_value() && good));
  return fed;
}

}  // namespace

BOOST_AUTO_TEST_CASE(hostile_messages_take_time_in_proportion_and_little_memory) {
  std::mt19937 random(11);
  const std::string almost = in_lines(random_octets(random, 8100)), enough = in_lines(random_octets(random, 8200));
  const std::string shapes[] = {"\n",
                                "\r",
                                "a\n",
                                std::string("\0", 1),
                                "AAAA\n",
                                "AAAA\nAAAAAAAA\n",
                                "AAAAAAAA\r\nAAAA\r\nA\r\n",
                                "QQ==\n",
                                "--\n\n",
                                "--\n\nAAAA\n",
                                "-",
                                std::string(252, 'A') + "\n",
                                std::string(256, 'A') + "\n",
                                std::string(251, 'A') + "!\n",
                                almost,
                                almost + "!\n",
                                enough + "!\n",
                                "--\n\n" + enough,
                                "x\n" + enough + almost,
                                std::string(130'000, 'x') + "\n" + almost};
  for (const std::string& shape : shapes)
    for (const std::size_t cut : {3, 4096, 1'000'000}) {
      const std::string message = "\n" + repeated(shape, cut == 3 ? 1'000'000 : 4'000'000);
      const auto start = std::clock();  // the processor's time: a busy machine makes nothing quadratic
      const Fed fed = feed(message, cut);
      const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
      BOOST_TEST_INFO_SCOPE(shape.substr(0, 40) << ", " << shape.size() << " octets, fed by " << cut);
      BOOST_TEST(seconds < 2.0);
      BOOST_TEST(fed.most < 2 * 128 * 1024 * 4 / 3);
      BOOST_TEST(fed.pieces.octets == message.size());
      BOOST_TEST(fed.pieces.largest <= 128u * 1024);
    }
}

BOOST_AUTO_TEST_CASE(what_follows_the_last_part_is_not_held_back) {
  std::mt19937 random(12);
  const std::string text = "\n" + prose(random, 4'000'000), run = "\n" + in_lines(random_octets(random, 3'000'000));
  for (const std::string& message : {text, run, run + text})
    for (const std::size_t parts : {0, 1, 25}) {
      const Fed fed = feed(message, 4096, {.parts = parts});
      BOOST_TEST(fed.most < 2 * 128 * 1024 * 4 / 3);
      BOOST_TEST(fed.pieces.octets == message.size());
    }
}

BOOST_AUTO_TEST_SUITE_END()
