/// The power goes at every point of a scripted run: between any two shards, before and after each sync, at each chunk. What was
/// answered is there once in every place; what was not is there at most once, and exactly once after the client sent it again.
#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "archive/outbox/owner.hpp"
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using routing::EntryKind;
using store::Faults;
using test::ArchiveWorld;
using test::Letter;

namespace {

const std::string alice = "alice@example.org", bob = "bob@example.org";

Letter letter(const std::string& name) {
  return Letter("Message-ID: <" + name + "@world.example>\r\n\r\n" + name + std::string(150, '.') + "\r\n");
}

/// The arrivals of the script; each runs in the order of its name, several in one group.
std::vector<std::vector<Letter>> groups() {
  auto to_new_mailbox = letter("a-new-mailbox").to(bob).file(bob);
  auto inbox_and_sent = letter("b-inbox-and-sent").from(alice).to(bob).file(bob).sent(alice);
  auto relay_and_copy = letter("c-relay-and-copy").from(alice).to("x@far.example").enqueue(EntryKind::relay, "mx:far.example");
  relay_and_copy.to("y@far.example").enqueue(EntryKind::relay, "mx:far.example");
  relay_and_copy.to(bob).file(bob).enqueue(EntryKind::copy, "route:*").sent(alice);
  auto reported = letter("d-reported").from(alice).to(bob).file(bob).report(routing::Report::delivered);
  reported.to("nobody@example.org").returned({550, "5.1.1", "no such user"});
  auto two_new = letter("e-two-new").to("carol@example.org").file("carol@example.org");
  two_new.to("dave@example.org").file("dave@example.org");
  return {{to_new_mailbox}, {inbox_and_sent, relay_and_copy, inbox_and_sent}, {reported, two_new}};
}

/// How often each letter lies in each place: "account/folder letter" and "hop recipient letter".
std::map<std::string, int> places(ArchiveWorld& world) {
  std::map<std::string, int> found;
  const auto name_of = [&](const store::BodyRef& body) {
    const auto octets = world.octets_of(body);
    const auto at = octets.find('<');
    return at == std::string::npos ? octets : octets.substr(at + 1, octets.find('@', at) - at - 1);
  };
  for (const auto& record : world.archive().directory().records()) {
    const auto folders = mailbox::folders(world.store(), record.number);
    BOOST_REQUIRE(folders);
    for (const auto& listed : *folders)
      for (const auto& message : world.messages(record.name, listed.folder.name))
        found[record.name + "/" + listed.folder.name + " " + name_of(message.message.body)] += 1;
  }
  for (const auto& entry : world.entries())
    for (const auto& target : entry.targets)
      found[entry.hop.text + " " + target.recipient.forward_path.text() + " " + name_of(entry.body)] += 1;
  return found;
}

/// The script. `answered`: how many steps were answered well.
class Script {
 public:
  explicit Script(ArchiveWorld& world) : world_(world) {}

  /// Runs from the step that was not answered; false: the power went.
  bool run() {
    while (done_ < steps) {
      if (!step(done_)) return false;
      done_ += 1;
    }
    return true;
  }
  std::size_t done() const { return done_; }

 private:
  static constexpr std::size_t steps = 6;

  bool step(std::size_t number) {
    switch (number) {
      case 0:
      case 1:
      case 2:
        return accept(groups()[number]);
      case 3:
        return change();
      case 4:
        return settle();
      default:
        return bounce();
    }
  }

  bool accept(const std::vector<Letter>& letters) {
    std::size_t answered = 0;
    for (const auto& one : letters)
      world_.archive().accept(one.arrive(world_.store()), [&](const auto& accepted) { answered += accepted ? 1 : 0; });
    world_.pump();
    return answered == letters.size();
  }

  /// A user's work; like a client, it looks before it does it again.
  bool change() {
    const auto number = world_.number_of(bob);
    return bool(world_.change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      if (mailbox::find_message(stage, number, 1, 1))
        if (auto moved = owners.mailbox.move(stage, number, "INBOX", 1, "Trash"); !moved) return std::unexpected(moved.error());
      if (mailbox::find_message(stage, number, 1, 2)) return owners.mailbox.expunge(stage, number, "INBOX", 2);
      return {};
    }));
  }

  std::optional<outbox::Entry> relay() {
    for (auto& entry : world_.entries())
      if (entry.hop.text == "mx:far.example") return entry;
    return std::nullopt;
  }

  bool settle() {
    auto entry = relay();
    if (!entry) return true;
    entry->attempts = 1;
    entry->targets[0].state = outbox::State::delivered;
    return bool(world_.settle({{entry->id, entry}}));
  }

  /// The second target fails: the bounce, and the end of what it tells of, are one commit.
  bool bounce() {
    auto entry = relay();
    if (!entry) return true;  // it was done, and not answered
    const auto made = letter("f-bounce").from_nobody().to(alice).file(alice).made("unique-1").settle({entry->id, std::nullopt});
    return bool(world_.accept(made));
  }

  ArchiveWorld& world_;
  std::size_t done_ = 0;
};

void check_whole(ArchiveWorld& world) {
  const auto verdict = journal::verify(world.store(), world.store().bodies(), {0, journal::Depth::bodies}, {});
  BOOST_REQUIRE(verdict);
  BOOST_TEST(verdict->faults.empty());
  for (const auto& [place, copies] : places(world)) {
    BOOST_TEST(copies == 1, place);
    BOOST_TEST(!place.ends_with("(gone)"), place);
  }
  const auto end = journal::read_numbers(world.store(), 0)->frontier.size();
  for (const auto& record : world.archive().directory().records()) {
    const auto state = mailbox::load_state(world.store(), record.number);
    BOOST_REQUIRE(state);
    BOOST_TEST(state->folders.size() == 6u, record.name);  // of the template, all of them
    for (const auto& [partition, applied] : state->applied) BOOST_TEST(applied <= end);
  }
}

void check_projection(ArchiveWorld& world) {
  std::vector<mailbox::AccountNumber> numbers;
  for (const auto& record : world.archive().directory().records()) numbers.push_back(record.number);
  const auto before = test::dump(world.store());
  world.close();
  {
    store::MemoryStore store(world.disk, 64);
    for (const auto number : numbers) BOOST_REQUIRE(mailbox::rebuild(store, number));
  }
  BOOST_REQUIRE(world.open());
  BOOST_TEST((test::dump(world.store()) == before));
  BOOST_TEST(world.disk.durable().unheld().empty());
}

/// What an undisturbed run leaves.
std::map<std::string, int> wanted() {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  Script script(world);
  BOOST_REQUIRE(script.run());
  check_whole(world);
  return places(world);
}

/// What the steps done so far must have left, whatever happened to the one after them.
std::map<std::string, int> wanted_after(std::size_t steps) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  const auto all = groups();
  for (std::size_t i = 0; i < std::min(steps, all.size()); ++i)
    for (const auto& one : all[i]) BOOST_REQUIRE(world.accept(one));
  return places(world);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(a_crash_at_any_point_loses_nothing_answered_and_doubles_nothing) {
  std::uint64_t draw = 0;
  const auto whole = wanted();
  BOOST_TEST(whole.size() >= 10u);
  for (auto kept : {Faults::Kept::none, Faults::Kept::some, Faults::Kept::all, Faults::Kept::subset, Faults::Kept::subset,
                    Faults::Kept::subset, Faults::Kept::subset}) {
    draw += 1000;
    std::uint64_t point = 0;
    for (bool crashed = true; crashed;) {
      BOOST_TEST_CONTEXT("point " << ++point << ", kept " << static_cast<int>(kept)) {
        ArchiveWorld world;
        BOOST_REQUIRE(world.open());
        world.faults().crash_at(world.faults().points() + point, kept, draw + point);
        Script script(world);
        crashed = !script.run();
        const auto done = script.done();
        world.cut(ArchiveWorld::Kept::all);
        BOOST_REQUIRE(world.open());
        const auto repaired = test::dump(world.store());
        world.close();
        BOOST_REQUIRE(world.open());
        BOOST_TEST((test::dump(world.store()) == repaired));  // the repair finds nothing more to do
        check_whole(world);
        const auto found = places(world);
        for (const auto& [place, copies] : wanted_after(done))
          if (done < 3 || whole.contains(place)) BOOST_TEST(found.contains(place), "answered and lost: " << place);
        check_projection(world);
        BOOST_REQUIRE(script.run());  // whoever was not answered comes again
        check_whole(world);
        BOOST_TEST((places(world) == whole));
        check_projection(world);
      }
    }
    BOOST_TEST(point > 40u);
  }
}

BOOST_AUTO_TEST_CASE(a_crash_while_the_crash_is_repaired_is_repaired_too) {
  const auto whole = wanted();
  for (std::uint64_t point = 1; point < 60; point += 3) {
    for (std::uint64_t second = 1;; ++second) {
      ArchiveWorld world;
      BOOST_REQUIRE(world.open());
      world.faults().crash_at(world.faults().points() + point, Faults::Kept::all);
      Script script(world);
      static_cast<void>(script.run());
      world.cut(ArchiveWorld::Kept::all);
      bool opened = false;
      {
        Faults faults;
        faults.crash_at(second, Faults::Kept::all);
        store::MemoryStore store(world.disk, faults, 64);
        opened = bool(Archive::open(store, world.options, world.clock, world.random, Threading::inline_));
      }
      BOOST_REQUIRE(world.open());
      check_whole(world);
      BOOST_REQUIRE(script.run());
      BOOST_TEST((places(world) == whole), "points " << point << " and " << second);
      if (opened) break;
    }
  }
}

BOOST_AUTO_TEST_CASE(whoever_gets_the_number_of_an_account_that_a_crash_took_gets_none_of_its_mail) {
  const std::string erin = "erin@example.org", frank = "frank@example.org";
  const auto add = [](ArchiveWorld& world, const std::string& name) {
    world.archive().change(
        [&world, name](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
          auto made = commit::find_or_make(stage, owners, world.archive().directory(), name, directory::MadeBy::command);
          if (!made) return std::unexpected(made.error());
          return {};
        },
        [](const base::Result<>&) {});
  };
  for (std::uint64_t point = 1; point < 24; ++point) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      ArchiveWorld world;
      BOOST_REQUIRE(world.open());
      world.faults().crash_at(world.faults().points() + point, Faults::Kept::subset, seed);
      add(world, erin);  // the journal does not know of him: his number is free again
      world.archive().accept(letter("g-secret").to(bob).file(bob).arrive(world.store()), [](const auto&) {});
      world.pump();
      world.cut(ArchiveWorld::Kept::all);
      BOOST_REQUIRE(world.open());
      check_whole(world);
      add(world, erin);
      add(world, frank);
      world.pump();
      BOOST_TEST(world.messages(erin).empty(), "point " << point << ", seed " << seed);
      BOOST_TEST(world.messages(frank).empty(), "point " << point << ", seed " << seed);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_failed_write_or_sync_at_any_place_is_told_and_stops_all_that_comes_after) {
  const auto whole = wanted();
  for (bool sync : {false, true}) {
    std::uint64_t at = 0;
    for (bool failed = true; failed;) {
      BOOST_TEST_CONTEXT((sync ? "sync " : "write ") << ++at) {
        ArchiveWorld world;
        BOOST_REQUIRE(world.open());
        if (sync)
          world.faults().fail_sync_at(world.faults().syncs() + at);
        else
          world.faults().fail_write_at(world.faults().writes() + at);
        Script script(world);
        failed = !script.run();
        if (failed) {
          BOOST_TEST(!world.accept(letter("later").to(bob).file(bob)));
          BOOST_TEST(!world.change([](auto&, auto&) -> base::Result<> { return {}; }));
          BOOST_TEST(!world.settle({}));
        }
        world.cut(ArchiveWorld::Kept::none);
        BOOST_REQUIRE(world.open());
        check_whole(world);
        BOOST_REQUIRE(script.run());
        BOOST_TEST((places(world) == whole));
      }
    }
    BOOST_TEST(at > 5u);
  }
}

BOOST_AUTO_TEST_CASE(when_account_and_outbox_have_let_go_the_journal_still_holds_the_octets) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  auto one = letter("kept").to(bob).file(bob);
  one.to("x@far.example").enqueue(EntryKind::relay, "mx:far.example");
  BOOST_REQUIRE(world.accept(one));
  const auto body = world.messages(bob)[0].message.body;
  const auto number = world.number_of(bob);
  BOOST_REQUIRE(world.change([&](auto& stage, auto& owners) { return owners.mailbox.expunge(stage, number, "INBOX", 1); }));
  BOOST_REQUIRE(world.settle({{world.entries()[0].id, std::nullopt}}));
  world.close();
  BOOST_REQUIRE(world.open());
  BOOST_TEST((places(world).empty()));
  BOOST_TEST(world.octets_of(body) == one.handed());
  BOOST_TEST(*world.store().bodies().sweep() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
