/// The end of parts of journal entries: what goes, what stays, who hears of it, and what `verify` makes of it.
#include "archive/journal/ending.hpp"

#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "archive/store/open.hpp"
#include "tests/support/archive_mailbox.hpp"
#include "tests/support/temp_dir.hpp"

using namespace understudy;
using namespace understudy::archive;
using journal::Endings;
using journal::PartName;
using store::Table;
using test::ArchiveWorld;
using test::Letter;

namespace {

constexpr std::optional<std::uint32_t> common = std::nullopt;

struct Written : ArchiveWorld {
  /// Three entries: for alice and bob, for 900, for carol.
  Written() {
    BOOST_REQUIRE(open());
    BOOST_REQUIRE(accept(Letter("for two").to("alice@secret.example").file("alice@example.org").to("bob@secret.example")));
    Letter many("for many");
    for (int i = 0; i < 900; ++i)
      many.to("u" + std::to_string(i) + "@example.org").enqueue(routing::EntryKind::relay, "mx:example.org");
    BOOST_REQUIRE(accept(many));
    BOOST_REQUIRE(accept(Letter("for one").to("carol@secret.example")));
  }

  base::Result<std::optional<Position>> end(std::vector<PartName> parts, std::string reason = "90 days after arrival") {
    std::optional<Position> told;
    auto changed = change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto ended = owners.journal.end(stage, {reason, parts}, clock.now());
      if (!ended) return std::unexpected(ended.error());
      told = *ended;
      return {};
    });
    if (!changed) return std::unexpected(changed.error());
    return told;
  }
  base::Result<std::optional<Position>> end(std::uint64_t index, std::optional<std::uint32_t> recipient) {
    return end({PartName{{0, index}, recipient}});
  }

  std::vector<std::string> found_faults(journal::Depth depth = journal::Depth::bodies) {
    auto verdict = journal::verify(store(), store().bodies(), {0, depth}, {});
    return verdict ? verdict->faults : std::vector<std::string>{verdict.error().text()};
  }
  void require_sound() {
    const auto found = found_faults();
    BOOST_REQUIRE_MESSAGE(found.empty(), (found.empty() ? "" : found.front()));
  }
  std::vector<base::Digest> leaves(std::uint64_t count) {
    std::vector<base::Digest> all;
    for (std::uint64_t i = 0; i < count; ++i) all.push_back(*journal::read_leaf(store(), {0, i}));
    return all;
  }
  bool journal_mentions(std::string_view text) {
    for (auto table : {Table::journal_log, Table::journal_more})
      for (auto cursor = store().scan(journal::shard_of(0), table); cursor->valid(); cursor->next())
        if (cursor->value().find(text) != std::string_view::npos) return true;
    return false;
  }
  void put(Table table, const std::string& key, std::string value) {
    store::Batch batch(journal::shard_of(0));
    batch.put(table, key, std::move(value));
    BOOST_REQUIRE(store().commit(std::span(&batch, 1), store::Sync::now));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ending)

BOOST_AUTO_TEST_CASE(a_part_that_ends_takes_its_octets_along_and_leaves_every_leaf_and_head_as_it_was) {
  Written w;
  const auto leaves = w.leaves(3);
  const auto head = journal::read_numbers(w.store(), 0)->frontier;
  const auto sealed = journal::read_sealed(w.store(), {0, 0});
  BOOST_TEST(w.journal_mentions("alice"));
  const auto told = w.end(0, 0u);
  BOOST_REQUIRE(told);
  BOOST_REQUIRE(*told);
  BOOST_TEST((*told)->text() == "0.3");
  BOOST_TEST(!w.journal_mentions("alice"));
  BOOST_TEST(!w.journal_mentions(sealed->parts[0].nonce));
  BOOST_TEST((w.leaves(3) == leaves));
  auto grown = head;  // what was proved of the three leaves is still true of them: the tree has grown by one, that is all
  grown.append(*journal::read_leaf(w.store(), {0, 3}));
  BOOST_TEST((journal::read_numbers(w.store(), 0)->frontier == grown));
  const auto left = journal::read_sealed(w.store(), {0, 0});  // what a proof of the other parts is made of
  BOOST_REQUIRE(left);
  BOOST_TEST((left->leaf() == leaves[0]));
  BOOST_TEST((left->parts[0].hash == sealed->parts[0].hash));
  BOOST_TEST(left->parts[1].nonce == sealed->parts[1].nonce);
  BOOST_TEST(left->common.octets == sealed->common.octets);
  BOOST_TEST((journal::ended_by(left->parts[0]) == std::optional<std::uint64_t>(3)));
  BOOST_TEST(journal::read(w.store(), {0, 0})->envelope.recipients[1].forward_path.local == "bob");
  w.require_sound();
}

BOOST_AUTO_TEST_CASE(the_body_goes_with_the_last_recipients_part_or_with_the_common_one) {
  Written w;
  const auto two = journal::read(w.store(), {0, 0})->body;
  const auto one = journal::read(w.store(), {0, 2})->body;
  const auto free_of = [&](const store::BodyRef& body) { return w.octets_of(body) == "(gone)"; };
  BOOST_REQUIRE(w.change([&](commit::Stage& stage, commit::Owners& owners) {  // alice's copy holds it, too
    return owners.mailbox.expunge(stage, w.number_of("alice@example.org"), "INBOX", 1);
  }));
  BOOST_REQUIRE(w.end(0, 1u));
  BOOST_TEST(!free_of(two));
  w.require_sound();
  BOOST_REQUIRE(w.end(0, 0u));
  BOOST_TEST(free_of(two));
  w.require_sound();
  BOOST_REQUIRE(w.end(2, common));
  BOOST_TEST(free_of(one));
  BOOST_TEST((journal::read(w.store(), {0, 2}).error().code == base::errc::not_found));
  w.require_sound();
  BOOST_REQUIRE(w.end(0, common));  // after its body
  w.require_sound();
  w.close();
  BOOST_TEST(w.disk.durable().unheld().empty());
}

BOOST_AUTO_TEST_CASE(a_body_that_a_mailbox_still_has_outlives_its_entry) {
  Written w;
  const auto body = journal::read(w.store(), {0, 0})->body;
  BOOST_REQUIRE(w.end({{{0, 0}, common}, {{0, 0}, 0u}, {{0, 0}, 1u}}));
  BOOST_TEST(w.octets_of(body) != "(gone)");
  w.require_sound();
}

BOOST_AUTO_TEST_CASE(a_follower_beyond_the_entry_hears_which_parts_ended_and_why) {
  Written w;
  int woken = 0;
  auto follower = w.store().subscribe(journal::shard_of(0), 3, [&] { ++woken; });
  BOOST_REQUIRE(w.end({{{0, 2}, common}, {{0, 0}, 1u}}, "asked for by bob"));
  BOOST_TEST(woken == 1);
  const auto heard = follower->next(10);
  BOOST_REQUIRE(heard);
  BOOST_REQUIRE(heard->size() == 1u);
  BOOST_TEST(heard->front().sequence == 3u);
  const auto sealed = journal::from_segments({0, 3}, {heard->front().record});
  BOOST_REQUIRE(sealed);
  const auto entry = journal::open(*sealed);
  BOOST_REQUIRE(entry);
  const Endings expected{"asked for by bob", {{{0, 0}, 1u}, {{0, 2}, common}}};
  BOOST_TEST((entry->endings == expected));
}

BOOST_AUTO_TEST_CASE(what_ended_does_not_end_again) {
  Written w;
  BOOST_REQUIRE(w.end(0, 0u));
  const auto before = test::dump(w.store());
  const auto again = w.end({{{0, 0}, 0u}, {{0, 0}, 0u}});
  BOOST_REQUIRE(again);
  BOOST_TEST(!*again);
  BOOST_TEST((test::dump(w.store()) == before));
  const auto some = w.end({{{0, 0}, 0u}, {{0, 0}, 1u}});
  BOOST_REQUIRE(some);
  BOOST_TEST(journal::read(w.store(), **some)->endings.parts.size() == 1u);
}

BOOST_AUTO_TEST_CASE(two_members_of_one_group_end_two_parts_of_one_entry) {
  Written w;
  int done = 0;
  for (std::uint32_t recipient : {0u, 1u})
    w.archive().change(
        [&w, recipient](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
          auto ended = owners.journal.end(stage, {"both", {{{0, 0}, recipient}}}, w.clock.now());
          if (!ended) return std::unexpected(ended.error());
          return {};
        },
        [&done](const base::Result<>& changed) { done += changed ? 1 : 0; });
  w.pump();
  BOOST_TEST(done == 2);
  const auto sealed = journal::read_sealed(w.store(), {0, 0});
  BOOST_TEST((journal::ended_by(sealed->parts[0]) == std::optional<std::uint64_t>(3)));
  BOOST_TEST((journal::ended_by(sealed->parts[1]) == std::optional<std::uint64_t>(4)));
  BOOST_TEST(!journal::needs_body(*sealed));
  w.require_sound();
}

BOOST_AUTO_TEST_CASE(an_entry_of_many_segments_gives_the_room_of_its_ended_parts_back) {
  Written w;
  const auto count = [&] {
    std::size_t segments = 0;
    for (auto cursor = w.store().scan(journal::shard_of(0), Table::journal_more); cursor->valid(); cursor->next()) ++segments;
    return segments;
  };
  const auto before = count();
  BOOST_REQUIRE(before > 0u);
  std::vector<PartName> parts;
  for (std::uint32_t i = 0; i < 899; ++i) parts.push_back({{0, 1}, i});
  BOOST_REQUIRE(w.end(parts));
  BOOST_TEST(count() < before);
  BOOST_TEST(journal::read(w.store(), {0, 1})->envelope.recipients[899].forward_path.local == "u899");
  w.require_sound();
}

BOOST_AUTO_TEST_CASE(what_may_not_end_does_not) {
  Written w;
  BOOST_REQUIRE(w.end(2, 0u));
  const auto before = test::dump(w.store());
  const auto code = [&](std::vector<PartName> parts, std::string reason = "x") {
    const auto ended = w.end(std::move(parts), std::move(reason));
    return ended ? boost::system::error_code() : ended.error().code;
  };
  BOOST_TEST((code({{{0, 4}, 0u}}) == base::errc::not_found));  // not there
  BOOST_TEST((code({{{1, 0}, 0u}}) == base::errc::not_found));  // another partition
  BOOST_TEST((code({{{0, 0}, 2u}}) == base::errc::not_found));  // no such recipient
  BOOST_TEST((code({{{0, 0}, 0u}, {{0, 0}, 9u}}) == base::errc::not_found));
  BOOST_TEST((code({{{0, 3}, common}}) == base::errc::refused));  // an ending itself
  BOOST_TEST((code(std::vector<PartName>(1001, PartName{{0, 0}, 0u})) == base::errc::too_long));
  BOOST_TEST((code({{{0, 0}, 0u}}, std::string(301, 'x')) == base::errc::too_long));
  BOOST_TEST((test::dump(w.store()) == before));
}

BOOST_AUTO_TEST_CASE(an_entry_that_may_not_be_applied_yet_does_not_end) {
  Written w;
  bool accepted = false, ended = true;
  w.archive().accept(Letter("new").to("dave@example.org").file("dave@example.org").arrive(w.store()),
                     [&](const base::Result<Accepted>& done) { accepted = bool(done); });
  w.archive().change(
      [&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
        auto end = owners.journal.end(stage, {"too early", {{{0, 3}, common}}}, w.clock.now());
        if (!end) return std::unexpected(end.error());
        return {};
      },
      [&](const base::Result<>& done) { ended = done || done.error().code != base::errc::refused; });
  w.pump();
  BOOST_TEST(accepted);
  BOOST_TEST(!ended);
  BOOST_REQUIRE(w.end(3, common));
  w.require_sound();
}

BOOST_AUTO_TEST_CASE(a_part_that_is_gone_without_an_ending_is_a_fault) {
  Written w;
  BOOST_REQUIRE(w.end(0, 0u));
  const auto key = base::Writer().u64(0).take();
  const auto good = *w.store().get(journal::shard_of(0), Table::journal_log, key);
  for (const std::uint64_t by :
       {std::uint64_t(0), std::uint64_t(2), std::uint64_t(3), std::uint64_t(4)}) {  // 3: of another part
    auto sealed = *journal::read_sealed(w.store(), {0, 0});
    journal::end_part(sealed.parts[1], by);
    w.put(Table::journal_log, key, journal::to_segments(sealed)[0]);
    BOOST_TEST(w.found_faults().size() == 1u, "by " << by);
  }
  auto sealed = *journal::read_sealed(w.store(), {0, 0});
  sealed.parts[1].octets.clear();  // by nothing
  w.put(Table::journal_log, key, journal::to_segments(sealed)[0]);
  BOOST_TEST(w.found_faults().size() == 1u);
  w.put(Table::journal_log, key, *good);
  w.require_sound();
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_in_what_is_left_of_an_entry_or_in_its_ending_is_found) {
  Written w;
  BOOST_REQUIRE(w.end(0, 0u));
  BOOST_REQUIRE(w.end(2, common));
  for (const std::uint64_t index : {0u, 2u, 3u, 4u}) {
    const auto key = base::Writer().u64(index).take();
    const auto good = **w.store().get(journal::shard_of(0), Table::journal_log, key);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      w.put(Table::journal_log, key, bad);
      BOOST_TEST(!w.found_faults(journal::Depth::records).empty(), "entry " << index << ", bit " << bit);
    }
    w.put(Table::journal_log, key, good);
  }
  w.require_sound();
}

BOOST_AUTO_TEST_CASE(a_power_cut_at_any_point_of_an_ending_leaves_all_of_it_or_nothing) {
  using store::Faults;
  for (auto kept : {Faults::Kept::none, Faults::Kept::some, Faults::Kept::all}) {
    for (std::uint64_t point = 1;; ++point) {
      Written w;
      w.faults().crash_at(w.faults().points() + point, kept, point);
      const bool told = w.end({{{0, 0}, 0u}, {{0, 1}, 5u}}).has_value();
      if (told && !w.store().stopped()) {
        BOOST_TEST(point > 2u);
        break;
      }
      w.cut(kept, point);
      BOOST_REQUIRE(w.open());
      w.require_sound();
      const auto first = journal::read_sealed(w.store(), {0, 0}), second = journal::read_sealed(w.store(), {0, 1});
      BOOST_TEST(journal::is_ended(first->parts[0]) == journal::is_ended(second->parts[5]));
      if (told) BOOST_TEST(journal::is_ended(first->parts[0]));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_ending_is_shown_as_an_entry_that_brings_nothing_and_a_start_makes_nothing_of_it) {
  Written w;
  BOOST_REQUIRE(w.end(0, 0u));
  const auto entry = journal::read(w.store(), {0, 3});
  BOOST_REQUIRE(entry);
  BOOST_TEST(entry->envelope.recipients.empty());
  BOOST_TEST((entry->plan.marks == std::vector<std::string>{"ending"}));
  auto before = test::dump(w.store());
  w.close();
  BOOST_REQUIRE(w.open());
  auto after = test::dump(w.store());
  BOOST_TEST((before == after));
}

BOOST_AUTO_TEST_CASE(a_record_that_is_replaced_is_no_append_unless_this_group_appends_it) {
  Written w;
  const auto shard = journal::shard_of(0);
  commit::Stage stage(w.store());
  stage.replace(shard, 1, "over an old one");
  auto batches = stage.take();
  BOOST_REQUIRE(batches.size() == 1u);
  BOOST_TEST(!batches[0].logged());
  BOOST_TEST(batches[0].operations().size() == 1u);
  stage.append(shard, 7, "new");
  stage.replace(shard, 7, "newer");
  BOOST_TEST(**stage.get(shard, Table::journal_log, base::Writer().u64(7).take()) == "newer");
  stage.replace(shard, 1, "over an old one");
  batches = stage.take();
  BOOST_REQUIRE(batches.size() == 1u);
  BOOST_TEST((batches[0].logged() == std::optional<std::uint64_t>(7)));
}

BOOST_AUTO_TEST_CASE(a_replacement_that_is_not_synced_keeps_no_subscriber_from_what_is_durable) {
  const sim::TempDir directory;
  sim::SimClock clock;
  sim::SimRandom random{1};
  store::Options options;
  options.directory = (directory.path() / "data").string();
  auto store = store::open_store(options, clock, random);
  BOOST_REQUIRE(store);
  const auto shard = journal::shard_of(0);
  commit::Stage stage(**store);
  for (std::uint64_t sequence = 0; sequence < 3; ++sequence) stage.append(shard, sequence, "as it was");
  BOOST_REQUIRE((*store)->commit(stage.take(), store::Sync::now));
  auto follower = (*store)->subscribe(shard, 1, {});
  stage.replace(shard, 0, "as it is");
  BOOST_REQUIRE((*store)->commit(stage.take(), store::Sync::later));
  const auto heard = follower->next(10);
  BOOST_REQUIRE(heard);
  BOOST_TEST(heard->size() == 2u);
  follower.reset();
}

BOOST_AUTO_TEST_SUITE_END()
