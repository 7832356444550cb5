#include <chrono>
#include <random>

#include "base/text.hpp"
#include "mail/imap/command.hpp"

using namespace understudy;
using namespace understudy::mail::imap;
using Kind = SearchKey::Kind;

namespace {

template <class Wanted = command::Search>
std::expected<Wanted, std::string> parse(std::string_view arguments, const ParseContext& context = {}) {
  auto got = parse_command("a " + std::string(arguments), context);
  if (!got) return std::unexpected(got.error().text);
  return std::get<Wanted>(std::move(got->what));
}

template <class Wanted = command::Search>
Wanted parsed(std::string_view arguments, const ParseContext& context = {}) {
  auto got = parse<Wanted>(arguments, context);
  BOOST_REQUIRE_MESSAGE(got.has_value(), arguments << ": " << (got ? "" : got.error()));
  return std::move(*got);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

SearchKey random_key(std::mt19937& random, int depth) {
  static const std::vector<Kind> flags = {Kind::all,    Kind::answered,           Kind::fresh, Kind::old, Kind::recent,
                                          Kind::unseen, Kind::save_date_supported};
  static const std::vector<Kind> texts = {Kind::bcc, Kind::body, Kind::cc, Kind::from, Kind::subject, Kind::text, Kind::to};
  static const std::vector<Kind> days = {Kind::before,      Kind::on,       Kind::since,
                                         Kind::sent_before, Kind::saved_on, Kind::saved_since};
  static const std::vector<std::string> words = {"", "x", "a b", "\"\\", "\xc3\xa4", "{3}\r\n", ")", "NIL"};
  const auto any = [&](const auto& from) { return from[random() % from.size()]; };
  SearchKey key;
  switch (random() % (depth > 4 ? 8 : 11)) {
    case 0:
      key.kind = any(flags);
      break;
    case 1:
      key.kind = any(texts);
      key.text = any(words);
      break;
    case 2:
      key.kind = Kind::header;
      key.name = any(words);
      key.text = any(words);
      break;
    case 3:
      key.kind = any(days);
      key.day = std::chrono::sys_days(std::chrono::days(random() % 30000));
      break;
    case 4:
      key.kind = random() % 2 == 0 ? Kind::larger : Kind::younger;
      key.number = 1 + random() % 100000;
      break;
    case 5:
      key.kind = random() % 2 == 0 ? Kind::numbers : Kind::uids;
      key.set = *SequenceSet::parse(any(std::vector<std::string>{"1", "1:*", "$", "*", "5:3,9"}), {});
      break;
    case 6:
      key.kind = Kind::mod_sequence;
      key.number = random();
      if (random() % 2 == 0) {
        key.name = "/flags/\\Seen";
        key.entry_type = SearchKey::EntryType::shared;
      }
      break;
    case 7:
      key.kind = random() % 2 == 0 ? Kind::keyword : Kind::thread_id;
      key.text = "$Word";
      break;
    default:
      key.kind = any(std::vector{Kind::both, Kind::either, Kind::negated});
      for (auto left = key.kind == Kind::both ? 1 + random() % 3 : key.kind == Kind::either ? 2 : 1; left > 0; --left)
        key.keys.push_back(random_key(random, depth + 1));
  }
  return key;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_search)

BOOST_AUTO_TEST_CASE(each_key_is_read_and_written_as_it_was) {
  for (const std::string key : {"ALL",
                                "ANSWERED",
                                "DELETED",
                                "DRAFT",
                                "FLAGGED",
                                "NEW",
                                "OLD",
                                "RECENT",
                                "SEEN",
                                "UNANSWERED",
                                "UNDELETED",
                                "UNDRAFT",
                                "UNFLAGGED",
                                "UNSEEN",
                                "SAVEDATESUPPORTED",
                                "BCC \"a\"",
                                "BODY \"a\"",
                                "CC \"a\"",
                                "FROM \"a\"",
                                "SUBJECT \"a b\"",
                                "TEXT \"\"",
                                "TO \"a\"",
                                "HEADER \"X-A\" \"\"",
                                "KEYWORD $Fwd",
                                "UNKEYWORD x",
                                "EMAILID M6d99ac3275bb4e",
                                "THREADID T64b478a75b7ea9",
                                "BEFORE 1-Feb-1994",
                                "ON 1-Feb-1994",
                                "SINCE 1-Feb-1994",
                                "SENTBEFORE 1-Feb-1994",
                                "SENTON 1-Feb-1994",
                                "SENTSINCE 1-Feb-1994",
                                "SAVEDBEFORE 1-Feb-1994",
                                "SAVEDON 1-Feb-1994",
                                "SAVEDSINCE 1-Feb-1994",
                                "LARGER 0",
                                "SMALLER 9223372036854775807",
                                "OLDER 1",
                                "YOUNGER 4294967295",
                                "MODSEQ 0",
                                "MODSEQ \"/flags/\\\\draft\" all 620162338",
                                "UID 1:*",
                                "1:3,*",
                                "$",
                                "*",
                                "NOT SEEN",
                                "OR SEEN (NOT 1 UID 2)",
                                "(ALL)",
                                "OR OR 1 2 NOT NOT 3"}) {
    BOOST_TEST(text_of(parsed("SEARCH " + key).key) == "(" + key + ")");
    BOOST_TEST(text_of(parsed("UID SEARCH " + key + " ALL").key) == "(" + key + " ALL)");
  }
  BOOST_TEST((parsed("SEARCH since \"1-Feb-1994\"").key.keys[0].day == std::chrono::sys_days(std::chrono::year(1994) / 2 / 1)));
  BOOST_TEST(parsed("SEARCH charset utf-8 text {2}\r\n\xc3\xa4").charset == "utf-8");
  BOOST_TEST(parsed("UID SEARCH ALL").uid);
}

BOOST_AUTO_TEST_CASE(random_searches_come_back_as_they_were) {
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    SearchKey key;
    key.kind = Kind::both;
    key.keys.push_back(random_key(random, 0));
    const std::string text = text_of(key);
    BOOST_REQUIRE_MESSAGE((parsed("SEARCH " + text.substr(1, text.size() - 2)).key == key), base::escape(text));
  }
}

BOOST_AUTO_TEST_CASE(return_options_say_what_is_wanted) {
  BOOST_TEST(!parsed("SEARCH ALL").options.given);
  const auto empty = parsed("SEARCH RETURN () ALL").options;
  BOOST_TEST((empty.given && empty.all && !empty.min));
  const auto some = parsed("SEARCH RETURN (min MAX COUNT SAVE PARTIAL -500:-1) CHARSET UTF-8 ALL").options;
  BOOST_TEST((some.min && some.max && some.count && some.save && !some.all));
  BOOST_TEST((some.partial->first == 1 && some.partial->last == 500 && some.partial->from_end));
  BOOST_TEST(!parsed("SEARCH RETURN (SAVE) ALL").options.all);
}

BOOST_AUTO_TEST_CASE(sort_and_thread_take_their_order_and_charset) {
  const auto sort = parsed<command::Sort>(
      "UID SORT RETURN (ALL) (REVERSE date displayfrom DISPLAYTO ARRIVAL CC FROM SIZE SUBJECT TO) UTF-8 ALL");
  BOOST_TEST((sort.uid && sort.options.all && sort.order.size() == 9 && sort.order[0].reverse && !sort.order[1].reverse));
  BOOST_TEST((sort.order[1].kind == SortKey::Kind::display_from));
  BOOST_TEST(parsed<command::Sort>("SORT (DATE) \"US-ASCII\" ALL").charset == "US-ASCII");
  BOOST_TEST(parsed<command::Thread>("THREAD references UTF-8 ALL").algorithm == "REFERENCES");
  BOOST_TEST(parsed<command::Thread>("UID THREAD X UTF-8 1 2").key.keys.size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_no_search_is_refused) {
  for (const auto wrong : {"SEARCH",
                           "SEARCH ",
                           "SEARCH ()",
                           "SEARCH (ALL",
                           "SEARCH ALL)",
                           "SEARCH  ALL",
                           "SEARCH ALL ",
                           "SEARCH X",
                           "SEARCH NOT",
                           "SEARCH OR ALL",
                           "SEARCH OR ALL )",
                           "SEARCH FROM",
                           "SEARCH FROM (a)",
                           "SEARCH HEADER a",
                           "SEARCH KEYWORD \"a\"",
                           "SEARCH KEYWORD \\Seen",
                           "SEARCH BEFORE x",
                           "SEARCH BEFORE 30-Feb-1994",
                           "SEARCH LARGER -1",
                           "SEARCH LARGER 9223372036854775808",
                           "SEARCH OLDER 0",
                           "SEARCH YOUNGER 4294967296",
                           "SEARCH MODSEQ x",
                           "SEARCH MODSEQ \"/flags/a\" 5",
                           "SEARCH MODSEQ \"/flags/a\" any 5",
                           "SEARCH MODSEQ \"/flags/\x10\" all 5",
                           "SEARCH UID",
                           "SEARCH UID x",
                           "SEARCH 0",
                           "SEARCH 1:0",
                           "SEARCH RETURN ALL",
                           "SEARCH RETURN (X) ALL",
                           "SEARCH RETURN (ALL",
                           "SEARCH RETURN (ALL)",
                           "SEARCH RETURN (PARTIAL) ALL",
                           "SEARCH RETURN (PARTIAL 1) ALL",
                           "SEARCH RETURN (PARTIAL 0:1) ALL",
                           "SEARCH RETURN (PARTIAL 1:-1) ALL",
                           "SEARCH RETURN (ALL PARTIAL 1:2) ALL",
                           "SEARCH CHARSET UTF-8",
                           "SEARCH CHARSET",
                           "SEARCH FROM {3}\r\nab",
                           "SEARCH FUZZY ALL",
                           "SEARCH ALLX",
                           "SEARCH 1ALL",
                           "SORT ALL",
                           "SORT (DATE) ALL",
                           "SORT () UTF-8 ALL",
                           "SORT (X) UTF-8 ALL",
                           "SORT (REVERSE) UTF-8 ALL",
                           "SORT (REVERSE REVERSE DATE) UTF-8 ALL",
                           "THREAD UTF-8 ALL",
                           "THREAD",
                           "THREAD (X) UTF-8 ALL"}) {
    const auto got = parse_command("a " + std::string(wrong), ParseContext{});
    BOOST_TEST(!got.has_value(), wrong);
  }
}

BOOST_AUTO_TEST_CASE(a_search_is_nested_a_hundred_deep_and_no_deeper) {
  for (const std::string open : {"(", "NOT ", "OR 1 "}) {
    const std::string close = open == "(" ? ")" : "";
    BOOST_TEST(parse("SEARCH " + repeated(open, 100) + "1" + repeated(close, 100)).has_value());
    BOOST_TEST(!parse("SEARCH " + repeated(open, 101) + "1" + repeated(close, 101)).has_value());
    const auto start = std::chrono::steady_clock::now();
    BOOST_TEST(!parse("SEARCH " + repeated(open, 1'000'000)).has_value());
    BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(1)));
  }
}

BOOST_AUTO_TEST_CASE(a_search_has_two_thousand_keys_and_no_more) {
  BOOST_TEST(parse("SEARCH" + repeated(" ALL", 2000)).has_value());
  BOOST_TEST(!parse("SEARCH" + repeated(" ALL", 2001)).has_value());
  BOOST_TEST(!parse("SEARCH (" + repeated("OR 1 ", 90) + "1" + repeated(" (ALL)", 1000) + ")").has_value());
}

BOOST_AUTO_TEST_CASE(texts_become_utf8_from_the_charset_of_the_command) {
  auto key = parsed("SEARCH CHARSET iso-8859-1 OR FROM {1}\r\n\xe4 (NOT HEADER x {2}\r\n\xe4\xf6)").key;
  BOOST_TEST(to_utf8(key, "iso-8859-1"));
  BOOST_TEST(key.keys[0].keys[0].text == "\xc3\xa4");
  BOOST_TEST(key.keys[0].keys[1].keys[0].keys[0].text == "\xc3\xa4\xc3\xb6");
  const auto before = key;
  BOOST_TEST(!to_utf8(key, "x-no-such-charset"));
  BOOST_TEST((key == before));
  BOOST_TEST(to_utf8(key, ""));
  BOOST_TEST((key == before));
}

BOOST_AUTO_TEST_SUITE_END()
