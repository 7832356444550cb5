#include <vector>

#include <boost/test/unit_test.hpp>

#include "mail/imap/url.hpp"

using namespace understudy::mail::imap;

BOOST_AUTO_TEST_SUITE(imap_url)

BOOST_AUTO_TEST_CASE(each_part_of_a_url_is_taken_for_what_it_means) {
  struct Row {
    std::string_view text, mailbox;
    std::uint32_t validity, uid;
    std::string_view section;
    std::optional<Section::Partial> partial;
  };
  for (const Row& row : std::vector<Row>{
           {"/INBOX;UIDVALIDITY=385759045/;UID=20/;SECTION=HEADER", "INBOX", 385759045, 20, "HEADER", {}},
           {"/inbox/;uid=1", "INBOX", 0, 1, "", {}},
           {"/a/b%20c/d/;UID=4294967295/;section=1.2.mime", "a/b c/d", 0, 4294967295, "1.2.MIME", {}},
           {"/Gr%C3%BC%c3%9fe/;UID=7/;PARTIAL=5.10",
            "Gr\xc3\xbc\xc3\x9f"
            "e",
            0, 7, "", Section::Partial{5, 10}},
           {"/x/;UID=7/;SECTION=2/;PARTIAL=3", "x", 0, 7, "2", Section::Partial{3, UINT64_MAX}},
           {";UID=9/;SECTION=TEXT", "", 0, 9, "TEXT", {}},
           {"/x/;UID=7/;SECTION=HEADER.FIELDS%20(From%20To)", "x", 0, 7, "HEADER.FIELDS (From To)", {}},
           {"/a%3Bb;UIDVALIDITY=1/;UID=2", "a;b", 1, 2, "", {}},
       }) {
    const auto url = parse_url(row.text);
    BOOST_TEST_REQUIRE(url.has_value(), row.text);
    BOOST_TEST(url->mailbox == row.mailbox);
    BOOST_TEST(url->uid_validity.value_or(0) == row.validity);
    BOOST_TEST(url->uid == row.uid);
    BOOST_TEST(url->section.text() == row.section);
    BOOST_TEST((url->section.partial == row.partial), row.text);
  }
}

BOOST_AUTO_TEST_CASE(what_names_nothing_here_is_refused_with_a_sentence) {
  for (const std::string_view text : {"",
                                      "/",
                                      "//",
                                      "/INBOX",
                                      "INBOX/;UID=1",
                                      "imap://alice@example.org/INBOX/;UID=1",
                                      "//example.org/INBOX/;UID=1",
                                      "/INBOX/;UID=",
                                      "/INBOX/;UID=0",
                                      "/INBOX/;UID=-1",
                                      "/INBOX/;UID=4294967296",
                                      "/INBOX/;UID=1x",
                                      "/;UID=1",
                                      ";UID",
                                      "/INBOX;UIDVALIDITY=0/;UID=1",
                                      "/INBOX;UIDVALIDITY=/;UID=1",
                                      "/INBOX;X=1/;UID=1",
                                      "/INB%4/;UID=1",
                                      "/INB%zzX/;UID=1",
                                      "/%00/;UID=1",
                                      "/%ff/;UID=1",
                                      "/INBOX/;UID=1/;SECTION=",
                                      "/INBOX/;UID=1/;SECTION=0",
                                      "/INBOX/;UID=1/;SECTION=NONE",
                                      "/INBOX/;UID=1/;SECTION=1]%20BODY[2",
                                      "/INBOX/;UID=1/;SECTION=1%5d<0.5>",
                                      "/INBOX/;UID=1/;PARTIAL=",
                                      "/INBOX/;UID=1/;PARTIAL=1.0",
                                      "/INBOX/;UID=1/;PARTIAL=1.",
                                      "/INBOX/;UID=1/;PARTIAL=.1",
                                      "/INBOX/;UID=1/;PARTIAL=99999999999999999999.1",
                                      "/INBOX/;UID=1/;PARTIAL=1.1/;SECTION=1",
                                      "/INBOX/;UID=1;URLAUTH=anonymous",
                                      "/INBOX/;UID=1/;EXPIRE=1",
                                      "/INBOX/;UID=1/",
                                      "/INBOX/;UID=1?x",
                                      "/INBOX/;SECTION=1/;UID=1"}) {
    const auto url = parse_url(text);
    BOOST_TEST(!url.has_value(), text);
    if (!url) BOOST_TEST(url.error().size() > 10, text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
