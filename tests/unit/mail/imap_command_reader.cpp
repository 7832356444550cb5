#include <random>

#include "base/text.hpp"
#include "corpus_files.hpp"
#include "mail/imap/command_reader.hpp"
#include "smtp_pieces.hpp"

using namespace understudy;
using namespace understudy::mail::imap;
using namespace understudy::test;
using namespace std::string_literals;
using Event = CommandReader::Event;

namespace {

const ParseContext context;

ReaderLimits limits(std::uint64_t message = 1000) {
  return ReaderLimits::after_login(message);
}

/// Feeds pieces and writes down what happens; takes messages up to `most_taken`, and refuses those that are longer.
class Driver {
 public:
  explicit Driver(const ReaderLimits& limits, std::uint64_t most_taken = UINT64_MAX)
      : reader_(limits, context), most_taken_(most_taken) {}

  void feed(std::string_view in) {
    while (true) {
      if (message_left_ > 0) {
        const auto octets = std::min<std::uint64_t>(message_left_, in.size());
        log_ += in.substr(0, octets);
        in.remove_prefix(octets);
        message_left_ -= octets;
        if (message_left_ > 0) return;
        log_ += ">";
      }
      switch (reader_.feed(in)) {
        case Event::more:
          BOOST_REQUIRE(in.empty());
          return;
        case Event::continuation:
          log_ += "+";
          break;
        case Event::command:
          log_ += "[" + std::string(reader_.text()) + "]";
          if (reader_.text().ends_with("IDLE")) reader_.expect_line();
          break;
        case Event::line:
          log_ += "line(" + std::string(reader_.text()) + ")";
          break;
        case Event::message:
          on_message();
          break;
        case Event::refused:
          log_ += "!" + brief(reader_.refusal()) + "!";
          break;
        case Event::bye:
          if (!log_.ends_with("bye")) log_ += "bye";
          return;
      }
    }
  }
  const std::string& log() const { return log_; }
  const CommandReader& reader() const { return reader_; }

 private:
  static std::string brief(Refusal refusal) {
    refusal.text.clear();
    std::string out = refusal.reply();
    if (out.ends_with(' ')) out.pop_back();
    return out;
  }
  void on_message() {
    const auto literal = reader_.literal();
    BOOST_REQUIRE(reader_.append().messages().back().parts.back().octets == literal.octets);
    if (literal.octets > most_taken_) {
      reader_.refuse_message({.kind = Refusal::Kind::no, .text = "Not wanted"});
      return;
    }
    log_ += (literal.synchronising ? "+<" : "<");
    message_left_ = literal.octets;
    if (message_left_ == 0) log_ += ">";
    reader_.take_message();
  }

  CommandReader reader_;
  std::uint64_t most_taken_;
  std::uint64_t message_left_ = 0;
  std::string log_;
};

void reads(const std::string& octets, const std::string& wanted, const ReaderLimits& reader_limits = limits(),
           std::uint64_t most_taken = UINT64_MAX) {
  for_each_split(octets, [&](const Pieces& pieces) {
    Driver driver(reader_limits, most_taken);
    for (const auto piece : pieces) driver.feed(piece);
    BOOST_TEST_CONTEXT(base::escape(octets)) BOOST_TEST(driver.log() == wanted);
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_command_reader)

BOOST_AUTO_TEST_CASE(lines_are_commands_and_literals_stand_in_place) {
  reads("a NOOP\r\nb NOOP\r\n", "[a NOOP][b NOOP]");
  reads("\r\n", "[]");
  reads("a LOGIN {3}\r\nfoo {4}\r\nb\r\nr\r\n", "++[a LOGIN {3}\r\nfoo {4}\r\nb\r\nr]");
  reads("a LOGIN {3+}\r\n{5} {0+}\r\n\r\nb NOOP\r\n", "[a LOGIN {3+}\r\n{5} {0+}\r\n][b NOOP]");
  reads("a LOGIN {0}\r\n x\r\n", "+[a LOGIN {0}\r\n x]");
  reads("a SETMETADATA x (/a ~{2}\r\n\0\0)\r\n"s, "+[a SETMETADATA x (/a ~{2}\r\n\0\0)]"s);
  reads("a LOGIN {-1}\r\nb {}\r\nc {x}\r\nd {1\r\ne 1}\r\n", "[a LOGIN {-1}][b {}][c {x}][d {1][e 1}]");
  reads("a NOOP", "");
}

BOOST_AUTO_TEST_CASE(a_bare_newline_or_a_nul_refuses_the_line_in_which_it_stands) {
  reads("a NOOP\nb NOOP\r\nc NOOP\r\n", "!a BAD![c NOOP]");
  reads("a NO\rOP\r\nb X\0Y\r\n\nc NOOP\r\nd NOOP\r\n"s, "!a BAD!!b BAD!!* BAD![d NOOP]");
  reads("a X\r\r\nb NOOP\r\n", "!a BAD![b NOOP]");
  reads("a X\n {3}\r\nb NOOP\r\n", "!a BAD![b NOOP]");
  reads("a X\n {3+}\r\nabc {2+}\r\nde\r\nb NOOP\r\n", "!a BAD![b NOOP]");
  reads("a X\n {3+}\r\nabc {2}\r\nb NOOP\r\n", "!a BAD![b NOOP]");
}

BOOST_AUTO_TEST_CASE(messages_pass_by_and_the_command_goes_on_behind_them) {
  reads("a APPEND x {3}\r\nabc\r\nb NOOP\r\n", "+<abc>[a APPEND x {3}\r\n][b NOOP]");
  reads("a append {1}\r\nx (\\Seen) {3+}\r\na\r\n {0+}\r\n {2}\r\n}\n\r\n",
        "+<a\r\n><>+<}\n>[a append {1}\r\nx (\\Seen) {3+}\r\n {0+}\r\n {2}\r\n]");
  reads("a APPEND x CATENATE (URL {2}\r\n/a TEXT {3+}\r\nabc URL /b TEXT {1}\r\n\r)\r\n",
        "+<abc>+<\r>[a APPEND x CATENATE (URL {2}\r\n/a TEXT {3+}\r\n URL /b TEXT {1}\r\n)]");
  reads("a APPEND x CATENATE (TEXT {1+}\r\nz URL {2+}\r\n/a)\r\n", "<z>[a APPEND x CATENATE (TEXT {1+}\r\n URL {2+}\r\n/a)]");
  reads("a APPEND x CATENATE (URL {0+}\r\n TEXT {1+}\r\nz)\r\n", "<z>[a APPEND x CATENATE (URL {0+}\r\n TEXT {1+}\r\n)]");
  reads("a APPEND x UTF8 (~{2}\r\n\xc3\xa4)\r\n", "+<\xc3\xa4>[a APPEND x UTF8 (~{2}\r\n)]");
  reads("a UID REPLACE 4 x {1}\r\nz\r\n", "+<z>[a UID REPLACE 4 x {1}\r\n]");
  reads("a REPLACE 4 {1}\r\nx ~{1}\r\n\0\r\n"s, "++<\0>[a REPLACE 4 {1}\r\nx ~{1}\r\n]"s);
  reads("a UID APPEND x {1}\r\nz\r\n", "+[a UID APPEND x {1}\r\nz]");
  reads("a APPENDX x {1}\r\nz\r\n", "+[a APPENDX x {1}\r\nz]");
}

BOOST_AUTO_TEST_CASE(an_append_that_is_wrong_is_refused_before_its_message) {
  reads("a APPEND x y {3}\r\nb NOOP\r\n", "!a BAD![b NOOP]");
  reads("a APPEND x (\\Seen {3+}\r\nabc\r\nb NOOP\r\n", "!a BAD![b NOOP]");
  reads("a APPEND x {1+}\r\nz y {3}\r\nb NOOP\r\n", "<z>!a BAD![b NOOP]");
  reads("a REPLACE 1 x {1+}\r\nz {1+}\r\nz\r\nb NOOP\r\n", "<z>!a BAD![b NOOP]");
}

BOOST_AUTO_TEST_CASE(a_message_that_is_not_wanted_is_read_past_only_where_it_comes_anyway) {
  reads("a APPEND x {3}\r\nb NOOP\r\n",
        "!a NO!"
        "[b NOOP]",
        limits(), 2);
  reads("a APPEND x {3+}\r\nabc\r\nb NOOP\r\n", "!a NO![b NOOP]", limits(), 2);
  reads("a APPEND x {2+}\r\nab {3+}\r\nabc {1+}\r\nx\r\nb NOOP\r\n", "<ab>!a NO![b NOOP]", limits(), 2);
  reads("a APPEND x {3+}\r\nabc {1}\r\nb NOOP\r\n", "!a NO![b NOOP]", limits(), 2);
  reads("a APPEND x {1000}\r\n", "+<");
  reads("a APPEND x {1001}\r\nb NOOP\r\n", "!a NO [TOOBIG]![b NOOP]");
  reads("a APPEND x {9223372036854775807}\r\nb NOOP\r\n", "!a NO [TOOBIG]![b NOOP]");
  reads("a APPEND x {99999999999999999999}\r\nb NOOP\r\n", "!a BAD![b NOOP]");
  reads("a APPEND x {4294967295}\r\nb NOOP\r\n", "!a BAD![b NOOP]", limits(0));
}

BOOST_AUTO_TEST_CASE(a_message_can_be_refused_after_it_was_taken) {
  for_each_split("a APPEND x {3+}\r\nabc {2+}\r\nde\r\nb NOOP\r\n", [](const Pieces& pieces) {
    CommandReader reader(limits(), context);
    std::string log;
    std::uint64_t left = 0;
    for (auto piece : pieces) {
      while (true) {
        if (left > 0) {
          const auto octets = std::min<std::uint64_t>(left, piece.size());
          piece.remove_prefix(octets);
          left -= octets;
          if (left > 0) break;
          reader.refuse_message({.kind = Refusal::Kind::no, .code = "LIMIT", .text = "Full"});
        }
        const auto event = reader.feed(piece);
        if (event == Event::message) {
          left = reader.literal().octets;
          reader.take_message();
        }
        if (event == Event::refused) log += reader.refusal().reply();
        if (event == Event::command) log += reader.text();
        if (event == Event::more) break;
      }
    }
    BOOST_TEST(log == "a NO [LIMIT] Fullb NOOP");
  });
}

BOOST_AUTO_TEST_CASE(a_line_that_was_expected_is_no_command) {
  reads("a IDLE\r\nDONE\r\nb NOOP\r\n", "[a IDLE]line(DONE)[b NOOP]");
  reads("a IDLE\r\nx {3}\r\nb NOOP\r\n", "[a IDLE]line(x {3})[b NOOP]");
  auto small = limits();
  small.line = 8;
  reads("a IDLE\r\n123456789 {3+}\r\nb NOOP\r\n", "[a IDLE]!* BAD![b NOOP]", small);
  reads("a IDLE\r\n123456789{3+}\r\nb NOOP\r\n", "[a IDLE]!* BAD![b NOOP]", small);
}

BOOST_AUTO_TEST_CASE(limits_hold_at_their_edge) {
  auto small = limits();
  small.line = 12;
  reads("a NOOP 12345\r\nb NOOP\r\n", "[a NOOP 12345][b NOOP]", small);
  reads("a NOOP 123456\r\nb NOOP\r\n", "!a BAD![b NOOP]", small);
  reads("a NOOP 1234567890\r\nb NOOP\r\n", "!a BAD![b NOOP]", small);
  reads("a NOOP 1234567890 {2+}\r\nxx {3+}\r\n}\r\n\r\nb NOOP\r\n", "!a BAD![b NOOP]", small);
  reads("a NOOP 1234567890 {2}\r\nb NOOP\r\n", "!a BAD![b NOOP]", small);
  small = limits();
  small.literal = 3;
  reads("a X {3}\r\nabc\r\nb X {4}\r\nc NOOP\r\n", "+[a X {3}\r\nabc]!b BAD [TOOBIG]![c NOOP]", small);
  reads("b X {4+}\r\nabcd {1}\r\nc NOOP\r\n", "!b BAD [TOOBIG]![c NOOP]", small);
  small = limits();
  small.command = 16;
  reads("a X {7}\r\n1234567\r\nb NOOP\r\n", "+[a X {7}\r\n1234567][b NOOP]", small);
  reads("a X {7}\r\n1234567)\r\nb NOOP\r\n", "+!a BAD![b NOOP]", small);
  reads("a X {8}\r\nb NOOP\r\n", "!a BAD [TOOBIG]![b NOOP]", small);
  small = limits();
  small.literals = 2;
  reads("a X {1}\r\n1 {1}\r\n2 {1}\r\nb NOOP\r\n", "++!a BAD![b NOOP]", small);
  small = limits();
  small.nonsync = 4;
  reads("a X {4+}\r\n1234\r\nb X {5+}\r\n12345\r\nc APPEND x {5+}\r\n12345\r\nd X {5}\r\n12345\r\n",
        "[a X {4+}\r\n1234]!b BAD [TOOBIG]!!c BAD [TOOBIG]!+[d X {5}\r\n12345]", small);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_past_ends_the_connection) {
  reads("a X {99999999999999999999+}\r\nb NOOP\r\n", "bye");
  reads("a APPEND x {99999999999999999999+}\r\nb NOOP\r\n", "bye");
  reads("a X {99999999999999999999}\r\nb NOOP\r\n", "!a BAD [TOOBIG]![b NOOP]");
  reads("POST / HTTP/1.1\r\nHost: x\r\na NOOP\r\n", "bye");
  reads("GET NOOP\r\n", "[GET NOOP]");
  auto small = limits();
  small.skipped = 10;
  small.literal = 3;
  reads("a X {10+}\r\n0123456789", "", small);
  reads("a X {10+}\r\n0123456789\r\n", "bye", small);
  reads("a X {8+}\r\n01234567\r\nb NOOP\r\n", "!a BAD [TOOBIG]![b NOOP]", small);
  reads("a X {11+}\r\n", "bye", small);
  small.line = 8;
  reads("a 3456789012345678901", "bye", small);
}

BOOST_AUTO_TEST_CASE(what_is_hostile_takes_bounded_memory_and_stays_in_step) {
  const auto size_after = [](Driver& driver, const std::string& octets, int times) {
    for (int i = 0; i < times; ++i) driver.feed(octets);
    return driver.reader().text().size();
  };
  Driver endless(ReaderLimits::before_login());
  BOOST_TEST(size_after(endless, std::string(1000, 'x'), 3000) <= 8 * 1024u);
  BOOST_TEST(endless.log().ends_with("bye"));
  Driver one_piece(ReaderLimits::before_login());
  one_piece.feed("a " + std::string(1'000'000, '(') + "\r\nb NOOP\r\n");
  BOOST_TEST(one_piece.log() == "!a BAD![b NOOP]");
  Driver literals(limits());
  literals.feed("a SEARCH");
  for (int i = 0; i < 100'000; ++i) literals.feed(" {1+}\r\nx");
  literals.feed("\r\nb NOOP\r\n");
  BOOST_TEST(literals.log() == "!a BAD![b NOOP]");
  Driver before(ReaderLimits::before_login());
  before.feed("a LOGIN {4096}\r\n");
  before.feed(std::string(4096, 'x') + "\r\nb LOGIN {4097}\r\nc APPEND x {5}\r\nd NOOP\r\n");
  BOOST_TEST(before.log().ends_with("!b BAD [TOOBIG]!!c BAD![d NOOP]"));
  Driver messages(limits(10));
  for (int i = 0; i < 999; ++i) messages.feed(i == 0 ? "a APPEND x {1+}\r\nx" : " {1+}\r\nx");
  messages.feed("\r\n");
  BOOST_TEST(messages.log().ends_with("]"));
}

BOOST_AUTO_TEST_CASE(each_message_of_the_corpus_passes_by_as_it_is_and_none_is_a_command) {
  for (const auto& file : tests::corpus()) {
    Driver driver(limits(UINT32_MAX));
    const std::string all = "a APPEND x {" + std::to_string(file.octets.size()) + "+}\r\n" + file.octets + "\r\nb NOOP\r\n";
    for (std::size_t at = 0; at < all.size(); at += 1000) driver.feed(std::string_view(all).substr(at, 1000));
    const std::string head = "a APPEND x {" + std::to_string(file.octets.size()) + "+}\r\n";
    BOOST_TEST((driver.log() == "<" + file.octets + ">[" + head + "][b NOOP]"), file.name);
    CommandReader reader(limits(), context);
    for (std::string_view in = file.octets;;) {
      const auto event = reader.feed(in);
      if (event == Event::command) BOOST_TEST(!parse_command(reader.text(), context).has_value(), file.name);
      if (event == Event::more || event == Event::bye || event == Event::message) break;
    }
  }
}

BOOST_AUTO_TEST_CASE(what_the_reader_follows_of_an_append_is_what_the_parser_finds) {
  std::mt19937 random(17);
  static const std::string bits[] = {" ",
                                     "(",
                                     ")",
                                     "{2}\r\nab",
                                     "{1+}\r\nx",
                                     "~{1}\r\n.",
                                     "APPEND",
                                     "REPLACE",
                                     "a",
                                     "x",
                                     "\"x\"",
                                     "CATENATE (",
                                     "URL ",
                                     "TEXT ",
                                     "UTF8 (",
                                     "(\\Seen) ",
                                     "\" 7-Feb-1994 21:52:25 -0800\" ",
                                     "\r\n",
                                     "1 ",
                                     " {0}\r\n"};
  int appends = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string octets = random() % 2 == 0 ? "a APPEND x " : "a APPEND x CATENATE (";
    for (auto left = random() % 8; left > 0; --left) octets += bits[random() % std::size(bits)];
    octets += random() % 2 == 0 ? "\r\n" : ")\r\n";
    CommandReader reader(limits(), context);
    std::string_view in = octets;
    std::size_t messages = 0;
    for (auto event = reader.feed(in); event != Event::more; event = reader.feed(in)) {
      if (event == Event::message) {
        ++messages;
        in.remove_prefix(std::min<std::size_t>(in.size(), reader.literal().octets));
        reader.take_message();
      }
      if (event != Event::command) continue;
      const auto command = parse_command(reader.text(), context);
      const auto* append = command ? std::get_if<command::Append>(&command->what) : nullptr;
      std::size_t texts = 0;
      if (append != nullptr)
        for (const auto& message : append->messages)
          texts += static_cast<std::size_t>(std::ranges::count(message.parts, AppendPart::Kind::text, &AppendPart::kind));
      if (append != nullptr) BOOST_REQUIRE_MESSAGE(texts == messages, base::escape(octets));
      appends += append != nullptr ? 1 : 0;
      messages = 0;
    }
  }
  BOOST_TEST(appends > 100);
}

BOOST_AUTO_TEST_SUITE_END()
