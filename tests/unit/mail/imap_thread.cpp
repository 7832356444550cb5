/// THREAD: the examples and rules of RFC 5256 §3, random mailboxes against the model, and sizes that must not matter.
#include <chrono>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "imap_thread_model.hpp"
#include "mail/imap/thread.hpp"

using namespace understudy::mail::imap;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

/// Messages whose references stay where they are.
class Mailbox {
 public:
  Mailbox& add(std::string_view id, std::vector<std::string> references = {}, std::string_view subject = "", bool reply = false,
               std::optional<int> date = {}) {
    ThreadInput m;
    m.number = static_cast<std::uint32_t>(messages_.size() + 1);
    m.message_id = thread_id(id);
    m.base_subject = thread_id(subject);
    m.is_reply_or_forward = reply;
    m.sent = sys_seconds(seconds(date.value_or(static_cast<int>(m.number))));
    auto& list = lists_.emplace_back();
    for (const auto& r : references) list.push_back(thread_id(r));
    m.references = list;
    messages_.push_back(m);
    return *this;
  }
  std::string by_references() const { return wire_form(thread_by_references(messages_)); }
  std::string by_subject() const { return wire_form(thread_by_subject(messages_)); }
  const std::vector<ThreadInput>& messages() const { return messages_; }

 private:
  std::deque<std::vector<ThreadId>> lists_;
  std::vector<ThreadInput> messages_;
};

Threads nodes(std::vector<ThreadNode> list, std::uint32_t first) {
  return {std::move(list), first};
}

std::string id(std::uint32_t n) {
  return "m" + std::to_string(n) + "@example.com";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_thread)

BOOST_AUTO_TEST_CASE(the_wire_form_is_that_of_the_standards_examples) {
  constexpr auto none = ThreadNode::none;
  // (2)(3 6 (4 23)(44 7 96))
  BOOST_TEST(wire_form(nodes({{2, none, 1},
                              {3, 2, none},
                              {6, 3, none},
                              {4, 4, 5},
                              {23, none, none},
                              {44, 6, none},
                              {7, 7, none},
                              {96, none, none}},
                             0)) == "(2)(3 6 (4 23)(44 7 96))");
  BOOST_TEST(wire_form(nodes({{0, 1, none}, {3, none, 2}, {5, none, none}}, 0)) == "((3)(5))");
  BOOST_TEST(wire_form({}) == "");
  BOOST_TEST(wire_form(nodes({{1, none, none}}, 0)) == "(1)");
  BOOST_TEST(wire_form(nodes({{1, 1, none}, {2, none, 2}, {3, 3, none}, {4, none, 4}, {5, none, none}}, 0)) ==
             "(1 (2)(3 (4)(5)))");
}

BOOST_AUTO_TEST_CASE(by_subject_the_rest_are_children_of_the_first) {
  Mailbox box;
  box.add("", {}, "B", false, 50).add("", {}, "A", false, 40).add("", {}, "B", true, 20).add("", {}, "B", true, 30);
  box.add("", {}, "", false, 60).add("", {}, "C", false, 20).add("", {}, "", false, 10).add("", {}, "A", false, 40);
  BOOST_TEST(box.by_subject() == "(7 5)(3 (4)(1))(6)(2 8)");
  BOOST_TEST(Mailbox().by_subject() == "");
}

BOOST_AUTO_TEST_CASE(references_make_parents) {
  BOOST_TEST(Mailbox().by_references() == "");
  BOOST_TEST(Mailbox().add("a").add("b", {"a"}).add("c", {"a", "b"}).by_references() == "(1 2 3)");
  BOOST_TEST(Mailbox().add("c", {"a", "b"}).add("b", {"a"}).add("a").by_references() == "(3 2 1)");
  BOOST_TEST(Mailbox().add("a").add("b", {"a"}).add("c", {"a"}).by_references() == "(1 (2)(3))");
  BOOST_TEST(Mailbox().add("a").add("b").by_references() == "(1)(2)");
}

BOOST_AUTO_TEST_CASE(missing_messages_are_dummies_on_top_only) {
  BOOST_TEST(Mailbox().add("b", {"gone"}).by_references() == "(1)");
  BOOST_TEST(Mailbox().add("b", {"gone"}).add("c", {"gone"}).by_references() == "((1)(2))");
  BOOST_TEST(Mailbox().add("b", {"x", "y", "z"}).add("c", {"x", "y", "z"}).by_references() == "((1)(2))");
  BOOST_TEST(Mailbox().add("a").add("b", {"a", "gone"}).add("c", {"a", "gone"}).by_references() == "(1 (2)(3))");
  BOOST_TEST(Mailbox().add("b", {"x", "y"}).add("c", {"x", "z"}).add("d", {"x", "z"}).by_references() == "((1)(2)(3))");
}

BOOST_AUTO_TEST_CASE(loops_and_repetitions_are_no_links) {
  BOOST_TEST(Mailbox().add("a", {"a"}).by_references() == "(1)");
  BOOST_TEST(Mailbox().add("a", {"b"}).add("b", {"a"}).by_references() == "(2 1)");
  BOOST_TEST(Mailbox().add("a", {"b", "c", "b"}).by_references() == "(1)");
  BOOST_TEST(Mailbox().add("a", {"c"}).add("b", {"a"}).add("c", {"b"}).by_references() == "(3 1 2)");
}

BOOST_AUTO_TEST_CASE(a_messages_own_references_break_what_others_said) {
  // 1 says that b is a child of a; b itself says that it is a child of x
  BOOST_TEST(Mailbox().add("c", {"a", "b"}).add("b", {"x"}).add("a").add("x").by_references() == "(3)(4 2 1)");
  BOOST_TEST(Mailbox().add("c", {"a", "b"}).add("b").add("a").by_references() == "(2 1)(3)");
}

BOOST_AUTO_TEST_CASE(of_equal_ids_the_first_message_has_it) {
  BOOST_TEST(Mailbox().add("a").add("a").add("b", {"a"}).by_references() == "(1 3)(2)");
  BOOST_TEST(Mailbox().add("").add("").add("b", {""}).by_references() == "(1)(2)(3)");
}

BOOST_AUTO_TEST_CASE(threads_of_one_subject_are_put_together) {
  BOOST_TEST(Mailbox().add("a", {}, "S").add("b", {}, "S", true).add("c", {}, "T").by_references() == "(1 2)(3)");
  BOOST_TEST(Mailbox().add("a", {}, "S", true).add("b", {}, "S").by_references() == "(2 1)");
  BOOST_TEST(Mailbox().add("a", {}, "S").add("b", {}, "S").add("c", {}, "S").by_references() == "((1)(2)(3))");
  BOOST_TEST(Mailbox().add("a", {}, "").add("b", {}, "").by_references() == "(1)(2)");
  // a dummy takes the others in, wherever it stands
  BOOST_TEST(Mailbox().add("a", {}, "S").add("b", {"x"}, "S", true).add("c", {"x"}, "S", true).by_references() ==
             "((1)(2)(3))");
  BOOST_TEST(Mailbox().add("b", {"x"}, "S").add("c", {"x"}, "S").add("d", {"y"}, "S").add("e", {"y"}, "U").by_references() ==
             "((1)(2)(3)(4))");
}

BOOST_AUTO_TEST_CASE(siblings_stand_by_date_and_then_by_number) {
  Mailbox box;
  box.add("a", {}, "", false, 100).add("b", {"a"}, "", false, 9).add("c", {"a"}, "", false, 7).add("d", {"a"}, "", false, 9);
  box.add("e", {}, "", false, 50);
  BOOST_TEST(box.by_references() == "(5)(1 (3)(2)(4))");
}

BOOST_AUTO_TEST_CASE(only_the_last_thousand_references_count) {
  std::vector<std::string> references;
  for (std::uint32_t i = 0; i < max_references; ++i) references.push_back(id(i));
  BOOST_TEST(Mailbox().add(id(0)).add("x", references).by_references() == "(1 2)");
  references.insert(references.begin() + 1, "between");
  BOOST_TEST(Mailbox().add(id(0)).add("x", references).by_references() == "(1)(2)");
}

BOOST_AUTO_TEST_CASE(random_mailboxes_thread_as_the_model_does) {
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    Mailbox box;
    const auto ids = 1 + random() % 12;
    for (std::size_t i = random() % 10; i > 0; --i) {
      std::vector<std::string> references;
      for (auto r = random() % 4; r > 0; --r) references.push_back(random() % 20 == 0 ? "" : id(random() % ids));
      const std::string subject = std::string(random() % 3, 'S');
      box.add(random() % 10 == 0 ? "" : id(random() % ids), references, subject, random() % 2 == 0, random() % 4);
    }
    BOOST_REQUIRE_EQUAL(box.by_references(), understudy::test::ThreadModel(box.messages()).run());
  }
}

BOOST_AUTO_TEST_CASE(chains_of_a_hundred_thousand_are_walked_without_recursion) {
  constexpr std::uint32_t count = 100'000;
  for (const int order : {0, 1, 2}) {  // as they were written, backwards, in the middle first
    Mailbox box;
    std::string expected = "(";
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto n = order == 0 ? i : order == 1 ? count - 1 - i : (i + count / 2) % count;
      box.add(id(n), n == 0 ? std::vector<std::string>{} : std::vector<std::string>{id(n - 1)}, "", false, 0);
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto threads = thread_by_references(box.messages());
    const auto text = wire_form(threads);
    BOOST_TEST_MESSAGE("chain ms: " << (std::chrono::steady_clock::now() - begin) / std::chrono::milliseconds(1));
    BOOST_REQUIRE_EQUAL(threads.nodes.size(), count);
    BOOST_REQUIRE_EQUAL(std::ranges::count(text, '('), 1);
    BOOST_REQUIRE_EQUAL(std::ranges::count(text, ' '), count - 1);
  }
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_messages_with_ten_references_each_are_all_there) {
  std::mt19937 random(4);
  constexpr std::uint32_t count = 100'000;
  Mailbox box;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::vector<std::string> references;
    auto at = i;
    while (references.size() < 10 && at > 0 && at % 7 != 0)
      references.insert(references.begin(), id(at = at - 1 - random() % std::min(at, 40U)));
    box.add(id(i), references, "S" + std::to_string(random() % 50'000), random() % 2 == 0, static_cast<int>(random() % 1000));
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto threads = thread_by_references(box.messages());
  BOOST_TEST_MESSAGE("mailbox ms: " << (std::chrono::steady_clock::now() - begin) / std::chrono::milliseconds(1));
  std::vector<bool> seen(count + 1, false);
  for (const auto& node : threads.nodes) {
    BOOST_REQUIRE(node.number == 0 || !seen[node.number]);
    if (node.number != 0) seen[node.number] = true;
  }
  BOOST_TEST(std::ranges::count(seen, true) == count);
}

BOOST_AUTO_TEST_SUITE_END()
