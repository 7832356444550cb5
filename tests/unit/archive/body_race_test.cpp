/// Bodies on the engine of the program while everything happens at once: the same octets come from several senders, outbox
/// entries are settled, copies made and taken away, the sweep runs; and whoever reads a body that is named gets all of its
/// octets.
#include <atomic>
#include <future>
#include <random>
#include <thread>

#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "archive/outbox/owner.hpp"
#include "tests/support/archive_world.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::Letter;

namespace {

const std::vector<std::string> users = {"a@example.org", "b@example.org", "c@example.org"};

struct Read {
  base::Result<> whole;
  base::Digest digest{};
};

/// As a delivery does: piece by piece, to the size that the reference names.
Read read_all(const Archive& archive, const store::BodyRef& body, std::size_t piece_size) {
  const auto reader = archive.open_body(body);
  base::Sha256 digest;
  Read read;
  for (std::uint64_t offset = 0; offset < body.size;) {
    const auto piece = reader->read(offset, piece_size);
    if (!piece) {
      read.whole = std::unexpected(piece.error());
      return read;
    }
    if (piece->empty()) {
      read.whole = base::fail("ends at " + std::to_string(offset) + " of " + std::to_string(body.size), base::errc::damaged);
      return read;
    }
    digest.update(*piece);
    offset += piece->size();
  }
  read.digest = digest.finish();
  return read;
}

class Race {
 public:
  explicit Race(std::uint64_t seed) : seed_(seed) {
    directory::Options options;
    options.domains = {{"example.org", "example.org"}};
    options.templates["default"] = directory::Template{};
    auto opened = Archive::open(harness_.store(), options, clock_, random_, Threading::own);
    BOOST_REQUIRE(opened);
    archive_ = std::move(*opened);
  }

  void run() {
    std::vector<std::thread> senders, others;
    for (std::uint64_t i = 0; i < 4; ++i) senders.emplace_back([this, i] { send(seed_ * 100 + i); });
    others.emplace_back([this] { deliver(seed_ * 100 + 10); });
    others.emplace_back([this] { move_about(seed_ * 100 + 11); });
    for (std::uint64_t i = 0; i < 2; ++i) others.emplace_back([this, i] { look(seed_ * 100 + 12 + i); });
    others.emplace_back([this] { sweep(); });
    for (auto& thread : senders) thread.join();
    running_ = false;
    for (auto& thread : others) thread.join();
    archive_->close();
  }

  std::vector<std::string> faults;
  std::atomic<std::uint64_t> accepted = 0, resent = 0, delivered = 0, moved = 0, looked = 0;

  /// Everything that is left, once more and alone.
  void check_rest() {
    const auto verdict = journal::verify(harness_.store(), harness_.store().bodies(), {0, journal::Depth::bodies}, {});
    BOOST_REQUIRE(verdict);
    BOOST_TEST(verdict->faults.empty());
    BOOST_TEST(verdict->bodies == accepted - resent);
  }

 private:
  void fault(const std::string& what) {
    const std::lock_guard lock(mutex_);
    faults.push_back(what);
  }

  /// Waits until the change is durable.
  bool change(Change wanted) {
    std::promise<bool> promise;
    archive_->change(std::move(wanted), [&promise](const base::Result<>& done) { promise.set_value(bool(done)); });
    return promise.get_future().get();
  }

  void send(std::uint64_t seed) {
    std::mt19937_64 draw(seed);
    for (int i = 0; i < 250; ++i) {
      // All senders draw from the same messages, near each other in time: many are the same octets at once.
      const std::uint64_t number = static_cast<std::uint64_t>(i) / 2 + draw() % 4;
      static constexpr std::size_t sizes[] = {0, 10, 3000, 4060, 4096, 9000, 50'000};
      Letter letter("Message-ID: <" + std::to_string(number) + "@x>\r\n\r\n" +
                    test::noise(sizes[number % std::size(sizes)], number));
      const auto& user = users[draw() % users.size()];
      letter.from("alice@example.org").to(user).file(user).to("x" + std::to_string(draw() % 3) + "@far.example");
      letter.enqueue(routing::EntryKind::relay, "mx:" + std::to_string(draw() % 2)).sent("alice@example.org");
      std::promise<base::Result<Accepted>> promise;
      archive_->accept(letter.arrive(harness_.store()),
                       [&promise](base::Result<Accepted> answer) { promise.set_value(std::move(answer)); });
      const auto answer = promise.get_future().get();
      if (!answer) return fault("accept: " + answer.error().text());
      ++accepted;
      if (answer->resend) ++resent;
      if (auto entry = journal::read(harness_.store(), answer->position); !entry)
        fault("journal: " + entry.error().text());
      else
        compare("accepted " + answer->position.text(), entry->body, entry->facts.handed, draw);
    }
  }

  void compare(const std::string& what, const store::BodyRef& body, const base::Digest& wanted, std::mt19937_64& draw) {
    const auto read = read_all(*archive_, body, 1 + draw() % 10'000);
    if (!read.whole) return fault(what + ": " + read.whole.error().text());
    if (read.digest != wanted) fault(what + ": other octets");
  }

  /// Reads what is to leave, then settles it.
  void deliver(std::uint64_t seed) {
    std::mt19937_64 draw(seed);
    while (running_) {
      const auto shards = archive_->outbox_shards();
      if (!shards) return fault("outbox: " + shards.error().text());
      for (const auto& shard : *shards) {
        const auto entries = archive_->outbox_after(shard, {}, 20);
        if (!entries) return fault("outbox: " + entries.error().text());
        for (auto entry : *entries) {
          const auto journaled = journal::read(harness_.store(), entry.id.position);
          if (!journaled) return fault("journal: " + journaled.error().text());
          if (entry.body != journaled->body) fault("entry " + entry.id.text() + " names another body");
          compare("entry " + entry.id.text(), entry.body, journaled->facts.handed, draw);
          entry.attempts += 1;
          std::promise<void> promise;
          const auto left = draw() % 3 == 0 ? std::optional(entry) : std::nullopt;
          archive_->settle({{entry.id, left}}, [&promise](const base::Result<>&) { promise.set_value(); });
          promise.get_future().wait();
          ++delivered;
        }
      }
    }
  }

  /// APPEND, copy to another account, move, expunge: bodies that no journal entry holds come and go.
  void move_about(std::uint64_t seed) {
    std::mt19937_64 draw(seed);
    while (running_) {
      const auto from = archive_->directory().record(users[draw() % users.size()]);
      const auto to = archive_->directory().record(users[draw() % users.size()]);
      if (!from || !to) continue;
      const auto octets = test::noise(draw() % 20'000, draw());
      auto writer = harness_.store().bodies().create();
      if (!writer->append(octets)) return fault("append");
      auto sealed = writer->seal();
      if (!sealed) return fault("seal");
      mailbox::Message message;
      message.body = sealed->ref();
      message.name = base::sha256(octets);
      message.source = mailbox::Source::append;
      mailbox::Uid first = 0, second = 0;
      const auto file = [&](const directory::AccountRecord& account, mailbox::Uid& uid, bool brings) {
        return change([&, brings](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
          if (brings) stage.hold(mailbox::shard_of(account.number), *sealed);
          auto given = owners.mailbox.file(stage, account.number, "Drafts", message);
          if (!given) return std::unexpected(given.error());
          uid = *given;
          return {};
        });
      };
      const auto expunge = [&](const directory::AccountRecord& account, mailbox::Uid uid) {
        return change([&](commit::Stage& stage, commit::Owners& owners) {
          return owners.mailbox.expunge(stage, account.number, "Drafts", uid);
        });
      };
      if (!file(*from, first, true) || !file(*to, second, false)) return fault("filing");
      if (!expunge(*from, first)) return fault("expunge");
      compare("the copy that is left", message.body, message.name, draw);
      if (draw() % 2 == 0 && !expunge(*to, second)) return fault("expunge");
      ++moved;
    }
  }

  /// What a mailbox names is there as long as the mailbox names it.
  void look(std::uint64_t seed) {
    std::mt19937_64 draw(seed);
    while (running_) {
      const auto record = archive_->directory().record(users[draw() % users.size()]);
      if (!record) continue;
      const std::string folder = draw() % 2 == 0 ? "INBOX" : "Drafts";
      const auto found = mailbox::find_folder(harness_.store(), record->number, folder);
      if (!found) continue;
      const auto listed = mailbox::messages(harness_.store(), record->number, found->number, 1 + draw() % 100, 10);
      if (!listed) return fault("list: " + listed.error().text());
      for (const auto& one : *listed) {
        const auto read = read_all(*archive_, one.message.body, 1 + draw() % 10'000);
        ++looked;
        if (read.whole && read.digest == one.message.name) continue;
        const auto still = mailbox::messages(harness_.store(), record->number, found->number, one.uid, 1);
        const bool there = still && !still->empty() && still->front().uid == one.uid;
        const bool gone = !read.whole && read.whole.error().code == base::errc::not_found;
        if (there || !gone) fault(folder + ": " + (read.whole ? "other octets" : read.whole.error().text()));
      }
    }
  }

  void sweep() {
    while (running_)
      if (!harness_.store().bodies().sweep()) return fault("sweep");
  }

  std::uint64_t seed_;
  test::RocksHarness harness_;
  base::SystemClock clock_;
  base::SystemRandom random_;
  std::unique_ptr<Archive> archive_;
  std::atomic<bool> running_ = true;
  std::mutex mutex_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(body_race)

BOOST_AUTO_TEST_CASE(a_body_that_is_named_is_whole_whatever_happens_beside_it) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Race race(seed);
    race.run();
    for (const auto& fault : race.faults) BOOST_ERROR("seed " << seed << ": " << fault);
    race.check_rest();
    BOOST_TEST(race.resent > 0u);
    BOOST_TEST((race.delivered > 0u && race.moved > 0u && race.looked > 0u));
    BOOST_TEST_MESSAGE(race.accepted << " accepted, " << race.resent << " of them resent, " << race.delivered << " settled, "
                                     << race.moved << " copies made and taken away, " << race.looked << " bodies looked at");
  }
}

BOOST_AUTO_TEST_SUITE_END()
