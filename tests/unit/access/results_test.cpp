/// archive/access/imap/results: what a client hears of what was found, and what "$" is then.
#include "archive/access/imap/results.hpp"

#include <boost/test/unit_test.hpp>

using namespace understudy::archive;
using access::imap::Results;
using understudy::mail::imap::PartialRange;
using understudy::mail::imap::ReturnOptions;

namespace {

/// Ten messages with the UIDs 10, 20, ..., 100 and the MODSEQs 1010, 1020, ...
std::shared_ptr<const mailbox::Image> ten() {
  mailbox::ImageEditor editor;
  for (mailbox::Uid uid = 10; uid <= 100; uid += 10) {
    mailbox::Item item;
    item.uid = uid;
    item.modseq = 1000 + uid;
    editor.put(item);
  }
  return editor.take();
}

ReturnOptions asked(std::string_view what) {
  ReturnOptions options;
  options.given = true;
  options.min = what.find("MIN") != what.npos;
  options.max = what.find("MAX") != what.npos;
  options.all = what.find("ALL") != what.npos;
  options.count = what.find("COUNT") != what.npos;
  options.save = what.find("SAVE") != what.npos;
  if (what.find("PARTIAL") != what.npos) options.partial = PartialRange{2, 3, what.find("END") != what.npos};
  return options;
}

struct Row {
  const char* options;
  const char* said;
  const char* saved;
  mailbox::ModSeq highest;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(results)

/// Found: 2, 3, 5, 9, in another order: 9 2 3 5. RFC 4731 §3.1, RFC 5182 §2.4, RFC 9394 §3.1.
BOOST_AUTO_TEST_CASE(what_is_asked_for_is_said_and_saved) {
  const Row rows[] = {
      {"ALL", " ALL 9,2:3,5", "20,30,50,90", 1090},
      {"MIN", " MIN 9", "90", 1090},
      {"MAX", " MAX 5", "50", 1050},
      {"MIN MAX", " MIN 9 MAX 5", "50,90", 1090},
      {"MIN COUNT", " MIN 9 COUNT 4", "20,30,50,90", 1090},
      {"COUNT", " COUNT 4", "20,30,50,90", 1090},
      {"PARTIAL", " PARTIAL (2:3 2:3)", "20,30", 1030},
      {"PARTIAL END", " PARTIAL (-2:-3 2:3)", "20,30", 1030},
      {"MAX PARTIAL", " MAX 5 PARTIAL (2:3 2:3)", "20,30,50", 1050},
      {"COUNT PARTIAL", " COUNT 4 PARTIAL (2:3 2:3)", "20,30,50,90", 1090},
  };
  const auto view = ten();
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.options) {
      const auto options = asked(row.options);
      const Results results(options, *view, {9, 2, 3, 5}, Results::As::sequence_numbers);
      std::string out;
      results.put_esearch(out, "a1", false, 0);
      BOOST_TEST(out == "* ESEARCH (TAG \"a1\")" + std::string(row.said) + "\r\n");
      BOOST_TEST(results.saved().text() == row.saved);
      BOOST_TEST(results.highest() == row.highest);
    }
  }
}

BOOST_AUTO_TEST_CASE(uids_are_said_where_they_are_asked_for) {
  const auto view = ten();
  const auto options = asked("MIN MAX ALL");
  const Results results(options, *view, {2, 3}, Results::As::uids);
  std::string out;
  results.put_esearch(out, "t", false, 7);
  results.put_list(out, "SORT", 0);
  results.put_list(out, "SEARCH", 1030);
  BOOST_TEST(out ==
             "* ESEARCH (TAG \"t\") UID MIN 20 MAX 30 ALL 20,30 MODSEQ 7\r\n* SORT 20 30\r\n* SEARCH 20 30 (MODSEQ 1030)\r\n");
}

BOOST_AUTO_TEST_CASE(where_nothing_was_found_nothing_is_named) {
  const auto view = ten();
  const auto options = asked("MIN MAX ALL COUNT PARTIAL");
  const Results results(options, *view, {}, Results::As::uids);
  std::string out;
  results.put_esearch(out, "t", true, results.highest());
  BOOST_TEST(out == "* ESEARCH (TAG \"t\") UID COUNT 0 PARTIAL (2:3 NIL)\r\n");
  BOOST_TEST(results.saved().empty());
}

BOOST_AUTO_TEST_CASE(who_only_saves_hears_nothing) {
  const auto view = ten();
  const auto save = asked("SAVE"), more = asked("SAVE PARTIAL"), all = asked("ALL");
  BOOST_TEST(Results(save, *view, {1}, Results::As::uids).only_saved());
  BOOST_TEST(!Results(more, *view, {1}, Results::As::uids).only_saved());
  BOOST_TEST(!Results(all, *view, {1}, Results::As::uids).only_saved());
}

BOOST_AUTO_TEST_SUITE_END()
