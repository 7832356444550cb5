/// The outbox: what a plan enqueues, how it is split over entries, and what ends with an entry.
#include "archive/commit/outgoing.hpp"
#include "archive/outbox/owner.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using mail::smtp::Notify;
using routing::EntryKind;
using test::ArchiveWorld;
using test::Letter;

namespace {
Letter to_far(std::size_t recipients) {
  Letter letter("letter to " + std::to_string(recipients));
  for (std::size_t i = 0; i < recipients; ++i)
    letter.to("user" + std::to_string(i) + "@far.example").enqueue(EntryKind::relay, "mx:far.example");
  return letter;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(outbox_entries)

BOOST_AUTO_TEST_CASE(recipients_of_one_hop_leave_together_in_their_order_whatever_their_kind) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  Letter letter("one");
  letter.to("a@far.example").enqueue(EntryKind::relay, "mx:far.example");
  letter.to("b@near.example").enqueue(EntryKind::relay, "mx:near.example");
  letter.to("c@far.example").enqueue(EntryKind::relay, "mx:far.example").enqueue(EntryKind::copy, "mx:far.example");
  letter.to("list@example.org").enqueue(EntryKind::relay, "mx:far.example", "member@far.example");
  BOOST_REQUIRE(world.accept(letter));
  const auto entries = world.entries();
  BOOST_REQUIRE(entries.size() == 2u);
  BOOST_REQUIRE(entries[0].targets.size() == 4u);
  BOOST_TEST((entries[0].targets[2].kind == EntryKind::copy));
  BOOST_TEST(entries[0].targets[3].recipient.forward_path.text() == "member@far.example");
  BOOST_TEST(entries[1].hop.text == "mx:near.example");
  for (std::size_t i = 0; i < 2; ++i) BOOST_TEST(entries[i].id.ordinal == i);
}

BOOST_AUTO_TEST_CASE(entries_of_a_hop_come_in_order_of_acceptance) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  for (int i = 0; i < 300; ++i) {
    auto letter = to_far(1);
    BOOST_REQUIRE(world.accept(letter.from("s" + std::to_string(i) + "@world.example")));
  }
  const auto shard = outbox::shards(world.store())->front();
  std::string after;
  std::uint64_t index = 0;
  for (;;) {
    const auto page = outbox::list(world.store(), shard, after, 7);
    BOOST_REQUIRE(page);
    if (page->empty()) break;
    for (const auto& entry : *page) BOOST_TEST(entry.id.position.index == index++);
    after = page->back().id.key();
  }
  BOOST_TEST(index == 300u);
}

BOOST_AUTO_TEST_CASE(many_recipients_are_split_so_that_each_entry_fits_into_a_record_whatever_peers_answer) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(to_far(1000)));
  auto entries = world.entries();
  BOOST_TEST(entries.size() > 1u);
  std::set<std::string> recipients;
  for (auto& entry : entries) {
    BOOST_TEST(entry.encode().size() <= outbox::max_entry);
    for (auto& target : entry.targets) {
      recipients.insert(target.recipient.forward_path.text());
      target.state = outbox::State::failed;
      target.last_host = std::string(255, 'h');
      target.last_reply = {550, "5.1.1", std::string(2000, 'x')};
      target.last_reply.lines.resize(100, std::string(500, 'y'));
    }
    entry.held = "refused for good: " + std::string(100'000, 'z');
    BOOST_TEST(entry.encode().size() < store::Batch::max_value);
    BOOST_TEST(bool(world.settle({{entry.id, entry}})));
  }
  BOOST_TEST(recipients.size() == 1000u);
  BOOST_TEST(world.entries()[0].targets[0].last_reply.code == 550);
}

BOOST_AUTO_TEST_CASE(what_is_returned_or_reported_waits_in_an_entry_of_its_own_that_is_decided_already) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  Letter letter("one");
  letter.to("bob@example.org").file("bob@example.org").report(routing::Report::delivered);
  letter.to("nobody@example.org").returned({550, "5.1.1", "no such user"});
  letter.to("list@example.org").enqueue(EntryKind::relay, "mx:far.example", "m@far.example").report(routing::Report::expanded);
  letter.notify(Notify::success | Notify::failure);
  BOOST_REQUIRE(world.accept(letter));
  const auto entries = world.entries();
  BOOST_REQUIRE(entries.size() == 2u);
  BOOST_TEST(entries[0].hop.text == commit::report_hop.text);
  BOOST_TEST(!entries[0].pending());
  BOOST_REQUIRE(entries[0].targets.size() == 3u);
  BOOST_TEST((entries[0].targets[0].state == outbox::State::delivered));
  BOOST_TEST((entries[0].targets[1].state == outbox::State::failed));
  BOOST_TEST(entries[0].targets[1].last_reply.status == "5.1.1");
  BOOST_TEST(int(entries[1].targets[0].recipient.notify.bits) == int(Notify::failure));  // RFC 3461 §5.2.7.3
}

BOOST_AUTO_TEST_CASE(the_octets_stay_until_the_last_entry_of_the_message_in_its_hop_has_ended) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(to_far(200)));
  const auto entries = world.entries();
  BOOST_REQUIRE(entries.size() > 1u);
  store::Batch batch({store::ShardKind::journal, 0});  // as retention will, once it exists
  batch.release(entries[0].body);
  BOOST_REQUIRE(world.store().commit(std::span(&batch, 1), store::Sync::now));
  for (const auto& entry : entries) {
    BOOST_TEST(world.octets_of(entry.body) != "(gone)");
    BOOST_REQUIRE(world.settle({{entry.id, std::nullopt}}));
  }
  BOOST_TEST(world.octets_of(entries[0].body) == "(gone)");
  BOOST_TEST(world.entries().empty());
}

BOOST_AUTO_TEST_CASE(a_bounce_and_what_it_tells_of_are_one_commit) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(to_far(2)));
  auto entry = world.entries()[0];
  entry.targets[0].state = outbox::State::failed;
  entry.delay_told = true;
  BOOST_REQUIRE(world.accept(Letter("bounce").from_nobody().to("x@y.example").made("u").settle({entry.id, entry})));
  BOOST_TEST(world.entries()[0].delay_told);
  BOOST_REQUIRE(world.accept(Letter("bounce 2").from_nobody().to("x@y.example").made("v").settle({entry.id, std::nullopt})));
  BOOST_TEST(world.entries().empty());
  BOOST_TEST(bool(world.settle({{entry.id, entry}})));  // ended meanwhile: nothing comes back
  BOOST_TEST(world.entries().empty());
}

BOOST_AUTO_TEST_CASE(an_entry_is_found_by_its_text_wherever_it_lies) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(to_far(1)));
  const auto id = world.entries()[0].id;
  BOOST_TEST(id.text() == "0.0.0");
  BOOST_TEST((outbox::find(world.store(), "0.0.0")->id == id));
  for (const char* wrong : {"", "0", "0.0", "0.0.1", "1.0.0", "0.0.65536", "a.b.c", "0.0.0.0", "..", "-1.0.0"})
    BOOST_TEST((outbox::find(world.store(), wrong).error().code == base::errc::not_found), wrong);
}

BOOST_AUTO_TEST_CASE(what_an_administrator_holds_or_removes_during_an_attempt_stays_so) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(to_far(1)));
  auto attempted = world.entries().at(0);  // as the attempt read it
  auto held = attempted;
  held.held = "by the administrator";
  BOOST_REQUIRE(
      world.change([held](commit::Stage& stage, commit::Owners& owners) { return owners.outbox.change(stage, held); }));
  attempted.attempts = 1;
  BOOST_REQUIRE(world.settle({{attempted.id, attempted}}));
  BOOST_TEST(world.entries().at(0).held == "by the administrator");
  BOOST_TEST(world.entries().at(0).attempts == 1u);
  const auto id = attempted.id;
  BOOST_REQUIRE(world.change([id](commit::Stage& stage, commit::Owners& owners) { return owners.outbox.end(stage, id); }));
  BOOST_REQUIRE(world.settle({{attempted.id, attempted}}));
  BOOST_TEST(world.entries().empty());
}

BOOST_AUTO_TEST_SUITE_END()
