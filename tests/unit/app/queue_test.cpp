#include "app/admin/answers.hpp"
#include "tests/unit/app/admin_world.hpp"

using namespace understudy;
using routing::EntryKind;
using test::text_of;
using Status = app::AdminAnswer::Status;

namespace {

struct World : test::AdminWorld {
  void enqueue(const std::string& octets, const std::string& hop) {
    BOOST_REQUIRE(accept(test::Letter(octets).to("ext@world.example").enqueue(EntryKind::relay, hop)));
  }
  boost::json::object first() { return list("queue/list").at(0).as_object(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(queue, World)

BOOST_AUTO_TEST_CASE(an_entry_is_listed_with_its_recipients_and_their_last_replies) {
  enqueue("one", "mx:world.example");
  auto entry = entries().at(0);
  entry.attempts = 2;
  entry.targets[0].last_reply = mail::smtp::Reply(450, "4.2.1", "come later");
  BOOST_REQUIRE(settle({{entry.id, entry}}));
  const auto row = first();
  BOOST_TEST(text_of(row, "id") == "0.0.0");
  BOOST_TEST(text_of(row, "kind") == "relay");
  BOOST_TEST(text_of(row, "hop") == "mx:world.example");
  BOOST_TEST(text_of(row, "reverse_path") == "sender@world.example");
  BOOST_TEST(!row.at("held").as_bool());
  BOOST_REQUIRE(row.at("recipients").as_array().size() == 1);
  const auto& recipient = row.at("recipients").as_array()[0];
  BOOST_TEST(text_of(recipient, "kind") == "relay");
  BOOST_TEST(text_of(recipient, "address") == "ext@world.example");
  BOOST_TEST(text_of(recipient, "state") == "pending");
  BOOST_TEST(recipient.as_object().at("attempts") == 2);
  BOOST_TEST(text_of(recipient, "last_reply") == "450 4.2.1 come later");
  BOOST_TEST(text_of(get("queue/show", {{"id", "0.0.0"}}), "message_id") == "one@world.example");
}

BOOST_AUTO_TEST_CASE(an_entry_that_waits_for_its_hop_says_until_when_and_why) {
  enqueue("one", "route:*");
  enqueue("two", "mx:world.example");
  const auto until = clock.now() + std::chrono::minutes(5);
  held_hops["route:*"] = {until, "451 4.4.1 connection refused"};
  for (const auto& listed : list("queue/list")) {
    const bool waits = text_of(listed, "hop") == "route:*";
    const auto shown = get("queue/show", {{"id", text_of(listed, "id")}});
    for (const auto* row : {&listed.as_object(), &shown.as_object()}) {
      BOOST_TEST((row->at("hop_held_until") == (waits ? boost::json::value(app::json_time(until)) : nullptr)));
      BOOST_TEST(text_of(*row, "hop_failure") == (waits ? "451 4.4.1 connection refused" : ""));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_held_entry_keeps_what_happened_to_it_and_is_released_for_now) {
  enqueue("one", "mx:world.example");
  auto entry = entries().at(0);
  entry.attempts = 3;
  entry.next_attempt = clock.now() + std::chrono::hours(5);
  BOOST_REQUIRE(settle({{entry.id, entry}}));
  get("queue/hold", {{"id", "0.0.0"}, {"reason", "asked by legal"}});
  BOOST_TEST(first().at("held").as_bool());
  BOOST_TEST(text_of(first(), "why_held") == "asked by legal");
  BOOST_TEST(status("queue/retry", {{"id", "0.0.0"}}) == Status::failed);
  BOOST_TEST(retried.empty());
  get("queue/release", {{"id", "0.0.0"}});
  const auto now = entries().at(0);
  BOOST_TEST(now.held == "");
  BOOST_TEST(now.attempts == 3u);
  BOOST_TEST((now.next_attempt == clock.now()));
}

BOOST_AUTO_TEST_CASE(a_copy_that_was_refused_for_good_says_why_it_waits_and_is_released_as_a_whole) {
  enqueue("one", "mx:world.example");
  auto entry = entries().at(0);
  entry.targets[0].state = archive::outbox::State::held;
  entry.targets[0].last_reply = mail::smtp::Reply(550, "5.7.1", "no copies here");
  BOOST_REQUIRE(settle({{entry.id, entry}}));
  BOOST_TEST(first().at("held").as_bool());
  BOOST_TEST(text_of(first(), "why_held") == "refused for good: 550 5.7.1 no copies here");
  get("queue/release", {{"id", "0.0.0"}});
  BOOST_TEST(!first().at("held").as_bool());
  BOOST_TEST((entries().at(0).targets[0].state == archive::outbox::State::pending));
}

BOOST_AUTO_TEST_CASE(retry_wakes_one_entry_or_all) {
  enqueue("one", "mx:world.example");
  get("queue/retry", {{"id", "0.0.0"}});
  BOOST_TEST(retried == std::vector<std::string>{"0.0.0"});
  get("queue/retry");
  BOOST_TEST(retried_all == 1);
  BOOST_TEST(status("queue/retry", {{"id", "0.1.0"}}) == Status::not_found);
}

BOOST_AUTO_TEST_CASE(a_removed_entry_is_gone_and_its_message_stays_in_the_journal) {
  enqueue("one", "mx:world.example");
  get("queue/remove", {{"id", "0.0.0"}});
  BOOST_TEST(entries().empty());
  BOOST_TEST(list("journal/list").size() == 1);
  for (const auto* verb : {"queue/remove", "queue/hold", "queue/release", "queue/show"})
    BOOST_TEST(status(verb, {{"id", "0.0.0"}}) == Status::not_found, verb);
  for (const auto* id : {"", "1", "x.y.z", "0.0.99999999999", "-1.0.0"})
    BOOST_TEST(status("queue/show", {{"id", id}}) == Status::not_found, id);
}

BOOST_AUTO_TEST_CASE(a_long_queue_over_many_hops_comes_in_pages_that_miss_and_repeat_nothing) {
  const std::size_t all = app::AdminApi::page_rows * 2 + 50;
  for (std::size_t i = 0; i < all; ++i) enqueue(std::to_string(i), "mx:hop" + std::to_string(i % 7) + ".example");
  std::vector<std::string> ids;
  for (const auto& row : list("queue/list")) ids.push_back(text_of(row, "id"));
  std::ranges::sort(ids);
  BOOST_TEST(ids.size() == all);
  BOOST_TEST((std::ranges::adjacent_find(ids) == ids.end()));
  for (const auto* after : {"zz", "00", "0000000000000000"})
    BOOST_TEST((status("queue/list", {{"after", after}}) ==
                (std::string_view(after).size() == 16 ? Status::done : Status::wrong_usage)));
}

BOOST_AUTO_TEST_SUITE_END()
