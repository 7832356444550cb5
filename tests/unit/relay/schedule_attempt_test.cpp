#include "relay/schedule/attempt.hpp"
#include "relay/schedule/hop_queue.hpp"

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

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(schedule_hop_queue)

namespace {
archive::outbox::Id id(std::uint64_t index) {
  return {{0, index}, 0, 1};
}
}  // namespace

BOOST_AUTO_TEST_CASE(AP_50_entries_leave_in_order_of_acceptance_and_a_deferred_one_holds_nobody) {
  HopQueue queue;
  for (std::uint64_t i = 1; i <= 4; ++i) queue.put(id(i), start);
  BOOST_TEST((queue.take(start) == id(1)));
  queue.put_back(id(1), start + 1h);
  BOOST_TEST((queue.take(start) == id(2)));
  BOOST_TEST((queue.take(start) == id(3)));
  BOOST_TEST((queue.take(start) == id(4)));
  BOOST_TEST(!queue.take(start));
  BOOST_TEST((queue.next_due() == start + 1h));
  BOOST_TEST((queue.take(start + 1h) == id(1)));
}

BOOST_AUTO_TEST_CASE(an_entry_that_is_taken_is_not_taken_twice_even_if_it_changes) {
  HopQueue queue;
  queue.put(id(1), start);
  BOOST_TEST((queue.take(start) == id(1)));
  queue.put(id(1), start);
  BOOST_TEST(!queue.take(start + 1h));
  queue.put_back(id(1), start + 2h);
  BOOST_TEST(!queue.take(start + 1h));
  BOOST_TEST((queue.take(start + 2h) == id(1)));
}

BOOST_AUTO_TEST_CASE(an_entry_that_is_claimed_is_nobody_elses_until_it_is_put_back) {
  HopQueue queue;
  queue.put(id(1), start + 1h);
  queue.put(id(2), start);
  BOOST_TEST((queue.claim(id(1)) == start + 1h));
  BOOST_TEST(!queue.claim(id(1)));
  BOOST_TEST((queue.claim(id(2)) == start));
  BOOST_TEST(!queue.take(start + 2h));
  BOOST_TEST(!queue.claim(id(3)));
  queue.put_back(id(1), start + 1h);
  BOOST_TEST((queue.take(start + 2h) == id(1)));
  BOOST_TEST(!queue.claim(id(1)));
}

BOOST_AUTO_TEST_CASE(release_all_makes_everything_due_but_what_is_on_its_way) {
  HopQueue queue;
  queue.put(id(1), start);
  queue.put(id(2), start + 24h);
  BOOST_TEST((queue.take(start) == id(1)));
  queue.release_all(start);
  BOOST_TEST((queue.take(start) == id(2)));
  BOOST_TEST(!queue.take(start));
}

BOOST_AUTO_TEST_CASE(what_is_removed_is_gone_whatever_its_state) {
  HopQueue queue;
  queue.put(id(1), start);
  queue.put(id(2), start + 1h);
  queue.put(id(3), start);
  BOOST_TEST((queue.take(start) == id(1)));
  for (std::uint64_t i = 1; i <= 3; ++i) queue.remove(id(i));
  queue.put_back(id(1), start);
  BOOST_TEST(queue.size() == 0u);
  BOOST_TEST(!queue.take(start + 2h));
  BOOST_TEST(!queue.next_due());
}

BOOST_AUTO_TEST_SUITE_END()
