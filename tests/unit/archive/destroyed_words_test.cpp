/// What the master key opens of an account whose own key was destroyed: everything in the store but what was hers.
#include <algorithm>
#include <set>

#include "archive/endings/destroy.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "tests/support/archive_mailbox.hpp"
#include "tests/support/memory_key_ring.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::Letter;

namespace {

/// An archive on the engine that encrypts.
struct Machine {
  std::shared_ptr<test::MemoryKeyRing> ring = std::make_shared<test::MemoryKeyRing>();
  test::RocksHarness harness{[this] {
    auto setup = test::RocksSetup::told();
    setup.options.keys = ring;
    return setup;
  }()};
  sim::SimClock clock;
  sim::SimRandom random{1};
  std::unique_ptr<Archive> archive;

  Machine() { start(); }
  ~Machine() { archive.reset(); }
  void start() {
    directory::Options options;
    options.domains = {{"example.org", "example.org"}};
    options.templates["default"] = directory::Template{};
    options.undelivered = "undelivered@example.org";
    auto opened = Archive::open(harness.store(), options, clock, random, Threading::inline_);
    BOOST_REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().text()));
    archive = std::move(*opened);
  }
  void restart() {
    archive.reset();
    harness.reopen();
    start();
  }
  Position accept(const Letter& letter) {
    std::optional<base::Result<Accepted>> answer;
    archive->accept(letter.arrive(harness.store()), [&](base::Result<Accepted> accepted) { answer = std::move(accepted); });
    pump();
    BOOST_REQUIRE((answer && *answer));
    return (*answer)->position;
  }
  void change(Change how) {
    std::optional<base::Result<>> answer;
    archive->change(std::move(how), [&](base::Result<> done) { answer = std::move(done); });
    pump();
    BOOST_REQUIRE_MESSAGE((answer && *answer), (answer ? answer->error().text() : "no answer"));
  }
  void pump() {
    while (archive->pump()) {
    }
  }
  void deliver_all() {
    const auto shards = archive->outbox_shards();
    for (const auto& shard : *shards) {
      const auto entries = archive->outbox_after(shard, {}, 1000);
      for (const auto& entry : *entries)
        change([&](commit::Stage& stage, commit::Owners& owners) { return owners.outbox.end(stage, entry.id); });
    }
  }
  static base::Result<> passed_over(const base::Result<std::vector<Position>>& entries) {
    if (!entries) return std::unexpected(entries.error());
    BOOST_TEST(entries->empty());
    return {};
  }
  /// As `account destroy-key` does it.
  void destroy(const std::string& account) {
    const auto number = archive->directory().record(account)->number;
    change([&](commit::Stage& stage, commit::Owners& owners) { return owners.directory.remove(stage, account); });
    const auto entries = endings::entries_of(harness.store(), number);
    BOOST_REQUIRE(entries);
    change([&](commit::Stage& stage, commit::Owners& owners) {
      return passed_over(endings::free_places_of(stage, owners, entries->positions, account));
    });
    change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      owners.journal.tell_destruction(stage, {number, account, "she left"}, clock.now());
      return {};
    });
    BOOST_REQUIRE(ring->destroy(mailbox::shard_of(number)));
  }
  /// Which of the words stand in any key or value that opens, with the table; the octets of bodies that open among them.
  std::set<std::string> remembers(const std::vector<std::string>& words) {
    std::set<std::string> found;
    const auto look = [&](std::string_view where, std::string_view octets) {
      for (const auto& word : words)
        if (octets.find(word) != std::string_view::npos) found.insert(word + " in " + std::string(where));
    };
    auto& store = harness.store();
    for (const auto table : test::all_tables()) {
      const auto shards = store.shards(table);
      for (const auto& shard : *shards) {
        auto cursor = store.scan(shard, table);
        for (; cursor->valid(); cursor->next()) {
          const std::string where = "table " + std::to_string(static_cast<int>(table));
          look(where, cursor->key());
          look(where, cursor->value());
          if (table == store::Table::journal_log) {
            const auto sealed = journal::read_sealed(store, {0, base::Reader(cursor->key()).u64()});
            if (!sealed) continue;
            look("the common part", sealed->common.octets);
            for (const auto& part : sealed->parts) look("a part", part.octets);
          }
        }
      }
    }
    return found;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(destroyed_words)

BOOST_AUTO_TEST_CASE(no_word_of_her_mail_opens_in_any_table_after_her_key_was_destroyed) {
  Machine m;
  const std::vector<std::string> words{"quixotic", "sender-of-hers", "umbrageous-detail", "far.example"};
  const auto hers = [](const std::string& octets) { return Letter("quixotic " + octets).from("sender-of-hers@world.example"); };
  m.accept(hers("one").to("alice+umbrageous-detail@example.org").file("alice@example.org"));
  auto copied = hers("two").to("alice+umbrageous-detail@example.org").file("alice@example.org");
  copied.enqueue(routing::EntryKind::copy, "archive.example:25").owed();
  m.accept(copied);
  custody::Number number;
  number.number = 3;
  m.accept(hers("three").to("alice+umbrageous-detail@example.org").file("alice@example.org").under(number));
  auto away = Letter("quixotic four").from("alice@example.org").sent("alice@example.org").to("ext@far.example");
  away.enqueue(routing::EntryKind::relay, "mx:far.example");
  m.accept(away);
  m.accept(Letter("bobs words").to("bob@example.org").file("bob@example.org"));
  m.change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    const auto account = owners.directory.find("alice@example.org")->number;
    auto moved = owners.mailbox.copy(stage, account, "INBOX", 1, "\\Sent");
    if (!moved) return std::unexpected(moved.error());
    return owners.mailbox.expunge(stage, account, "INBOX", 1);
  });
  const auto before = m.remembers(words);
  for (const auto& word : words)
    BOOST_TEST(std::ranges::any_of(before, [&](const auto& each) { return each.starts_with(word); }), word);
  m.deliver_all();
  m.destroy("alice@example.org");
  for (const auto& where : m.remembers(words)) BOOST_ERROR(where);
  BOOST_TEST(!m.remembers({"bobs words"}).empty());
  m.restart();
  for (const auto& where : m.remembers(words)) BOOST_ERROR(where);
  const auto verdict = journal::verify(m.harness.store(), m.harness.store().bodies(), {{}, journal::Depth::bodies}, {});
  BOOST_REQUIRE(verdict);
  for (const auto& fault : verdict->faults) BOOST_ERROR(fault);
  BOOST_TEST(verdict->unreadable > 6u);
}

BOOST_AUTO_TEST_SUITE_END()
