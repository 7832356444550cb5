/// `journal verify` against every kind of damage, and a start on a damaged journal.
#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using store::Table;
using test::ArchiveWorld;
using test::Letter;

namespace {

Letter to_many(std::size_t recipients) {
  Letter letter("Message-ID: <one@world.example>\r\n\r\nto " + std::to_string(recipients) + "\r\n");
  for (std::size_t i = 0; i < recipients; ++i) {
    const auto name = "u" + std::to_string(i) + "@example.org";
    letter.to(name).enqueue(routing::EntryKind::relay, "mx:example.org");
  }
  return letter;
}

/// Bodies whose octets have one bit wrong, or end too early.
class BadBodies final : public store::Bodies {
 public:
  enum class Fault { none, flipped, cut, gone };
  BadBodies(const store::Bodies& good, Fault fault) : good_(good), fault_(fault) {}
  std::unique_ptr<store::BodyWriter> create() override { return nullptr; }
  base::Result<std::uint64_t> sweep() override { return 0; }
  std::unique_ptr<store::BodyReader> open(const store::BodyRef& ref) const override {
    return std::make_unique<Bad>(good_.open(ref), fault_);
  }

 private:
  struct Bad final : store::BodyReader {
    Bad(std::unique_ptr<store::BodyReader> good, Fault fault) : good_(std::move(good)), fault_(fault) {}
    const store::BodyRef& ref() const override { return good_->ref(); }
    base::Result<std::string> read(std::uint64_t offset, std::size_t limit) override {
      if (fault_ == Fault::gone) return base::fail("chunk", base::errc::not_found);
      if (fault_ == Fault::cut && offset > 0) return std::string();
      auto piece = good_->read(offset, limit);
      if (piece && fault_ == Fault::flipped) piece->back() = static_cast<char>(piece->back() ^ 1);
      return piece;
    }
    std::unique_ptr<store::BodyReader> good_;
    Fault fault_;
  };
  const store::Bodies& good_;
  Fault fault_;
};

struct Written {
  ArchiveWorld world;
  Written() {
    BOOST_REQUIRE(world.open());
    for (std::size_t recipients : {1u, 900u, 2u}) BOOST_REQUIRE(world.accept(to_many(recipients)));
  }
  base::Result<journal::Verdict> verify(journal::Depth depth = journal::Depth::bodies) {
    return journal::verify(world.store(), world.store().bodies(), {0, depth}, {});
  }
  void put(Table table, const std::string& key, std::string value) {
    store::Batch batch(journal::shard_of(0));
    batch.put(table, key, std::move(value));
    BOOST_REQUIRE(world.store().commit(std::span(&batch, 1), store::Sync::now));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_verify)

BOOST_AUTO_TEST_CASE(a_sound_journal_has_no_faults_and_the_head_that_is_stored) {
  Written w;
  const auto verdict = w.verify();
  BOOST_REQUIRE(verdict);
  BOOST_TEST(verdict->faults.empty());
  BOOST_TEST(verdict->entries == 3u);
  BOOST_TEST(verdict->bodies == 3u);
  BOOST_TEST((verdict->root == journal::read_numbers(w.world.store(), 0)->frontier.root()));
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_in_any_record_of_the_journal_is_found) {
  Written w;
  const auto stored = test::dump(w.world.store());
  for (Table table : {Table::journal_log, Table::journal_more, Table::leaves, Table::journal_state}) {
    const auto& records = stored.at({table, journal::shard_of(0)});
    BOOST_TEST(!records.empty());
    for (const auto& [key, good] : records) {
      const bool applied = table == Table::journal_state && key == "p";
      const std::size_t step = good.size() > 500 ? 977 : 1;  // every bit of the small ones, some of each large one
      for (std::size_t bit = 0; bit < good.size() * 8; bit += step) {
        std::string bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
        w.put(table, key, bad);
        const auto verdict = w.verify(journal::Depth::records);
        const bool found = !verdict || !verdict->faults.empty();
        // A position applied that is too low costs a replay that changes nothing; only one that is too high is damage.
        const bool harmless = applied && base::Reader(std::string_view(bad).substr(1)).u64() <= 3 && bad[0] == 1;
        BOOST_TEST((found || harmless), "table " << static_cast<int>(table) << ", bit " << bit);
      }
      w.put(table, key, good);
    }
  }
  BOOST_TEST(w.verify()->faults.empty());
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_the_one_that_was_journaled_is_found) {
  Written w;
  using enum BadBodies::Fault;
  for (auto fault : {none, flipped, cut, gone}) {
    const BadBodies bodies(w.world.store().bodies(), fault);
    for (unsigned threads : {0u, 2u}) {
      journal::Extent extent{0, journal::Depth::bodies};
      extent.body_threads = threads;
      const auto verdict = journal::verify(w.world.store(), bodies, extent, {});
      BOOST_REQUIRE(verdict);
      BOOST_TEST(verdict->faults.size() == (fault == none ? 0u : 3u));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_missing_record_of_any_kind_is_found) {
  Written w;
  const auto stored = test::dump(w.world.store());
  for (Table table : {Table::journal_log, Table::journal_more, Table::leaves})
    for (const auto& [key, good] : stored.at({table, journal::shard_of(0)})) {
      store::Batch batch(journal::shard_of(0));
      batch.erase(table, key);
      BOOST_REQUIRE(w.world.store().commit(std::span(&batch, 1), store::Sync::now));
      BOOST_TEST(!w.verify(journal::Depth::records)->faults.empty());
      w.put(table, key, good);
    }
}

BOOST_AUTO_TEST_CASE(the_archive_does_not_open_on_a_journal_whose_head_and_log_differ) {
  for (bool shorter : {true, false}) {
    Written w;
    journal::Frontier other;
    for (int i = 0; i < (shorter ? 2 : 4); ++i) other.append(*journal::read_leaf(w.world.store(), {0, i % 3u}));
    w.put(Table::journal_state, "t", other.encode());
    w.world.close();
    const auto opened = w.world.open();
    BOOST_TEST((!opened && opened.error().code == base::errc::damaged));
  }
}

BOOST_AUTO_TEST_CASE(the_archive_does_not_open_where_an_entry_that_must_be_applied_is_missing) {
  Written w;  // the last group is applied again at every start
  store::Batch batch(journal::shard_of(0));
  batch.erase(Table::journal_log, base::Writer().u64(1).take());
  batch.put(Table::journal_state, "p", base::Writer(1).u64(0).take());
  BOOST_REQUIRE(w.world.store().commit(std::span(&batch, 1), store::Sync::now));
  w.world.close();
  BOOST_TEST(!w.world.open());
}

BOOST_AUTO_TEST_CASE(verify_stops_when_it_is_told_to) {
  Written w;
  int calls = 0;
  const auto verdict = journal::verify(w.world.store(), w.world.store().bodies(), {0, journal::Depth::records},
                                       [&](std::uint64_t done, std::uint64_t all) {
                                         BOOST_TEST(all == 3u);
                                         calls += 1;
                                         return done < 2;
                                       });
  BOOST_TEST((verdict.error().code == base::errc::shutting_down));
  BOOST_TEST(calls == 2);
}

BOOST_AUTO_TEST_SUITE_END()
