/// Two journal partitions on one store, their groups in turn: the power goes between any two shards, and each partition repairs
/// what its own entries lack, whatever the other has done to the same mailboxes.
#include "archive/accept.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "archive/outbox/owner.hpp"
#include "archive/recovery.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using store::Faults;
using test::Letter;

namespace {

constexpr std::uint16_t partitions = 2;
const std::vector<std::string> users = {"a@example.org", "b@example.org", "c@example.org"};

Letter letter(int number) {
  Letter one("Message-ID: <" + std::to_string(number) + "@world.example>\r\n\r\n" + std::string(150, 'x') + "\r\n");
  const auto& first = users[static_cast<std::size_t>(number) % users.size()];
  const auto& second = users[static_cast<std::size_t>(number + 1) % users.size()];
  one.to(first).file(first).to(second).file(second).to("x@far.example").enqueue(routing::EntryKind::relay, "mx:far.example");
  return one;
}

/// A store with two committers, driven by hand.
class TwoPartitions {
 public:
  TwoPartitions(store::MemoryDisk& disk, Faults& faults, base::Clock& clock, base::Random& random)
      : clock_(clock), store_(disk, faults, 64), live_(options(), clock, store_) {
    for (std::uint16_t p = 0; p < partitions; ++p)
      owners_.push_back(std::make_unique<commit::Owners>(store_, clock, random, live_, p));
  }

  bool open() {
    if (!store_.bodies().sweep()) return false;
    for (auto& owners : owners_) {
      if (!owners->journal.load() || !owners->directory.load()) return false;
      if (!recover(store_, *owners, live_)) return false;
      forget();
    }
    return true;
  }

  /// One group of this partition. false: not answered.
  bool accept(std::uint16_t partition, const std::vector<Letter>& letters) {
    auto& owners = *owners_[partition];
    commit::Stage stage(store_);
    for (const auto& one : letters)
      if (!stage_arrival(stage, owners, live_, one.arrive(store_), clock_.now())) return false;
    owners.journal.finish(stage);
    const auto batches = stage.take();
    const bool committed = bool(store_.commit(batches, store::Sync::now));
    if (committed) {
      owners.journal.committed();
      owners.directory.committed();
      static_cast<void>(owners.outbox.committed());
    }
    forget();
    return committed;
  }

  store::MemoryStore& store() { return store_; }
  const directory::Live& live() const { return live_; }

 private:
  static directory::Options options() {
    directory::Options options;
    options.domains = {{"example.org", "example.org"}};
    options.templates["default"] = directory::Template{};
    return options;
  }
  /// What one committer did, the other does not know: numbers of the directory and of the mailboxes are read again.
  void forget() {
    for (auto& owners : owners_) {
      owners->forget();
      static_cast<void>(bool(owners->directory.load()));
    }
  }

  base::Clock& clock_;
  store::MemoryStore store_;
  directory::Live live_;
  std::vector<std::unique_ptr<commit::Owners>> owners_;
};

/// How often each journal entry lies in each place.
std::map<std::string, int> places(TwoPartitions& archive) {
  std::map<std::string, int> found;
  for (const auto& user : users) {
    const auto record = archive.live().record(user);
    if (!record) continue;
    const auto inbox = mailbox::find_folder(archive.store(), record->number, "INBOX");
    BOOST_REQUIRE(inbox);
    const auto listed = mailbox::messages(archive.store(), record->number, inbox->number, 1, 1000);
    BOOST_REQUIRE(listed);
    for (const auto& message : *listed) found[user + " " + message.message.position.text()] += 1;
  }
  const auto hops = outbox::shards(archive.store());
  BOOST_REQUIRE(hops);
  for (const auto& hop : *hops) {
    const auto entries = outbox::list(archive.store(), hop, {}, 1000);
    BOOST_REQUIRE(entries);
    for (const auto& entry : *entries) found["hop " + entry.id.position.text()] += 1;
  }
  return found;
}

/// Every entry of every partition is in its three places once.
void check(TwoPartitions& archive) {
  const auto found = places(archive);
  std::size_t entries = 0;
  for (std::uint16_t p = 0; p < partitions; ++p) {
    const auto verdict = journal::verify(archive.store(), archive.store().bodies(), {p, journal::Depth::bodies}, {});
    BOOST_REQUIRE(verdict);
    BOOST_TEST(verdict->faults.empty());
    entries += verdict->entries;
    for (std::uint64_t index = 0; index < verdict->entries; ++index) {
      const auto entry = journal::read(archive.store(), {p, index});
      BOOST_REQUIRE(entry);
      for (const auto& recipient : entry->plan.recipients)
        for (const auto& file : recipient.files) {
          const auto at = found.find(file.account + " " + entry->position.text());
          BOOST_TEST((at != found.end() && at->second == 1), file.account << " " << entry->position.text());
        }
    }
  }
  BOOST_TEST(found.size() == 3 * entries);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(several_partitions)

BOOST_AUTO_TEST_CASE(a_power_cut_between_any_two_shards_is_repaired_by_each_partition) {
  for (auto kept : {Faults::Kept::none, Faults::Kept::some, Faults::Kept::all, Faults::Kept::subset}) {
    std::uint64_t point = 0;
    for (bool crashed = true; crashed;) {
      BOOST_TEST_CONTEXT("point " << ++point << ", kept " << static_cast<int>(kept)) {
        store::MemoryDisk disk;
        sim::SimClock clock;
        sim::SimRandom random{point};
        std::uint64_t answered = 0;
        {
          Faults faults;
          TwoPartitions archive(disk, faults, clock, random);
          BOOST_REQUIRE(archive.open());
          faults.crash_at(faults.points() + point, kept, point);
          crashed = false;
          for (int group = 0; group < 4 && !crashed; ++group) {
            crashed = !archive.accept(group % 2, {letter(2 * group), letter(2 * group + 1)});
            if (!crashed) answered += 2;
          }
        }
        Faults faults;
        TwoPartitions archive(disk, faults, clock, random);
        BOOST_REQUIRE(archive.open());
        check(archive);
        std::uint64_t entries = 0;
        for (std::uint16_t p = 0; p < partitions; ++p) entries += journal::read_numbers(archive.store(), p)->frontier.size();
        BOOST_TEST(entries >= answered);
        BOOST_REQUIRE(archive.accept(1, {letter(100)}));
        check(archive);
      }
    }
    BOOST_TEST(point > 20u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
