/// SORT against a model that compares whole texts, and its rules one by one.
#include <algorithm>
#include <deque>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mail/imap/base_subject.hpp"
#include "mail/imap/sort.hpp"
#include "mail/mime/fold.hpp"

using namespace understudy::mail;
using namespace understudy::mail::imap;
using Numbers = std::vector<std::uint32_t>;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

/// Of texts as they stand in messages.
Numbers sorted(std::vector<SortInput> messages, const std::vector<SortCriterion>& criteria) {
  std::deque<std::string> keys;
  const auto become_key = [&](SortField field, std::string_view& text) { text = keys.emplace_back(sort_key(field, text)); };
  for (auto& m : messages) {
    become_key(SortField::subject, m.subject);
    become_key(SortField::from, m.from), become_key(SortField::to, m.to), become_key(SortField::cc, m.cc);
    become_key(SortField::display_from, m.display_from), become_key(SortField::display_to, m.display_to);
  }
  return sort(messages, criteria);
}

SortInput numbered(std::uint32_t number) {
  SortInput input;
  input.number = number;
  return input;
}

std::string model_text(const SortInput& m, SortField key) {
  switch (key) {
    case SortField::cc:
      return mime::fold(m.cc);
    case SortField::from:
      return mime::fold(m.from);
    case SortField::to:
      return mime::fold(m.to);
    case SortField::subject:
      return mime::fold(base_subject(m.subject).text);
    case SortField::display_from:
      return mime::fold(m.display_from);
    default:
      return mime::fold(m.display_to);
  }
}

int model_compare(const SortInput& a, const SortInput& b, SortField key) {
  const auto sign = [](auto x, auto y) { return x < y ? -1 : y < x ? 1 : 0; };
  if (key == SortField::size) return sign(a.size, b.size);
  if (key == SortField::arrival) return sign(a.arrival, b.arrival);
  if (key == SortField::date) return sign(a.sent ? *a.sent : a.arrival, b.sent ? *b.sent : b.arrival);
  return sign(model_text(a, key), model_text(b, key));
}

/// Insertion, which keeps the order of equal ones.
Numbers model(const std::vector<SortInput>& messages, const std::vector<SortCriterion>& criteria) {
  std::vector<const SortInput*> order;
  for (const auto& message : messages) {
    auto at = order.end();
    while (at != order.begin()) {
      int result = 0;
      for (const auto& c : criteria) {
        result = model_compare(message, **(at - 1), c.key) * (c.reverse ? -1 : 1);
        if (result != 0) break;
      }
      if (result >= 0) break;
      --at;
    }
    order.insert(at, &message);
  }
  Numbers numbers;
  for (const auto* m : order) numbers.push_back(m->number);
  return numbers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_sort)

BOOST_AUTO_TEST_CASE(names_of_criteria_are_known_in_any_case) {
  BOOST_TEST((parse_sort_field("DisplayFrom") == SortField::display_from));
  BOOST_TEST((parse_sort_field("cc") == SortField::cc));
  BOOST_TEST(!parse_sort_field("REVERSE"));
  BOOST_TEST(!parse_sort_field(""));
  BOOST_TEST(!parse_sort_field("DATES"));
}

BOOST_AUTO_TEST_CASE(without_a_date_the_arrival_counts) {
  std::vector<SortInput> m = {numbered(1), numbered(2), numbered(3)};
  m[0].arrival = sys_seconds(seconds(100));
  m[1].sent = sys_seconds(seconds(50));
  m[1].arrival = sys_seconds(seconds(1000));
  m[2].sent = sys_seconds(seconds(-5));
  BOOST_TEST(sorted(m, {{SortField::date}}) == (Numbers{3, 2, 1}));
  BOOST_TEST(sorted(m, {{SortField::arrival}}) == (Numbers{3, 1, 2}));
}

BOOST_AUTO_TEST_CASE(reverse_is_of_one_criterion_and_never_of_the_sequence_numbers) {
  std::vector<SortInput> m = {numbered(11), numbered(12), numbered(13), numbered(14)};
  m[0].size = m[1].size = 5;
  m[2].size = m[3].size = 9;
  m[0].from = "b", m[1].from = "A", m[2].from = "c", m[3].from = "C";
  BOOST_TEST(sorted(m, {{SortField::size, true}}) == (Numbers{13, 14, 11, 12}));
  BOOST_TEST(sorted(m, {{SortField::size, true}, {SortField::from}}) == (Numbers{13, 14, 12, 11}));
  BOOST_TEST(sorted(m, {{SortField::from, true}, {SortField::size}}) == (Numbers{13, 14, 11, 12}));
  BOOST_TEST(sorted(m, {{SortField::size}, {SortField::size, true}}) == (Numbers{11, 12, 13, 14}));
  BOOST_TEST(sorted(m, {}) == (Numbers{11, 12, 13, 14}));
}

BOOST_AUTO_TEST_CASE(subjects_sort_by_their_base_without_regard_to_case) {
  std::vector<SortInput> m = {numbered(1), numbered(2), numbered(3), numbered(4)};
  m[0].subject = "zebra", m[1].subject = "Re: [x] apple", m[2].subject = "Fwd: ZEBRA", m[3].subject = "";
  BOOST_TEST(sorted(m, {{SortField::subject}}) == (Numbers{4, 2, 1, 3}));
}

BOOST_AUTO_TEST_CASE(a_text_comes_before_what_it_is_the_start_of) {
  const std::string zero("abcdefgh\0", 9);
  std::vector<SortInput> m = {numbered(1), numbered(2), numbered(3), numbered(4)};
  m[0].to = "abcdefghi", m[1].to = "abcdefgh", m[2].to = "abc", m[3].to = zero;
  BOOST_TEST(sorted(m, {{SortField::to}}) == (Numbers{3, 2, 4, 1}));
}

BOOST_AUTO_TEST_CASE(the_display_name_is_decoded_and_else_the_address_counts) {
  BOOST_TEST(display_name("=?utf-8?q?J=C3=B6rg?=", "j", "x.example") == "J\xc3\xb6rg");
  BOOST_TEST(display_name(" ", "j", "x.example") == "j@x.example");
  BOOST_TEST(display_name("", "j", "") == "j");
}

BOOST_AUTO_TEST_CASE(any_criteria_give_the_order_of_the_model) {
  std::mt19937 random(20);
  const std::vector<std::string> texts = {"",         "a",         "A",         "b",          "Re: a",     "[x] B",
                                          "\xc3\xa4", "a\xcc\x88", "A\xcc\x88", "abcdefghij", "ABCDEFGHIK"};
  const auto text = [&] { return std::string_view(texts[random() % texts.size()]); };
  for (int round = 0; round < 300; ++round) {
    std::vector<SortInput> m;
    for (std::uint32_t i = 0; i < random() % 40; ++i) {
      auto& one = m.emplace_back(numbered(i + 1));
      one.arrival = sys_seconds(seconds(random() % 5));
      if (random() % 2 == 0) one.sent = sys_seconds(seconds(random() % 5));
      one.size = random() % 3;
      one.subject = text(), one.from = text(), one.to = text(), one.cc = text();
      one.display_from = text(), one.display_to = text();
    }
    std::vector<SortCriterion> criteria;
    for (std::size_t i = 0; i < random() % 5; ++i)
      criteria.push_back({static_cast<SortField>(random() % 9), random() % 2 == 0});
    BOOST_REQUIRE(sorted(m, criteria) == model(m, criteria));
  }
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_messages_are_all_there_after_it) {
  std::mt19937 random(3);
  std::vector<std::string> subjects;
  for (int i = 0; i < 100'000; ++i)
    subjects.push_back("Re: [list] About the matter of " + std::to_string(random() % 50'000) + " and more");
  std::vector<SortInput> m;
  for (std::uint32_t i = 0; i < subjects.size(); ++i) {
    m.push_back(numbered(i + 1));
    m.back().subject = subjects[i];
  }
  const auto begin = std::chrono::steady_clock::now();
  auto order = sorted(m, {{SortField::subject}});
  BOOST_TEST_MESSAGE("ms: " << (std::chrono::steady_clock::now() - begin) / std::chrono::milliseconds(1));
  std::ranges::sort(order);
  for (std::uint32_t i = 0; i < order.size(); ++i) BOOST_REQUIRE_EQUAL(order[i], i + 1);
}

BOOST_AUTO_TEST_SUITE_END()
