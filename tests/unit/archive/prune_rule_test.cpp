/// Prune rules: every column at its edges, alone and together.
#include <boost/test/unit_test.hpp>

#include "archive/retention/rule.hpp"

using namespace understudy;
using namespace understudy::archive;
using mailbox::Flags;
using mailbox::FolderKind;
using retention::Is;
using retention::Rule;
using retention::Sample;
using retention::Verdict;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Word = Verdict::Word;

namespace {

const base::WallTime now{std::chrono::sys_days{std::chrono::year(2026) / 10 / 26}};  // a day behind the end of summer time

/// A message of INBOX that is older than anything asks for, and was left alone since.
struct Asked {
  Rule rule;
  mailbox::Folder folder;
  mailbox::Message message;
  std::vector<Sample> samples{{now - days(100), 50}, {now - days(2), 60}, {now - hours(30), 70}, {now - hours(1), 80}};
  base::WallTime at = now;

  Asked() {
    rule.name = "a rule";
    rule.age = 30;
    folder.name = "INBOX";
    message.stored = message.saved = message.internal_date = now - days(400);
    message.modseq = 10;
    message.body.size = 1000;
  }
  Verdict judge() const { return retention::judge(rule, folder, message, samples, at); }
  bool takes() const { return judge().word == Word::takes; }
  std::string in_the_way() const {
    const auto verdict = judge();
    return verdict.word == Word::never ? std::string(verdict.column) : "";
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(prune_rule)

BOOST_AUTO_TEST_CASE(age_counts_from_the_first_storing_to_the_millisecond) {  // VP-14, VP-15, VP-16
  for (const std::uint32_t age : {0u, 1u, 30u, 365u, 36'500u}) {
    Asked asked;
    asked.rule.age = age;
    asked.rule.folder = "*";
    const auto edge = asked.message.stored + days(age);
    for (const auto& [at, word] : {std::pair(edge - days(1), Word::waits),
                                   {edge, Word::waits},
                                   {edge + milliseconds(1), Word::takes},
                                   {edge + days(1), Word::takes}}) {
      asked.at = at;
      const auto verdict = asked.judge();
      BOOST_TEST((verdict.word == word), age);
      BOOST_TEST((verdict.at == edge + milliseconds(1)));
      BOOST_TEST((word == Word::takes) == verdict.column.empty());
    }
  }
  Asked asked;
  asked.message.stored = now - days(1);  // INBOX has it under a date of ten years ago
  asked.message.internal_date = now - days(3650);
  BOOST_TEST(asked.judge().column == "age");
  asked.message.internal_date = now + days(3650);
  asked.message.stored = now - days(31);
  BOOST_TEST(asked.takes());
}

BOOST_AUTO_TEST_CASE(a_clock_that_stands_before_the_message_takes_nothing) {
  Asked asked;
  asked.at = asked.message.stored - days(1000);
  BOOST_TEST((asked.judge().word == Word::waits));
}

BOOST_AUTO_TEST_CASE(a_folder_is_itself_all_of_them_or_with_what_is_below) {  // VP-11, VP-12, VP-13
  struct Row {
    std::string wanted;
    bool below;
    std::string folder;
    bool takes;
  };
  for (const auto& row : std::vector<Row>{{"INBOX", false, "INBOX", true},
                                          {"inbox", false, "INBOX", true},
                                          {"INBOX", false, "INBOX/Old", false},
                                          {"INBOX", true, "INBOX/Old", true},
                                          {"Work", false, "Work", true},
                                          {"Work", false, "work", false},
                                          {"Work", true, "Work", true},
                                          {"Work", true, "Work/a/b", true},
                                          {"Work", true, "Working", false},
                                          {"Work", false, "Work/a", false},
                                          {"Work/a", true, "Work", false},
                                          {"*", false, "INBOX", true},
                                          {"*", false, "Work/a/b", true}}) {
    Asked asked;
    asked.rule.folder = row.wanted;
    asked.rule.below = row.below;
    asked.folder.name = row.folder;
    BOOST_TEST(asked.takes() == row.takes, row.wanted << " of " << row.folder);
    if (!row.takes) BOOST_TEST(asked.in_the_way() == "folder");
    for (const auto kind : {FolderKind::cold, FolderKind::bin}) {
      asked.folder.kind = kind;
      BOOST_TEST(asked.in_the_way() == "kind");
    }
  }
}

BOOST_AUTO_TEST_CASE(size_is_the_least_that_goes) {  // VP-17
  Asked asked;
  for (const auto& [size, takes] : {std::pair(0u, true), {999u, true}, {1000u, true}, {1001u, false}}) {
    asked.rule.size = size;
    BOOST_TEST(asked.takes() == takes);
    if (!takes) BOOST_TEST(asked.in_the_way() == "size");
  }
}

BOOST_AUTO_TEST_CASE(flags_are_asked_for_each_way_and_together) {  // VP-19 to VP-25
  for (unsigned bits = 0; bits < 16; ++bits)
    for (const auto read : {Is::either, Is::yes, Is::no})
      for (const auto flagged : {Is::either, Is::yes, Is::no})
        for (const bool deleted : {false, true})
          for (const bool spam : {false, true}) {
            Asked asked;
            const bool is_read = bits & 1, is_flagged = bits & 2, is_deleted = bits & 4, is_spam = bits & 8;
            asked.message.flags.system =
                static_cast<std::uint8_t>((is_read ? Flags::seen : 0) | (is_flagged ? Flags::flagged : 0) |
                                          (is_deleted ? Flags::deleted : 0) | Flags::answered);
            if (is_spam) asked.message.flags.keywords = {"$Forwarded", "$junk"};
            asked.rule.read = read;
            asked.rule.flagged = flagged;
            asked.rule.deleted = deleted;
            asked.rule.spam = spam;
            const bool takes = (read == Is::either || (read == Is::yes) == is_read) &&
                               (flagged == Is::either || (flagged == Is::yes) == is_flagged) && (!deleted || is_deleted) &&
                               (!spam || is_spam);
            BOOST_TEST_REQUIRE(asked.takes() == takes);
            BOOST_TEST_REQUIRE(asked.in_the_way().empty() == takes);
          }
}

BOOST_AUTO_TEST_CASE(what_begins_to_match_by_its_flags_has_its_grace) {  // VP-26
  Asked asked;
  asked.rule.read = Is::yes;
  asked.message.flags.system = Flags::seen;
  for (const auto& [modseq, word] : {std::pair(50u, Word::takes),
                                     {60u, Word::takes},
                                     {70u, Word::takes},
                                     {71u, Word::waits},
                                     {80u, Word::waits},
                                     {81u, Word::waits}}) {
    asked.message.modseq = modseq;
    BOOST_TEST((asked.judge().word == word), modseq);
  }
  asked.message.modseq = 75;  // changed between the last two samples
  BOOST_TEST(asked.judge().column == "grace");
  BOOST_TEST((asked.judge().at == now - hours(1) + days(1)));
  asked.at = now + hours(23) - milliseconds(1);
  BOOST_TEST((asked.judge().word == Word::waits));
  asked.at = now + hours(23);
  BOOST_TEST(asked.takes());
  asked.message.modseq = 81;  // nobody has looked since
  BOOST_TEST((asked.judge().at == asked.at + days(1)));
  asked.samples.clear();
  asked.message.modseq = 1;
  BOOST_TEST((asked.judge().word == Word::waits));
  asked.rule.grace = seconds(0);
  BOOST_TEST(asked.takes());
  asked.rule.grace = days(1);
  asked.rule.read = Is::either;  // who does not ask for flags does not wait for them
  BOOST_TEST(asked.takes());
}

BOOST_AUTO_TEST_CASE(what_begins_to_match_by_its_folder_has_its_grace) {
  Asked asked;
  asked.message.saved = now - hours(24) + milliseconds(1);
  BOOST_TEST((asked.judge().word == Word::waits && asked.judge().column == "grace"));
  BOOST_TEST((asked.judge().at == now + milliseconds(1)));
  asked.message.saved = now - hours(24);
  BOOST_TEST(asked.takes());
  asked.message.saved = now;
  asked.rule.folder = "*";  // it was meant in any folder
  BOOST_TEST(asked.takes());
}

BOOST_AUTO_TEST_CASE(what_was_put_back_out_of_the_bin_counts_from_then) {
  Asked asked;
  asked.rule.folder = "*";
  asked.message.put_back = true;
  asked.message.saved = now - days(30);
  BOOST_TEST((asked.judge().word == Word::waits && asked.judge().column == "age"));
  asked.message.saved = now - days(31);
  BOOST_TEST(asked.takes());
}

BOOST_AUTO_TEST_CASE(what_can_never_be_meant_is_refused_with_its_column) {  // VP-13
  const auto wrong = [](auto change) {
    Asked asked;
    change(asked.rule);
    const auto checked = retention::check(asked.rule);
    return checked ? std::string() : checked.error().text();
  };
  BOOST_TEST(wrong([](Rule&) {}).empty());
  BOOST_TEST(wrong([](Rule& rule) { rule.folder = "*"; }).empty());
  BOOST_TEST(wrong([](Rule& rule) { rule.age = retention::oldest_age; }).empty());
  BOOST_TEST(wrong([](Rule& rule) { rule.grace = retention::longest_grace; }).empty());
  for (const auto* folder : {"Work/*", "**", "*Work", "a//b", "", "\\Junk"})
    BOOST_TEST(wrong([&](Rule& rule) { rule.folder = folder; }).find("folder: ") != std::string::npos, folder);
  BOOST_TEST(wrong([](Rule& rule) { rule.folder = "*", rule.below = true; }).find("below: ") != std::string::npos);
  BOOST_TEST(wrong([](Rule& rule) { rule.age = retention::oldest_age + 1; }).find("age: ") != std::string::npos);
  BOOST_TEST(wrong([](Rule& rule) { rule.grace = retention::longest_grace + seconds(1); }).find("grace: ") !=
             std::string::npos);
  BOOST_TEST(wrong([](Rule& rule) { rule.grace = seconds(-1); }).find("grace: ") != std::string::npos);
  BOOST_TEST(wrong([](Rule& rule) { rule.name.clear(); }).find("name: ") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
