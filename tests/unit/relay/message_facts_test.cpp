#include "relay/message_facts.hpp"

#include "base/text.hpp"

using namespace understudy;

namespace {

/// The addresses of a header with this From field, and whether more may be seen in it.
struct From {
  std::string addresses;
  bool unclear;
};
From from_of(const std::string& fields) {
  const auto facts = relay::facts_of(mail::header::scan_facts(fields + "Subject: x\r\n\r\n", "mx.example.org"));
  From from{"", facts.from_unclear};
  for (const auto& address : facts.from) from.addresses += (from.addresses.empty() ? "" : " ") + address.text();
  return from;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(message_facts)

BOOST_AUTO_TEST_CASE(AP_16_it_is_clear_whom_a_message_is_from_where_no_reader_can_see_somebody_else) {
  struct Row {
    std::string value, addresses;
  };
  for (const auto& [value, addresses] : std::vector<Row>{
           {"x@y.example", "x@y.example"},
           {"X <x@Y.Example>", "x@y.example"},
           {"\"alice@example.org\" <x@y.example>", "x@y.example"},
           {"=?utf-8?q?alice=40example.org?= <x@y.example>", "x@y.example"},
           {"x@y.example, Z <z@y.example>", "x@y.example z@y.example"},
           {"Team: x@y.example, z@y.example;", "x@y.example z@y.example"},
           {"x@[192.0.2.1]", "x@[192.0.2.1]"},
           {"x (alice) @ y.example (alice@example.org)", "x@y.example"},
           {"x@b\xc3\xbc"
            "cher.example",
            "x@xn--bcher-kva.example"},
       }) {
    const auto from = from_of("From: " + value + "\r\n");
    BOOST_TEST_CONTEXT(base::escape(value)) {
      BOOST_TEST(!from.unclear);
      BOOST_TEST(from.addresses == addresses);
    }
  }
}

BOOST_AUTO_TEST_CASE(AP_16_where_a_reader_may_see_somebody_else_or_nobody_it_is_unclear) {
  for (const std::string value : {"\"alice@example.org\"",
                                  "<alice@example.org> <x@y.example>",
                                  "<x@y.example> <alice@example.org>",
                                  "<x@y.example> alice@example.org",
                                  "alice@example.org <x@y.example>",
                                  "alice@example.org\r\n :x@y.example",
                                  "<alice@example.org:x@y.example>",
                                  "=?utf-8?q?alice=40example.org?=",
                                  "alice@example.org x@y.example",
                                  "alice@example.org@y.example",
                                  "alice@@y.example",
                                  "alice\xef\xbc\xa0"
                                  "example.org",
                                  "alice@[example.org]",
                                  "alice@-y-.example",
                                  "@y.example",
                                  "alice",
                                  "alice, x@y.example",
                                  "x@y.example, alice",
                                  "",
                                  "<>",
                                  "x:;",
                                  ",",
                                  "(alice@example.org)"}) {
    BOOST_TEST(from_of("From: " + value + "\r\n").unclear, base::escape(value));
  }
  BOOST_TEST(from_of("").unclear);
  BOOST_TEST(from_of("From: x@y.example\r\nFrom: x@y.example\r\n").unclear);
}

BOOST_AUTO_TEST_CASE(AP_16_more_senders_than_are_looked_at_are_unclear) {
  for (const auto& [count, unclear] : {std::pair(100, false), std::pair(101, true), std::pair(6000, true)}) {
    std::string value = "x@y.example";
    for (int i = 1; i < count; ++i) value += ",\r\n x@y.example";
    BOOST_TEST(from_of("From: " + value + "\r\n").unclear == unclear, count);
  }
}

BOOST_AUTO_TEST_SUITE_END()
