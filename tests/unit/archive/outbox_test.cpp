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

/// One entry for one hop: a relayed recipient, and a copy that the hop refused for good.
outbox::Entry held_copy(ArchiveWorld& world) {
  Letter letter("copy");
  letter.to("x@far.example").enqueue(EntryKind::relay, "route:*");
  letter.to("bob@example.org").enqueue(EntryKind::copy, "route:*");
  BOOST_REQUIRE(world.accept(letter));
  auto entry = world.entries().at(0);
  entry.attempts = 1;
  entry.next_attempt += std::chrono::hours(1);
  entry.targets[1].state = outbox::State::held;
  entry.targets[1].last_reply = {550, "5.7.1", "not here"};
  entry.targets[1].last_host = "host.example";
  BOOST_REQUIRE(world.settle({{entry.id, entry}}));
  return world.entries().at(0);
}

/// As `queue release`.
void release(ArchiveWorld& world, outbox::Entry entry) {
  for (auto& target : entry.targets)
    if (target.state == outbox::State::held) target.state = outbox::State::pending;
  entry.next_attempt = world.clock.now();
  BOOST_REQUIRE(world.change([&](commit::Stage& stage, commit::Owners& owners) { return owners.outbox.change(stage, entry); }));
}

/// The ids that the log of a hop names, in order, from `from` on.
std::vector<std::string> logged(ArchiveWorld& world, store::Shard shard, std::uint64_t from = 0) {
  std::vector<std::string> ids;
  const auto records = world.store().subscribe(shard, from, {})->next(100'000);
  BOOST_REQUIRE(records);
  for (const auto& record : *records) ids.push_back(outbox::Id::from_key(shard.id, record.record.substr(1)).text());
  return ids;
}

void spoil(ArchiveWorld& world, const outbox::Id& id) {
  store::Batch batch(id.where());
  batch.put(store::Table::outbox, id.key(), std::string("\x01\xff\xff", 3));
  BOOST_REQUIRE(world.store().commit(std::span(&batch, 1), store::Sync::now));
}

/// A store whose cursors end with an error, as where a block of the medium cannot be read.
class BrokenReader final : public store::Reader {
 public:
  base::Result<std::optional<std::string>> get(store::Shard, store::Table, std::string_view) const override {
    return base::fail("broken", base::errc::io);
  }
  std::unique_ptr<store::Cursor> scan(store::Shard, store::Table, std::string_view, std::string_view) const override {
    return std::make_unique<Broken>();
  }
  std::unique_ptr<store::Cursor> scan_last(store::Shard, store::Table) const override { return std::make_unique<Broken>(); }
  base::Result<std::vector<store::Shard>> shards(store::Table) const override { return std::vector<store::Shard>(); }

 private:
  struct Broken final : store::Cursor {
    bool valid() const override { return false; }
    std::string_view key() const override { return {}; }
    std::string_view value() const override { return {}; }
    void next() override {}
    void previous() override {}
    base::Result<> status() const override { return base::fail("broken", base::errc::damaged); }
  };
};
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

BOOST_AUTO_TEST_CASE(a_target_that_is_released_while_another_is_on_its_way_is_tried_again) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  auto attempted = held_copy(world);  // as the attempt for the other one read it
  world.clock.advance(std::chrono::minutes(5));
  release(world, attempted);
  attempted.attempts = 2;
  attempted.targets[0].last_reply = {451, "4.3.0", "later"};
  attempted.next_attempt += std::chrono::hours(2);
  BOOST_REQUIRE(world.settle({{attempted.id, attempted}}));
  const auto now = world.entries().at(0);
  BOOST_TEST((now.targets[1].state == outbox::State::pending));
  BOOST_TEST((now.next_attempt == world.clock.now()));
  BOOST_TEST(now.targets[0].last_reply.code == 451);
  BOOST_TEST(now.attempts == 2u);
}

BOOST_AUTO_TEST_CASE(a_target_that_is_refused_in_the_same_words_after_its_release_is_held_again) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  const auto held = held_copy(world);
  release(world, held);
  auto attempted = world.entries().at(0);  // this attempt began after the release
  BOOST_TEST((attempted.targets[1].state == outbox::State::pending));
  attempted.targets[1] = held.targets[1];
  BOOST_REQUIRE(world.settle({{attempted.id, attempted}}));
  BOOST_TEST((world.entries().at(0).targets[1].state == outbox::State::held));
}

BOOST_AUTO_TEST_CASE(the_log_of_a_hop_names_every_entry_that_changed_or_ended) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(to_far(1)));
  BOOST_REQUIRE(world.accept(Letter("second").to("z@far.example").enqueue(EntryKind::relay, "mx:far.example")));
  const auto entries = world.entries();
  const auto shard = entries.at(0).id.where();
  using Ids = std::vector<std::string>;
  BOOST_TEST(logged(world, shard).empty());  // what is added follows from the journal
  BOOST_REQUIRE(world.settle({{entries[1].id, entries[1]}}));
  release(world, entries[0]);
  BOOST_REQUIRE(world.settle({{entries[1].id, std::nullopt}}));
  BOOST_REQUIRE(world.settle({{entries[1].id, std::nullopt}}));  // it has ended: nothing happens
  BOOST_REQUIRE(world.accept(Letter("bounce").from_nobody().to("x@y.example").made("u").settle({entries[0].id, std::nullopt})));
  const Ids all{"0.1.0", "0.0.0", "0.1.0", "0.0.0"};
  BOOST_TEST((logged(world, shard) == all));
  world.close();
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(Letter("third").to("z@far.example").enqueue(EntryKind::relay, "mx:far.example")));
  BOOST_REQUIRE(world.settle({{world.entries().at(0).id, std::nullopt}}));
  BOOST_TEST(logged(world, shard, 5).empty());  // it is not durable yet
  BOOST_REQUIRE(world.store().commit({}, store::Sync::now));
  BOOST_TEST((logged(world, shard, 5) == Ids{"0.3.0"}));  // goes on where it was
}

BOOST_AUTO_TEST_CASE(the_log_of_a_hop_keeps_the_last_and_no_more) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(to_far(1)));
  const auto entry = world.entries().at(0);
  for (std::uint64_t i = 0; i < outbox::log_kept + 10; ++i) {
    world.archive().settle({{entry.id, entry}}, [](const base::Result<>& settled) { BOOST_TEST(settled.has_value()); });
    if (i % 100 == 0) world.pump();
  }
  world.pump();
  BOOST_REQUIRE(world.change([](auto&, auto&) -> base::Result<> { return {}; }));
  BOOST_REQUIRE(world.store().commit({}, store::Sync::now));
  const auto records = world.store().subscribe(entry.id.where(), 0, {})->next(100'000);
  BOOST_REQUIRE(records);
  BOOST_TEST(records->size() == outbox::log_kept);
  BOOST_TEST(records->front().sequence == 11u);
}

BOOST_AUTO_TEST_CASE(a_member_that_is_taken_back_leaves_no_gap_and_no_word_in_the_log) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(to_far(1)));
  const auto entry = world.entries().at(0);
  for (bool fails : {true, false, true, false})
    world.archive().change(
        [=](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
          if (auto changed = owners.outbox.change(stage, entry); !changed) return changed;
          if (fails) return base::fail("no", base::errc::refused);
          return {};
        },
        [](const base::Result<>&) {});
  world.pump();
  const auto records = world.store().subscribe(entry.id.where(), 0, {})->next(10);
  BOOST_REQUIRE(records);
  BOOST_TEST(records->size() == 2u);
  BOOST_TEST(records->back().sequence == 2u);
}

BOOST_AUTO_TEST_CASE(a_damaged_record_keeps_nobody_from_the_other_entries) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  for (int i = 0; i < 10; ++i) {
    auto letter = to_far(1);
    BOOST_REQUIRE(world.accept(letter.from("s" + std::to_string(i) + "@world.example")));
  }
  const auto entries = world.entries();
  const auto shard = entries[0].id.where();
  for (std::size_t i : {0, 3, 4, 9}) spoil(world, entries[i].id);
  std::vector<std::uint64_t> found;
  std::size_t damaged = 0;
  for (std::string after;;) {
    const auto page = outbox::read_page(world.store(), shard, after, 2);
    BOOST_REQUIRE(page);
    damaged += page->damaged.size();
    for (const auto& entry : page->entries) found.push_back(entry.id.position.index);
    if (page->entries.size() < 2) break;  // fewer than asked for: the end
    after = page->entries.back().id.key();
  }
  BOOST_TEST((found == std::vector<std::uint64_t>{1, 2, 5, 6, 7, 8}));
  BOOST_TEST(damaged == 4u);
  BOOST_TEST(world.archive().outbox_after(shard, {}, 100)->size() == 6u);
  BOOST_TEST(outbox::read_page(world.store(), shard, {}, 100)->damaged.at(0).text() == "0.0.0");
  world.close();
  BOOST_REQUIRE(world.open());
  BOOST_TEST(world.entries().size() == 6u);
}

BOOST_AUTO_TEST_CASE(a_store_that_cannot_be_read_is_no_outbox_without_entries) {
  const BrokenReader broken;
  const auto listed = outbox::list(broken, {store::ShardKind::outbox, 1}, {}, 10);
  BOOST_TEST((!listed && listed.error().code == base::errc::damaged));
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_replaced_by_what_an_attempt_left_and_can_be_removed) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(to_far(1)));
  auto entry = world.entries().at(0);
  spoil(world, entry.id);
  entry.attempts = 7;
  BOOST_REQUIRE(world.settle({{entry.id, entry}}));
  BOOST_TEST(world.entries().at(0).attempts == 7u);
  spoil(world, entry.id);
  const auto id = entry.id;
  BOOST_REQUIRE(world.change([id](commit::Stage& stage, commit::Owners& owners) { return owners.outbox.end(stage, id); }));
  BOOST_TEST(outbox::shards(world.store())->empty());
  BOOST_TEST(
      (world.change([id](commit::Stage& stage, commit::Owners& owners) { return owners.outbox.end(stage, id); }).error().code ==
       base::errc::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
