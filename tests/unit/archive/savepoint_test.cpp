/// A member of a group that fails leaves no trace, whatever it staged before: two archives do the same work, and one of them
/// has failing members in between.
#include <random>

#include "archive/accept.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::ArchiveWorld;
using test::Letter;

namespace {

using Operation = std::function<base::Result<>(commit::Stage&, commit::Owners&)>;

/// What the schedule was told, in order.
struct Heard final : commit::Observer {
  std::vector<std::string> heard;
  void outbox_changed(outbox::Changes changes) override {
    for (const auto& entry : changes.added) heard.push_back("added " + entry.id.text());
    for (const auto& entry : changes.changed) heard.push_back("changed " + entry.id.text());
    for (const auto& id : changes.ended) heard.push_back("ended " + id.text());
  }
};

base::Result<> nothing_of(const auto& result) {
  if (!result) return std::unexpected(result.error());
  return {};
}

class Twin {
 public:
  Twin() {
    world.options.create_limit = 100'000;
    BOOST_REQUIRE(world.open());
    world.archive().set_observer(&heard);
  }

  /// The same for both twins where they are in the same state and `draw` is.
  Operation make(std::mt19937_64& draw) {
    const auto kind = draw() % 10;
    const std::string name = "u" + std::to_string(draw() % 5) + "@example.org";
    const auto uid = static_cast<mailbox::Uid>(1 + draw() % 6);
    const auto pick = draw();
    const auto number = world.number_of(name);
    if (kind < 4 || number == 0) return arrival(name, pick);
    if (kind == 4) return account(name, pick);
    if (kind == 5) return settlement(pick);
    return [=](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      mailbox::Flags flags;
      flags.system = mailbox::Flags::seen;
      const std::string folder = "F" + std::to_string(pick % 3);
      if (kind == 6) return owners.mailbox.set_flags(stage, number, "INBOX", uid, flags);
      if (kind == 7) return nothing_of(owners.mailbox.move(stage, number, "INBOX", uid, "Trash"));
      if (kind == 8) return owners.mailbox.expunge(stage, number, "INBOX", uid);
      if (pick % 2 == 0) return owners.mailbox.make_folder(stage, number, folder, {});
      return owners.mailbox.rename_folder(stage, number, folder, folder + "/x");
    };
  }

  ArchiveWorld world;
  Heard heard;

 private:
  Operation arrival(const std::string& name, std::uint64_t pick) {
    Letter letter("Message-ID: <" + std::to_string(pick % 40) + "@x>\r\n\r\n" + std::string(pick % 300, 'x'));
    letter.to(name).file(name).to("x@far.example").enqueue(routing::EntryKind::relay, "mx:" + std::to_string(pick % 3));
    auto one = std::make_shared<const Arrival>(letter.arrive(world.store()));
    return [this, one](commit::Stage& stage, commit::Owners& owners) {
      return nothing_of(stage_arrival(stage, owners, world.archive().directory(), *one, world.clock.now()));
    };
  }

  Operation account(const std::string& name, std::uint64_t pick) {
    return [=](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      if (pick % 3 == 0) return owners.directory.remove(stage, name);
      auto record = owners.directory.find(name);
      if (!record) return base::fail(name, base::errc::not_found);
      record->aliases = {"alias" + std::to_string(pick % 7) + "@example.org"};
      return owners.directory.change(stage, *record);
    };
  }

  Operation settlement(std::uint64_t pick) {
    const auto entries = world.entries();
    if (entries.empty()) return [](commit::Stage&, commit::Owners&) -> base::Result<> { return {}; };
    auto entry = entries[pick % entries.size()];
    entry.attempts += 1;
    const auto left = pick % 2 == 0 ? std::optional(entry) : std::nullopt;
    return
        [id = entry.id, left](commit::Stage& stage, commit::Owners& owners) { return owners.outbox.settle(stage, id, left); };
  }
};

/// All but the journal, whose nonces are drawn.
test::Dump projections(ArchiveWorld& world) {
  auto all = test::dump(world.store());
  std::erase_if(all, [](const auto& table) { return table.first.second.kind == store::ShardKind::journal; });
  return all;
}

void require_same(Twin& plain, Twin& troubled, const std::string& when) {
  BOOST_REQUIRE_MESSAGE(projections(plain.world) == projections(troubled.world), when);
  BOOST_REQUIRE_MESSAGE(plain.heard.heard == troubled.heard.heard, when);
  for (int i = 0; i < 7; ++i) {
    const auto alias = "alias" + std::to_string(i) + "@example.org";
    const auto& a = plain.world.archive().directory();
    BOOST_REQUIRE_MESSAGE(a.alias_holder(alias) == troubled.world.archive().directory().alias_holder(alias), when);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(savepoint)

BOOST_AUTO_TEST_CASE(what_a_failing_member_staged_leaves_no_trace_whatever_it_was) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Twin plain, troubled;
    std::mt19937_64 draw(seed);
    for (int group = 0; group < 40; ++group) {
      for (auto members = 1 + draw() % 12; members > 0; --members) {
        const bool fails = draw() % 3 == 0;
        const auto of_plain = draw();
        std::mt19937_64 one(of_plain), other(of_plain);
        auto expected = plain.make(one);
        auto operation = troubled.make(other);  // of one that fails, too: both make the same bodies
        if (!fails) plain.world.archive().change(std::move(expected), [](const base::Result<>&) {});
        Change member = [fails, operation](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
          auto done = operation(stage, owners);
          if (fails) return base::fail("on purpose", base::errc::refused);
          return done;
        };
        troubled.world.archive().change(std::move(member), [](const base::Result<>&) {});
      }
      plain.world.pump();
      troubled.world.pump();
      require_same(plain, troubled, "seed " + std::to_string(seed) + ", group " + std::to_string(group));
    }
    const auto verdict =
        journal::verify(troubled.world.store(), troubled.world.store().bodies(), {0, journal::Depth::bodies}, {});
    BOOST_REQUIRE(verdict);
    BOOST_TEST(verdict->faults.empty());
    BOOST_TEST(verdict->entries == journal::read_numbers(plain.world.store(), 0)->frontier.size());
    plain.world.close();
    troubled.world.close();
    BOOST_TEST(troubled.world.disk.durable().bodies() == plain.world.disk.durable().bodies());
    BOOST_TEST(troubled.world.disk.durable().unheld().empty());
  }
}

BOOST_AUTO_TEST_CASE(a_group_half_of_which_fails_stages_each_member_once) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  constexpr int members = 500;
  std::vector<int> staged(members), answered(members);
  for (int i = 0; i < members; ++i)
    world.archive().change(
        [&staged, i](commit::Stage& stage, commit::Owners&) -> base::Result<> {
          ++staged[static_cast<std::size_t>(i)];
          stage.put({store::ShardKind::instance, 0}, store::Table::instance_state, std::to_string(i), "x");
          if (i % 2 == 1) return base::fail("full", base::errc::refused);
          return {};
        },
        [&answered, i](const base::Result<>& done) {
          ++answered[static_cast<std::size_t>(i)];
          BOOST_TEST(bool(done) == (i % 2 == 0));
        });
  BOOST_TEST(world.archive().pump());
  BOOST_TEST(world.archive().totals().groups == 1u);
  BOOST_TEST((staged == std::vector<int>(members, 1)));
  BOOST_TEST((answered == std::vector<int>(members, 1)));
  auto stored = test::dump(world.store()).at({store::Table::instance_state, {store::ShardKind::instance, 0}});
  stored.erase("numbers-life");
  BOOST_TEST(stored.size() == members / 2);
}

BOOST_AUTO_TEST_SUITE_END()
