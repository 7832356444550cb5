/// What fails here and not at the next hop: nothing is tried for ever, and nothing is lost in silence.
#include "schedule_world.hpp"

using namespace understudy;
using namespace understudy::test;
using mail::smtp::Reply;
using relay::Outcome;
using namespace std::chrono_literals;

namespace {
const Reply later{451, "4.3.0", "try later"}, never{550, "5.1.1", "no such user"};
const Outcome silence = relay::outcome_of({451, "4.4.1", "no answer"}, Outcome::Scope::next_hop);
const std::string sender = "sender@world.example", postmaster = "postmaster@ops.example";

/// A sender whose address just fits into the entry of his message, and not into that of a report by a host of a long name.
struct UnreportableWorld : ScheduleWorld {
  UnreportableWorld() {
    courier.down["mx:far.example"] = silence;
    accept(letter_to("a@far.example", "small"));
    const auto size = only_entry().encode().size();
    remove(only_entry());
    courier.down.clear();
    scheduler().retry_all();
    settle();
    set_hostname(std::string(200, 'h') + ".example");
    from = std::string(archive::store::Batch::max_value - size - 120, 's') + "@world.example";
  }
  Letter letter() { return letter_to("a@far.example").from(from); }
  std::string from;
};
}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_trouble)

BOOST_AUTO_TEST_CASE(a_message_whose_octets_are_lost_is_reported_without_them) {
  for (const bool expires : {false, true}) {
    ScheduleWorld world;
    world.courier.meanwhile = [&](const auto& entry) {
      if (entry.hop.text == "mx:far.example" && entry.attempts == 0) world.lose_body(entry);
    };
    world.courier.replies["a@far.example"] = {expires ? later : never};
    if (expires) world.set_options([](relay::Options& options) { options.queue.expiry = 3min; });
    world.accept(letter_to("a@far.example"));
    world.settle();
    world.advance(5min);
    const auto told = world.told(sender);
    BOOST_REQUIRE(told.size() == 1u);
    BOOST_TEST(told[0].octets.find("multipart/report") != std::string::npos);
    BOOST_TEST(told[0].octets.find("Final-Recipient: rfc822; a@far.example") != std::string::npos, told[0].octets);
    BOOST_TEST(told[0].octets.find("In-Reply-To: <one@world.example>") != std::string::npos);
    BOOST_TEST(told[0].octets.find("Return-Path: <sender@world.example>") != std::string::npos);
    BOOST_TEST(told[0].octets.find("can no longer be read") != std::string::npos);
    BOOST_TEST(world.entries().empty());
    world.advance(24h);
    BOOST_TEST(world.told(sender).size() == 1u);
    BOOST_TEST(world.told(postmaster).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_report_that_can_never_be_made_holds_the_entry_and_the_postmaster_hears_of_it) {
  UnreportableWorld world;
  world.courier.replies["a@far.example"] = {never};
  world.accept(world.letter());
  world.settle();
  BOOST_TEST(world.courier.handed.size() == 1u);
  BOOST_TEST(world.only_entry().held.empty());
  world.advance(6h);
  BOOST_TEST(world.order("mx:far.example").size() == 1u);  // its answer is noted: it is not asked again
  BOOST_TEST((world.only_entry().targets.at(0).state == archive::outbox::State::failed));
  BOOST_TEST(world.only_entry().held.starts_with("failed here"));
  BOOST_REQUIRE(world.told(postmaster).size() == 1u);
  BOOST_TEST(world.told(postmaster)[0].octets.find(world.only_entry().id.text()) != std::string::npos);
  world.advance(10 * 24h);
  BOOST_TEST(world.courier.handed.size() == 2u);
  BOOST_TEST(world.scheduler().counts().held == 1u);

  world.set_hostname("archive.example.org");  // the cause is mended
  world.release(world.only_entry());
  world.advance(1min);
  BOOST_TEST(world.told(world.from).size() == 1u);
  BOOST_TEST(world.entries().empty());
}

BOOST_AUTO_TEST_CASE(who_was_taken_is_not_sent_to_again_because_a_report_about_another_cannot_be_made) {
  UnreportableWorld world;
  world.courier.replies["b@far.example"] = {never};
  auto letter = world.letter();
  letter.to("b@far.example").enqueue(routing::EntryKind::relay, "mx:far.example");
  letter.to("c@far.example").enqueue(routing::EntryKind::relay, "mx:far.example");
  world.courier.replies["c@far.example"] = {later};
  world.accept(letter);
  world.advance(1h);
  world.restart();
  world.advance(6h);
  BOOST_REQUIRE(world.order("mx:far.example").size() == 2u);
  BOOST_TEST(world.courier.handed[1].recipients == std::vector<std::string>{"c@far.example"}, boost::test_tools::per_element());
  BOOST_REQUIRE(world.only_entry().targets.size() == 1u);
  BOOST_TEST(world.only_entry().targets[0].recipient.forward_path.local == "b");
  BOOST_TEST(world.told(postmaster).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_delay_notice_that_cannot_be_made_is_left_out_and_the_message_goes_on) {
  UnreportableWorld world;
  world.courier.down["mx:far.example"] = silence;
  world.accept(world.letter());
  world.advance(12h);
  BOOST_TEST(world.only_entry().delay_told);
  BOOST_TEST(world.only_entry().held.empty());
  world.courier.down.clear();
  world.advance(2h);
  BOOST_TEST(world.order("mx:far.example").size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_exception_gives_back_the_place_of_its_worker_and_its_entry_is_tried_again) {
  ScheduleWorld world;
  world.set_options([](relay::Options& options) { options.outbound.connections = options.outbound.connections_per_hop = 1; });
  int thrown = 0;
  world.courier.meanwhile = [&](const auto& entry) {
    if (entry.id.position.index == 0 && thrown++ == 0) throw std::runtime_error("a bug");
  };
  for (int i = 0; i < 3; ++i) world.accept(letter_to("a@far.example", std::to_string(i)));
  world.settle();
  BOOST_TEST(world.order("mx:far.example") == (std::vector<std::string>{"0.1.0", "0.2.0"}), boost::test_tools::per_element());
  BOOST_REQUIRE(world.scheduler().hops().size() == 1u);
  BOOST_TEST(world.scheduler().hops()[0].workers == 0u);
  BOOST_TEST(world.scheduler().hops()[0].entries == 1u);
  world.advance(1min);
  BOOST_TEST(world.courier.handed.size() == 3u);
  BOOST_TEST(world.scheduler().idle());
}

BOOST_AUTO_TEST_CASE(a_message_that_makes_its_worker_throw_each_time_is_held_at_last) {
  ScheduleWorld world;
  std::vector<base::WallTime> tries;
  world.courier.meanwhile = [&](const auto& entry) {
    if (entry.hop.text != "mx:far.example") return;
    tries.push_back(world.world.clock.now());
    throw std::runtime_error("a bug");
  };
  world.accept(letter_to("a@far.example"));
  world.advance(24h);
  BOOST_TEST(tries.size() == 8u);
  BOOST_REQUIRE(tries.size() > 3u);
  BOOST_TEST((tries[2] - tries[1] > tries[1] - tries[0]));
  BOOST_TEST(world.only_entry().held == "failed here: a bug");
  BOOST_TEST(world.told(postmaster).size() == 1u);
  world.courier.meanwhile = nullptr;
  world.release(world.only_entry());
  world.settle();
  BOOST_TEST(world.order("mx:far.example").size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_entry_that_cannot_be_read_is_left_alone_until_the_next_start_and_the_postmaster_hears_of_it) {
  ScheduleWorld world;
  world.courier.down["mx:far.example"] = silence;
  world.accept(letter_to("a@far.example", "one"));
  world.accept(letter_to("a@far.example", "two"));
  world.settle();
  const auto entry = world.entries().front();
  world.overwrite(entry, "not an entry");
  world.courier.down.clear();
  world.advance(5 * 24h);
  BOOST_TEST(world.order("mx:far.example").size() == 1u);  // the other one
  BOOST_REQUIRE(world.told(postmaster).size() == 1u);
  BOOST_TEST(world.told(postmaster)[0].octets.find("until the next start") != std::string::npos);
  world.overwrite(entry, entry.encode());
  world.world.clock.set_wall(entry.created);
  world.restart();
  world.settle();
  BOOST_TEST(world.order("mx:far.example").size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_copy_that_is_refused_is_held_and_the_postmaster_hears_of_it_once) {
  ScheduleWorld world;
  Letter letter("Subject: one\r\n\r\n");
  routing::Route route;
  route.match = "example.org";
  route.via = {false, "archive.example", 25};
  world.set_routes({route});
  letter.to("alice@example.org").enqueue(routing::EntryKind::copy, "route:example.org");
  world.courier.replies["alice@example.org"] = {never};
  world.accept(letter);
  world.advance(20 * 24h);
  BOOST_TEST(world.order("route:example.org").size() == 1u);
  BOOST_TEST(world.told(postmaster).size() == 1u);
  BOOST_TEST(world.told(sender).empty());
  BOOST_TEST((world.only_entry().targets.at(0).state == archive::outbox::State::held));
}

/// A copy for a hop that refuses it.
struct Refused {
  explicit Refused(ScheduleWorld& schedule) : world(schedule) {
    routing::Route route;
    route.match = "example.org";
    route.via = {false, "archive.example", 25};
    world.set_routes({route});
  }
  void copy(Letter letter) {
    letter.to("alice@example.org").enqueue(routing::EntryKind::copy, "route:example.org");
    world.courier.replies["alice@example.org"] = {never};
    world.accept(letter);
    world.settle();
  }
  ScheduleWorld& world;
};

BOOST_AUTO_TEST_CASE(a_refused_copy_of_a_notice_makes_no_notice) {
  ScheduleWorld world;
  Refused hop(world);
  hop.copy(Letter("Subject: A copy for the archive was refused\r\n\r\n").from_nobody().made("unique"));
  world.advance(24h);
  BOOST_TEST((world.only_entry().targets.at(0).state == archive::outbox::State::held));
  BOOST_TEST(world.told(postmaster).empty());
  BOOST_TEST(world.scheduler().counts().held == 1u);
  hop.copy(Letter("Subject: a bounce of the world\r\n\r\n").from_nobody());
  world.advance(24h);
  BOOST_TEST(world.told(postmaster).size() == 1u);
}

BOOST_AUTO_TEST_CASE(however_many_copies_are_refused_there_is_a_notice_an_hour_and_it_counts_them) {
  ScheduleWorld world;
  Refused hop(world);
  for (int i = 0; i < 30; ++i) {
    hop.copy(Letter("Subject: " + std::to_string(i) + "\r\n\r\n"));
    world.advance(1min);
  }
  BOOST_REQUIRE(world.told(postmaster).size() == 1u);
  BOOST_TEST(world.told(postmaster)[0].octets.find("latest of") == std::string::npos);
  world.advance(24h);
  BOOST_REQUIRE(world.told(postmaster).size() == 2u);
  BOOST_TEST((world.told(postmaster)[1].at - world.told(postmaster)[0].at >= 1h));
  BOOST_TEST(world.told(postmaster)[1].octets.find("the latest of 29 messages") != std::string::npos);
  BOOST_TEST(world.entries().size() == 30u);
}

BOOST_AUTO_TEST_CASE(what_was_taken_and_a_full_medium_cannot_note_is_noted_when_there_is_room_and_not_sent_again) {
  ScheduleWorld world;
  using Room = archive::store::Faults::Room;
  world.courier.meanwhile = [&](const auto&) { world.fill_medium(Room::none); };
  world.accept(letter_to("a@far.example"));
  world.advance(5min);
  BOOST_TEST(world.entries().size() == 1u);
  world.fill_medium(Room::plenty);
  world.advance(1h);
  BOOST_TEST(world.entries().empty());
  BOOST_TEST(world.courier.handed.size() == 1u);
  world.restart();
  world.advance(1h);
  BOOST_TEST(world.courier.handed.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
