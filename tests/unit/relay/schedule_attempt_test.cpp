#include "relay/schedule/attempt.hpp"

using namespace understudy;
using namespace understudy::relay;
using archive::outbox::Entry;
using archive::outbox::State;
using archive::outbox::Target;
using mail::smtp::Notify;
using mail::smtp::Reply;
using routing::EntryKind;
using namespace std::chrono_literals;

namespace {
const base::WallTime start{std::chrono::milliseconds(1'700'000'000'000)};
const Reply ok{250, "2.0.0", "taken"}, later{451, "4.3.0", "try later"}, never{550, "5.1.1", "no such user"};

Target target(std::string local, std::uint8_t notify = 0) {
  Target t;
  t.recipient.forward_path = {std::move(local), "world.example"};
  t.recipient.notify.bits = notify;
  return t;
}

Entry entry(EntryKind kind, std::vector<Target> targets, bool with_sender = true) {
  Entry e;
  for (auto& t : targets) t.kind = kind;
  e.created = e.next_attempt = start;
  if (with_sender) e.envelope.reverse_path = mail::address::Address{"alice", "example.org"};
  e.targets = std::move(targets);
  return e;
}

Attempt attempt(std::vector<Reply> replies, bool host_reports = false) {
  Attempt a;
  a.host = "mx.world.example";
  a.host_reports = host_reports;
  for (std::size_t i = 0; i < replies.size(); ++i) a.outcomes.push_back({i, outcome_of(replies[i], Outcome::Scope::recipient)});
  return a;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_attempt)

BOOST_AUTO_TEST_CASE(an_entry_whose_recipients_were_all_taken_ends_without_a_word) {
  const auto decision = decide(entry(EntryKind::relay, {target("a"), target("b")}), attempt({ok, ok}), {}, start, 0);
  BOOST_TEST(!decision.left);
  BOOST_TEST((decision.tell == Tell::nothing));
}

BOOST_AUTO_TEST_CASE(what_a_next_hop_without_receipts_takes_is_named) {
  for (const bool said : {true, false}) {
    auto owed = entry(EntryKind::copy, {target("a"), target("b"), target("c")});
    owed.custody.emplace();
    auto came = attempt({ok, later, never});
    came.said_custody = said;
    const auto decision = decide(owed, came, {}, start, 0);
    BOOST_TEST(decision.without_receipt.size() == (said ? 0u : 1u));
    if (!said) BOOST_TEST(decision.without_receipt[0].local == "a");
    owed.custody.reset();
    BOOST_TEST(decide(owed, came, {}, start, 0).without_receipt.empty());  // nobody owes it
  }
}

BOOST_AUTO_TEST_CASE(a_message_whose_number_is_refused_goes_on_without_it_at_once) {
  const mail::smtp::Reply refused(451, "4.7.0", "this XCUSTODY number has brought other octets before");
  for (const bool said : {true, false}) {
    auto owed = entry(EntryKind::copy, {target("a"), target("b")});
    owed.custody.emplace();
    auto came = attempt({refused, refused});
    came.said_custody = said;
    const auto decision = decide(owed, came, {}, start, 0);
    BOOST_REQUIRE(decision.left.has_value());
    BOOST_TEST(decision.left->custody.has_value() == !said);
    BOOST_TEST(decision.number_refused.has_value() == said);
    BOOST_TEST((decision.left->next_attempt == start) == said);
    BOOST_TEST(decision.left->targets.size() == 2u);
    BOOST_TEST(decision.without_receipt.size() == (said ? 2u : 0u));
  }
}

BOOST_AUTO_TEST_CASE(AP_33_a_refused_recipient_is_reported_and_only_the_deferred_one_goes_on) {
  const auto decision =
      decide(entry(EntryKind::relay, {target("a"), target("b"), target("c")}), attempt({ok, never, later}), {}, start, 0);
  BOOST_TEST((decision.tell == Tell::failure));
  BOOST_REQUIRE(decision.told.size() == 1u);
  BOOST_TEST(decision.told[0].recipient.forward_path.local == "b");
  BOOST_REQUIRE(decision.left);
  BOOST_REQUIRE(decision.left->targets.size() == 1u);
  BOOST_TEST(decision.left->targets[0].recipient.forward_path.local == "c");
  BOOST_TEST(decision.left->attempts == 1u);
  BOOST_TEST((decision.left->next_attempt > start));
}

BOOST_AUTO_TEST_CASE(AP_37_a_message_without_a_sender_is_never_bounced) {
  const auto decision = decide(entry(EntryKind::relay, {target("a")}, false), attempt({never}), {}, start, 0);
  BOOST_TEST((decision.tell == Tell::nothing));
  BOOST_TEST(!decision.left);
  const auto expired = decide_by_time(entry(EntryKind::relay, {target("a")}, false), {}, start + 6 * 24h, later);
  BOOST_REQUIRE(expired);
  BOOST_TEST((expired->tell == Tell::nothing));
}

BOOST_AUTO_TEST_CASE(notify_never_and_notify_success_alone_ask_for_no_failure_report) {
  for (const std::uint8_t bits : {Notify::never, Notify::success}) {
    const auto decision = decide(entry(EntryKind::relay, {target("a", bits)}), attempt({never}), {}, start, 0);
    BOOST_TEST((decision.tell == Tell::nothing), static_cast<int>(bits));
  }
}

BOOST_AUTO_TEST_CASE(success_is_reported_only_where_the_next_hop_cannot) {  // RFC 3461 §5.2.2
  const auto entry_with_success = entry(EntryKind::relay, {target("a", Notify::success)});
  BOOST_TEST((decide(entry_with_success, attempt({ok}, false), {}, start, 0).tell == Tell::success));
  BOOST_TEST((decide(entry_with_success, attempt({ok}, true), {}, start, 0).tell == Tell::nothing));
}

BOOST_AUTO_TEST_CASE(a_copy_refused_for_good_is_held_and_neither_bounced_nor_dropped) {
  for (auto kind : {EntryKind::copy, EntryKind::home}) {
    const auto decision = decide(entry(kind, {target("a"), target("b")}), attempt({never, ok}), {}, start, 0);
    BOOST_TEST((decision.tell == Tell::nothing));
    BOOST_TEST(decision.newly_held);
    BOOST_REQUIRE(decision.left);
    BOOST_REQUIRE(decision.left->targets.size() == 1u);
    BOOST_TEST((decision.left->targets[0].state == State::held));
    BOOST_TEST(decision.left->targets[0].last_reply.text() == "550 5.1.1 no such user");
  }
}

BOOST_AUTO_TEST_CASE(a_copy_outlives_the_relayed_recipients_of_its_message) {
  auto both = entry(EntryKind::relay, {target("a"), target("b")});
  both.targets[1].kind = EntryKind::copy;
  const auto expired = decide_by_time(both, {}, start + 6 * 24h, later);
  BOOST_REQUIRE(expired);
  BOOST_TEST(expired->told.size() == 1u);
  BOOST_REQUIRE(expired->left);
  BOOST_TEST((expired->left->targets.at(0).kind == EntryKind::copy));
  BOOST_TEST(!next_deadline(*expired->left, {}));
}

BOOST_AUTO_TEST_CASE(a_copy_never_expires) {
  BOOST_TEST(!next_deadline(entry(EntryKind::copy, {target("a")}), {}));
  BOOST_TEST(!decide_by_time(entry(EntryKind::copy, {target("a")}), {}, start + 365 * 24h, later));
}

BOOST_AUTO_TEST_CASE(the_sender_hears_of_a_delay_once_and_of_the_end_with_the_reason_of_the_hop) {
  Queue queue;
  auto waiting = entry(EntryKind::relay, {target("a")});
  BOOST_TEST(!decide_by_time(waiting, queue, start + queue.delay_notice - 1ms, later));
  auto delayed = decide_by_time(waiting, queue, start + queue.delay_notice, later);
  BOOST_REQUIRE(delayed);
  BOOST_TEST((delayed->tell == Tell::delay));
  BOOST_REQUIRE(delayed->left);
  BOOST_TEST(!decide_by_time(*delayed->left, queue, start + queue.delay_notice + 1h, later));
  auto expired = decide_by_time(*delayed->left, queue, start + queue.expiry, later);
  BOOST_REQUIRE(expired);
  BOOST_TEST((expired->tell == Tell::failure));
  BOOST_TEST(!expired->left);
  BOOST_TEST(expired->told.at(0).last_reply.text() == "451 4.3.0 try later");
}

BOOST_AUTO_TEST_CASE(the_wait_doubles_to_its_longest_and_the_jitter_stays_within_its_reach) {
  Queue queue;
  queue.retry_jitter = 0;
  BOOST_TEST((back_off(1, queue, 7) == queue.retry_first));
  BOOST_TEST((back_off(2, queue, 7) == 2 * queue.retry_first));
  BOOST_TEST((back_off(3, queue, 7) == 4 * queue.retry_first));
  BOOST_TEST((back_off(4'000'000'000u, queue, 7) == queue.retry_longest));
  queue.retry_jitter = 10;
  for (std::uint64_t jitter = 0; jitter < 100'000; jitter += 997) {
    const auto wait = back_off(1, queue, jitter);
    BOOST_TEST((wait >= queue.retry_first * 9 / 10 && wait <= queue.retry_first * 11 / 10));
  }
}

BOOST_AUTO_TEST_CASE(a_recipient_belongs_to_the_hop_of_its_own_domain_once_the_route_has_gone) {
  auto both = entry(EntryKind::relay, {target("a"), target("b")});
  both.targets[1].recipient.forward_path.domain = "other.example";
  both.hop = {"route:*"};
  const routing::RouteTable none;
  const routing::Hop first{"mx:world.example"}, second{"mx:other.example"};
  BOOST_TEST(belongs(both, both.targets[0], first, none));
  BOOST_TEST(!belongs(both, both.targets[1], first, none));  // a domain that was never asked is never bounced
  BOOST_TEST(belongs(both, both.targets[1], second, none));
  BOOST_TEST(belongs(both, both.targets[1], both.hop, none));
  both.targets[0].state = State::delivered;
  BOOST_TEST(!belongs(both, both.targets[0], first, none));
}

BOOST_AUTO_TEST_CASE(recipients_that_were_not_tried_go_next_and_at_once) {
  Attempt first;
  first.outcomes.push_back({0, outcome_of(later, Outcome::Scope::recipient)});
  const auto decision = decide(entry(EntryKind::relay, {target("a"), target("b")}), first, {}, start, 0);
  BOOST_REQUIRE(decision.left);
  BOOST_TEST(decision.left->targets.front().recipient.forward_path.local == "b");
  BOOST_TEST((decision.left->next_attempt == start));
}

BOOST_AUTO_TEST_CASE(what_is_owed_stays_in_the_entry_whose_report_cannot_be_made) {
  const auto decision = decide(entry(EntryKind::relay, {target("a"), target("b"), target("c"), target("d", Notify::success)}),
                               attempt({ok, never, later, ok}), {}, start, 0);
  BOOST_REQUIRE(decision.owing);
  BOOST_REQUIRE(decision.owing->targets.size() == 3u);  // who was taken and asked for no report is not sent to again
  BOOST_TEST((decision.owing->targets[0].state == State::failed));
  BOOST_TEST((decision.owing->targets[1].state == State::pending));
  BOOST_TEST((decision.owing->targets[2].state == State::delivered));
  BOOST_TEST(decision.owing->attempts == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_owed_is_told_with_the_next_report) {
  auto owing = entry(EntryKind::relay, {target("a"), target("b"), target("c", Notify::success)});
  owing.targets[0].state = State::failed;
  owing.targets[2].state = State::delivered;
  Attempt next;
  next.outcomes.push_back({1, outcome_of(ok, Outcome::Scope::recipient)});
  for (const auto& decision : {decide(owing, next, {}, start, 0), *decide_by_time(owing, {}, start + 6 * 24h, later)}) {
    BOOST_TEST((decision.tell == Tell::failure));
    BOOST_TEST((decision.told.front().state == State::failed));
    BOOST_TEST((decision.told.back().state == State::delivered));
    BOOST_TEST(!decision.left);
  }
  const auto delayed = decide_by_time(owing, {}, start + 5h, later);
  BOOST_REQUIRE(delayed);
  BOOST_TEST((delayed->tell == Tell::delay));
  BOOST_TEST(delayed->told.size() == 1u);
  BOOST_REQUIRE(delayed->left);
  BOOST_TEST(delayed->left->targets.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_report_that_is_made_at_last_leaves_the_held_copies_of_its_message) {
  auto owing = entry(EntryKind::relay, {target("a"), target("b"), target("c", Notify::never)});
  owing.targets[0].state = owing.targets[2].state = State::failed;
  owing.targets[1].state = State::held;
  owing.targets[1].kind = EntryKind::copy;
  BOOST_TEST(!waits_for_administrator(owing));
  const auto decision = decide_finished(owing);
  BOOST_TEST((decision.tell == Tell::failure));
  BOOST_TEST(decision.told.size() == 1u);  // never asked for none
  BOOST_REQUIRE(decision.left);
  BOOST_TEST(decision.left->targets.size() == 1u);
  BOOST_TEST(waits_for_administrator(*decision.left));
}

BOOST_AUTO_TEST_SUITE_END()
