#include "mail/address/address.hpp"

#include <random>

#include "base/text.hpp"

using namespace understudy;
using namespace understudy::mail::address;

BOOST_AUTO_TEST_SUITE(address)

BOOST_AUTO_TEST_CASE(mailboxes_of_rfc_5321_are_taken_apart) {
  struct Row {
    std::string text, local, domain, wire;
  };
  for (const Row& row : std::vector<Row>{
           {"alice@example.org", "alice", "example.org", "alice@example.org"},
           {"Alice@Example.ORG", "Alice", "Example.ORG", "Alice@Example.ORG"},
           {"\"alice\"@example.org", "alice", "example.org", "alice@example.org"},
           {"\"a b\"@example.org", "a b", "example.org", "\"a b\"@example.org"},
           {"\"a@b\"@example.org", "a@b", "example.org", "\"a@b\"@example.org"},
           {"\"a>b\"@example.org", "a>b", "example.org", "\"a>b\"@example.org"},
           {"\"a\\\"b\\\\c\"@example.org", "a\"b\\c", "example.org", "\"a\\\"b\\\\c\"@example.org"},
           {"\"\\a\"@example.org", "a", "example.org", "a@example.org"},
           {"user%other.example@example.org", "user%other.example", "example.org", "user%other.example@example.org"},
           {"host!user@example.org", "host!user", "example.org", "host!user@example.org"},
           {"\"a@b\"@[192.0.2.1]", "a@b", "[192.0.2.1]", "\"a@b\"@[192.0.2.1]"},
           {"u@[IPv6:2001:db8::1]", "u", "[IPv6:2001:db8::1]", "u@[IPv6:2001:db8::1]"},
           {"u@[ipv6:::ffff:192.0.2.1]", "u", "[ipv6:::ffff:192.0.2.1]", "u@[ipv6:::ffff:192.0.2.1]"},
           {"!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~", "example.org", "!#$%&'*+-/=?^_`{|}~@example.org"},
           {"a..b.@example.org", "a..b.", "example.org", "\"a..b.\"@example.org"},
           {"u@under_score.example.org", "u", "under_score.example.org", "u@under_score.example.org"},
           {"u@localhost", "u", "localhost", "u@localhost"},
       }) {
    auto got = parse(row.text, Utf8::refuse);
    BOOST_REQUIRE_MESSAGE(got, row.text);
    BOOST_TEST(got->local == row.local);
    BOOST_TEST(got->domain == row.domain);
    BOOST_TEST(got->text() == row.wire);
    auto again = parse(got->text(), Utf8::refuse);
    BOOST_REQUIRE(again);
    BOOST_TEST((*again == *got));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_mailbox_is_refused) {
  using namespace std::string_literals;
  for (const std::string& bad : {""s,
                                 "alice"s,
                                 "@example.org"s,
                                 "alice@"s,
                                 "\"\"@example.org"s,
                                 "a b@example.org"s,
                                 "a@b@example.org"s,
                                 "\"a@example.org"s,
                                 "\"a\"b@example.org"s,
                                 "a\"b\"@example.org"s,
                                 "\"a\\\"@example.org"s,
                                 "a@exa mple.org"s,
                                 "a@.example.org"s,
                                 "a@example..org"s,
                                 "a@example.org."s,
                                 "a@-x.example"s,
                                 "a@x-.example"s,
                                 "a@[192.0.2.256]"s,
                                 "a@[192.0.2]"s,
                                 "a@[192.0.2.01]"s,
                                 "a@[2001:db8::1]"s,
                                 "a@[IPv6:2001:db8::g]"s,
                                 "a@[IPv6:fe80::1%eth0]"s,
                                 "a@[x:y]"s,
                                 "a@[]"s,
                                 "a@["s,
                                 "a@192.0.2.1]"s,
                                 "a\0@example.org"s,
                                 "a@example.org\0"s,
                                 "a@exa\0mple.org"s,
                                 "a@[192.0.2.1\0]"s,
                                 "\"a\0b\"@example.org"s,
                                 "\"a\\\r\"@example.org"s,
                                 "a\r\n@example.org"s,
                                 "\"a\tb\"@example.org"s,
                                 "\"\x7f\"@example.org"s,
                                 "a@example.org\r"s,
                                 "<a@example.org>"s,
                                 "a@exam<ple.org"s,
                                 "@a.example,@b.example:c@example.org"s,
                                 "a@b,c"s,
                                 "\xc3\xbc@example.org"s,
                                 "a@\xc3\xbc.example"s})
    BOOST_TEST(!parse(bad, Utf8::refuse), base::escape(bad));
}

BOOST_AUTO_TEST_CASE(lengths_beyond_rfc_5321_are_too_long) {
  const std::string label(50, 'd');
  const std::string domain = label + "." + label + "." + label + "." + label;  // 203
  BOOST_TEST(!!parse(std::string(50, 'a') + "@" + domain, Utf8::refuse));      // 254
  auto whole = parse(std::string(51, 'a') + "@" + domain, Utf8::refuse);
  BOOST_REQUIRE(!whole);
  BOOST_TEST((whole.error().code == base::errc::too_long));
  BOOST_TEST(!!parse(std::string(64, 'a') + "@example.org", Utf8::refuse));
  auto local = parse(std::string(65, 'a') + "@example.org", Utf8::refuse);
  BOOST_REQUIRE(!local);
  BOOST_TEST((local.error().code == base::errc::too_long));
  auto dots = parse(std::string(64, '.') + "@example.org", Utf8::refuse);
  BOOST_REQUIRE(dots);
  BOOST_TEST(!!parse(dots->text(), Utf8::refuse));  // the quotes do not count
  BOOST_TEST(!parse("a@" + std::string(64, 'd') + ".example", Utf8::refuse));
  BOOST_TEST(!parse("a@" + std::string(1 << 20, 'd'), Utf8::allow));
}

BOOST_AUTO_TEST_CASE(utf8_is_taken_only_where_it_was_asked_for) {  // RFC 6531 §3.3
  const std::string text =
      "j\xc3\xbcrgen@b\xc3\xbc"
      "cher.example";
  BOOST_TEST(!parse(text, Utf8::refuse));
  auto got = parse(text, Utf8::allow);
  BOOST_REQUIRE(got);
  BOOST_TEST(got->text() == text);
  for (std::string bad : {"\xff@example.org", "a\xc3@example.org", "\xc2\x85@example.org", "a@\xc3\x28.example",
                          "a@\xe2\x80\x8b.example", "a@x\xc2\x80.example"})
    BOOST_TEST(!parse(bad, Utf8::allow), base::escape(bad));
}

BOOST_AUTO_TEST_CASE(paths_end_at_the_bracket_outside_quotes) {
  std::string_view rest;
  auto null = parse_reverse_path("<> BODY=8BITMIME", rest, Utf8::refuse);
  BOOST_REQUIRE(null);
  BOOST_TEST(!null->has_value());
  BOOST_TEST(rest == " BODY=8BITMIME");
  auto path = parse_reverse_path("<\"a>b\\\">\"@example.org>x", rest, Utf8::refuse);
  BOOST_REQUIRE(path);
  BOOST_TEST((*path)->local == "a>b\">");
  BOOST_TEST(rest == "x");
  for (std::string bad :
       {"", "<", "a@example.org", " <a@example.org>", "<a@example.org", "<\"a@example.org>", "< a@example.org>",
        "<a@example.org >", "<<a@example.org>>", "<Postmaster>", "<@a.example:b@example.org>"})
    BOOST_TEST(!parse_reverse_path(bad, rest, Utf8::refuse), bad);
}

BOOST_AUTO_TEST_CASE(only_a_forward_path_may_be_a_bare_postmaster) {  // RFC 5321 §4.1.1.3
  std::string_view rest;
  auto got = parse_forward_path("<PostMaster> NOTIFY=NEVER", rest, Utf8::refuse);
  BOOST_REQUIRE(got);
  BOOST_TEST(got->local == "PostMaster");
  BOOST_TEST(got->domain.empty());
  BOOST_TEST(got->text() == "PostMaster");
  BOOST_TEST(rest == " NOTIFY=NEVER");
  BOOST_TEST(!parse_forward_path("<>", rest, Utf8::refuse));
  BOOST_TEST(!parse_forward_path("<alice>", rest, Utf8::refuse));
}

BOOST_AUTO_TEST_CASE(domains_compare_in_lower_case_a_labels_without_the_last_dot) {
  struct Row {
    std::string in, out;
  };
  for (const Row& row : std::vector<Row>{{"Example.ORG", "example.org"},
                                         {"example.org.", "example.org"},
                                         {"B\xc3\x9c"
                                          "CHER.example",
                                          "xn--bcher-kva.example"},
                                         {"xn--BCHER-kva.example", "xn--bcher-kva.example"},
                                         {"stra\xc3\x9f"
                                          "e.example",
                                          "xn--strae-oqa.example"},  // non-transitional
                                         {"\xe4\xbe\x8b\xe3\x80\x82\xe6\xb5\x8b\xe8\xaf\x95", "xn--fsq.xn--0zwm56d"},
                                         {"[IPv6:2001:DB8::A]", "[ipv6:2001:db8::a]"},
                                         {"[192.0.2.1]", "[192.0.2.1]"}}) {
    auto got = canonical_domain(row.in);
    BOOST_REQUIRE_MESSAGE(got, base::escape(row.in));
    BOOST_TEST(*got == row.out);
    auto again = canonical_domain(*got);
    BOOST_REQUIRE(again);
    BOOST_TEST(*again == row.out);
  }
  using namespace std::string_literals;
  for (const std::string& bad :
       {""s, "."s, "a..b"s, "a b"s, "[x]"s, "a\0b"s, "\xc3\xbc\0.example"s, "\xff.example"s, "example.org.."s, "\xe2\x80\x8b"s})
    BOOST_TEST(!canonical_domain(bad), base::escape(bad));
}

BOOST_AUTO_TEST_CASE(a_detail_is_split_off_at_the_first_separator) {
  auto got = split_detail("User+Detail+More", '+');
  BOOST_TEST(got.user == "user");
  BOOST_TEST((got.detail == "detail+more"));
  BOOST_TEST((split_detail("user+", '+').detail == ""));
  BOOST_TEST(!split_detail("+user", '+').detail);
  BOOST_TEST(split_detail("+user", '+').user == "+user");
  BOOST_TEST(!split_detail("user+detail", '\0').detail);
  BOOST_TEST(split_detail("user-x", '-').user == "user");
}

BOOST_AUTO_TEST_CASE(generated_senders_are_told_from_people_by_their_shape) {
  for (std::string made : {"prvs=0123456789=alice", "PRVS=1234abcd=alice", "btv1==0123==alice", "SRS0=hhh=TT=example.com=bob",
                           "srs1+hhh=x==y=z", "SRS0+abc=de=example.com=bob", "list-bounces+alice=example.com",
                           "list-return-17-alice=example.com", "bounce-4711_HTML-123", "bounces+123456-7890-alice=example.org",
                           "0102018f3c2b1a00-11112222-3333-4444-5555-666677778888-000000", "news-return-4711"})
    BOOST_TEST(looks_generated(made), made);
  for (std::string person : {"alice", "alice.smith", "o'brien", "alice+shop", "return", "bounce", "bounces", "j2ee", "srs0",
                             "prvs", "a=b", "list-bounces", "beefcafe", "sales-2024", "user%example.com", ""})
    BOOST_TEST(!looks_generated(person), person);
}

BOOST_AUTO_TEST_CASE(an_address_put_together_by_hand_cannot_inject_a_command) {
  const Address evil{"a\r\nRCPT TO:<x@y>\0", "example.org>\r\nDATA\r\n"};
  const std::string text = evil.text();
  for (char c : text) BOOST_TEST((c != '\r' && c != '\n' && c != '\0'));
  BOOST_TEST(text.substr(text.rfind('"')).find('>') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_parses_comes_back_the_same_from_its_own_text) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_INFO_SCOPE("seed " << seed);
  std::mt19937 random(seed);
  const std::string_view letters = "ab@.\"\\ <>-_[]:%!1\x01\xc3\xbc+=";
  for (int round = 0; round < 200'000; ++round) {
    std::string text;
    for (auto n = random() % 16; n > 0; --n) text.push_back(letters[random() % letters.size()]);
    text += round % 2 ? "@a.example" : "";
    auto got = parse(text, Utf8::allow);
    if (!got) continue;
    auto again = parse(got->text(), Utf8::allow);
    BOOST_REQUIRE_MESSAGE(again, base::escape(text));
    BOOST_REQUIRE_MESSAGE((*again == *got), base::escape(text));
    std::string_view rest = "?";
    auto path = parse_forward_path("<" + got->text() + ">", rest, Utf8::allow);
    BOOST_REQUIRE_MESSAGE(path, base::escape(text));
    BOOST_REQUIRE(rest.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
