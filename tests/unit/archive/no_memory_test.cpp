/// What is thrown on the committing thread: memory that cannot be had, at every single allocation outside the store, and a
/// store that throws. Nobody goes without an answer, no answer says safe of what is not, and what is written afterwards goes
/// over nothing.
#include <algorithm>
#include <cstdlib>
#include <new>
#include <stdexcept>

#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "tests/support/archive_mailbox.hpp"
#include "tests/support/store_over.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::ArchiveWorld;
using test::Letter;

namespace {
thread_local long fail_at = 0;  ///< 0: never; else counted down by each allocation
}

void* operator new(std::size_t size) {
  if (fail_at > 0 && --fail_at == 0) throw std::bad_alloc();
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (fail_at > 0 && --fail_at == 0) return nullptr;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

enum class Throw { never, before_commit, after_commit };

/// The memory engine, which has memory when everybody else has none, with a commit that throws on command.
class ThrowingStore final : public test::StoreOver {
 public:
  explicit ThrowingStore(store::MemoryDisk& disk) : StoreOver(std::make_unique<store::MemoryStore>(disk, 64)) {}
  Throw now = Throw::never;

  base::Result<> commit(std::span<const store::Batch> batches, store::Sync sync) override {
    const auto suspended = std::exchange(fail_at, 0);
    if (now == Throw::before_commit) throw std::runtime_error("before");
    auto committed = under().commit(batches, sync);
    if (now == Throw::after_commit) throw std::runtime_error("after");
    fail_at = suspended;
    return committed;
  }
};

constexpr std::size_t members = 3;

struct Answers {
  std::vector<int> count = std::vector<int>(members);
  std::vector<std::optional<Position>> safe = std::vector<std::optional<Position>>(members);
};

/// One machine, from a start to an end in good order.
class Life {
 public:
  explicit Life(ArchiveWorld& world) : store(world.disk) {
    auto opened = Archive::open(store, world.options, world.clock, world.random, Threading::inline_);
    BOOST_REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().text()));
    archive = std::move(*opened);
  }

  void submit(Answers& answers) {
    for (std::size_t i = 0; i < members; ++i) {
      auto letter = Letter("letter " + std::to_string(i)).to("bob@example.org").file("u" + std::to_string(i) + "@example.org");
      letter.enqueue(routing::EntryKind::relay, "mx:far.example");
      archive->accept(letter.arrive(store), [&answers, i](const base::Result<Accepted>& accepted) {
        answers.count[i] += 1;
        if (accepted) answers.safe[i] = accepted->position;
      });
    }
  }
  void pump() {
    while (archive->pump()) {
    }
  }
  /// One group after another, with the allocation `at` failing. false: there were fewer.
  bool pump_without_memory(long at) {
    fail_at = at;
    pump();
    return std::exchange(fail_at, 0) == 0;
  }

  ThrowingStore store;
  std::unique_ptr<Archive> archive;
};

/// After a start: what was said to be safe is there, and the journal is whole.
void require_truth(ArchiveWorld& world, const Answers& answers, const std::string& when) {
  Life life(world);
  const auto verdict = journal::verify(life.store, std::as_const(life.store).bodies(), {0, journal::Depth::bodies}, {});
  BOOST_REQUIRE(verdict);
  BOOST_TEST(verdict->faults.empty(), when);
  for (std::size_t i = 0; i < members; ++i) {
    BOOST_TEST(answers.count[i] == 1, when << ", member " << i);
    if (!answers.safe[i]) continue;
    const auto entry = journal::read(life.store, *answers.safe[i]);
    BOOST_TEST((entry && entry->facts.received == base::sha256("letter " + std::to_string(i))), when << ", member " << i);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(no_memory)

BOOST_AUTO_TEST_CASE(a_commit_without_memory_answers_each_member_once_and_truthfully) {
  bool failed = true;
  long at = 1;
  int stopped = 0;
  for (; failed; ++at) {
    ArchiveWorld world;
    Answers answers, later;
    {
      Life life(world);
      life.submit(answers);
      failed = life.pump_without_memory(at);
      life.submit(later);
      life.pump();
      // Who refuses everything from now on must be seen to, for then the process ends and is started anew.
      const bool taken = std::ranges::all_of(later.safe, [](const auto& safe) { return safe.has_value(); });
      BOOST_TEST(life.archive->stopped() == !taken, "allocation " << at);
      stopped += life.archive->stopped() ? 1 : 0;
    }
    const auto when = "allocation " + std::to_string(at);
    require_truth(world, answers, when);
    require_truth(world, later, when + ", afterwards");
  }
  BOOST_TEST(at > 100);
  BOOST_TEST(stopped > 0);
  BOOST_TEST(stopped < at / 2);
}

BOOST_AUTO_TEST_CASE(a_store_that_throws_fails_the_group_and_nothing_is_written_over_what_it_may_have_stored) {
  for (auto when : {Throw::before_commit, Throw::after_commit}) {
    ArchiveWorld world;
    Answers answers, later, again;
    {
      Life life(world);
      BOOST_TEST(!life.archive->stopped());
      life.store.now = when;
      life.submit(answers);
      life.pump();
      BOOST_TEST(life.archive->stopped());
      life.store.now = Throw::never;
      life.submit(later);
      life.pump();
    }
    for (std::size_t i = 0; i < members; ++i) {
      BOOST_TEST(!answers.safe[i]);
      BOOST_TEST(!later.safe[i]);  // until the next start
    }
    require_truth(world, answers, "the group");
    require_truth(world, later, "the next one");
    Life life(world);
    BOOST_TEST(journal::read_numbers(life.store, 0)->frontier.size() == (when == Throw::after_commit ? members : 0u));
    life.submit(again);
    life.pump();
    for (std::size_t i = 0; i < members; ++i) BOOST_TEST((again.safe[i] == std::optional(Position{0, i})));
  }
}

BOOST_AUTO_TEST_SUITE_END()
