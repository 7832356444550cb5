/// An archive on a disk that can lose power, driven by hand: letters with the plan that a test wants, commits by pump(), and
/// everything that is stored as one value to compare.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/archive.hpp"
#include "archive/mailbox/view.hpp"
#include "archive/store/key_ring.hpp"
#include "archive/store/memory/memory_store.hpp"
#include "tests/support/sim_clock.hpp"
#include "tests/support/table_directory.hpp"

namespace understudy::test {

/// Every table of store/shard.hpp.
const std::vector<archive::store::Table>& all_tables();

/// Keys and values of one table in one shard.
using Records = std::map<std::string, std::string>;
using Dump = std::map<std::pair<archive::store::Table, archive::store::Shard>, Records>;
Dump dump(const archive::store::Reader& reader);
/// Of one account alone.
Dump dump(const archive::store::Reader& reader, archive::mailbox::AccountNumber account);

/// A message and its plan, written down. Each effect belongs to the recipient named last.
class Letter {
 public:
  explicit Letter(std::string octets) : octets_(std::move(octets)) {}

  Letter& from(std::string_view address) { return reverse_path_ = test::address(address), *this; }
  Letter& from_nobody() { return reverse_path_.reset(), *this; }
  Letter& to(std::string_view address);
  Letter& file(const std::string& account, const std::string& folder = "INBOX", const std::string& original = {});
  Letter& enqueue(routing::EntryKind kind, const std::string& hop, std::optional<std::string> forward_path = std::nullopt);
  /// The effect enqueued last leaves with custody.
  Letter& owed() { return plans_.back().enqueues.back().custody = routing::Switch::on, *this; }
  /// Under which number of its sender's it came.
  Letter& under(const archive::custody::Number& number) { return custody_ = number, *this; }
  Letter& returned(mail::smtp::Reply reply) { return plans_.back().returned = std::move(reply), *this; }
  Letter& report(routing::Report report) { return plans_.back().success = report, *this; }
  Letter& notify(std::uint8_t bits) { return recipients_.back().notify.bits = bits, *this; }
  Letter& sent(const std::string& account);
  Letter& via(routing::Via via) { return via_ = via, *this; }
  Letter& by_copy_client() { return copy_client_ = true, *this; }
  Letter& without_trace() { return traces_ = 0, *this; }
  Letter& without_message_id() { return has_message_id_ = false, *this; }
  Letter& made(const std::string& unique) { return made_ = unique, via_ = routing::Via::here, *this; }
  Letter& settle(archive::journal::Settlement settlement) { return settlements_.push_back(std::move(settlement)), *this; }
  Letter& window(std::chrono::seconds window) { return window_ = window, *this; }
  const std::string& octets() const { return octets_; }
  /// What we put on top of the octets as received.
  std::string handed() const { return via_ == routing::Via::here ? octets_ : "Received: by archive.example.org\r\n" + octets_; }

  archive::Arrival arrive(archive::store::Store& store) const;  ///< writes and seals the body

 private:
  std::string octets_;
  mail::address::ReversePath reverse_path_ = test::address("sender@world.example");
  std::vector<mail::smtp::Recipient> recipients_;
  std::vector<routing::RecipientPlan> plans_;
  std::optional<routing::File> sent_;
  routing::Via via_ = routing::Via::network;
  bool copy_client_ = false;
  std::uint32_t traces_ = 1;
  bool has_message_id_ = true;
  std::string made_;
  std::vector<archive::journal::Settlement> settlements_;
  std::chrono::seconds window_ = std::chrono::days(14);
  std::optional<archive::custody::Number> custody_;
};

class ArchiveWorld {
 public:
  using Kept = archive::store::Faults::Kept;

  ArchiveWorld();
  ~ArchiveWorld();

  /// A new engine and a new archive on the disk as it is. `faults`: of the new engine; kept for the life of the world.
  base::Result<> open();
  void close();                                 ///< as a process that ends in good order
  void cut(Kept kept, std::uint64_t seed = 0);  ///< the power goes now, or has gone at a point that faults named

  archive::Archive& archive() { return *archive_; }
  archive::store::MemoryStore& store() { return *store_; }
  archive::store::Faults& faults() { return *faults_; }

  base::Result<archive::Accepted> accept(const Letter& letter);
  base::Result<> change(archive::Change change);
  base::Result<> settle(std::vector<archive::journal::Settlement> settlements);
  void pump();

  archive::mailbox::AccountNumber number_of(std::string_view account);  ///< 0: there is none
  std::vector<archive::mailbox::ListedMessage> messages(std::string_view account, std::string_view folder = "INBOX");
  std::vector<archive::outbox::Entry> entries();  ///< of all hops, in order of acceptance
  std::string octets_of(const archive::store::BodyRef& body);

  archive::store::MemoryDisk disk;
  sim::SimClock clock;
  sim::SimRandom random{1};
  archive::directory::Options options;
  std::shared_ptr<archive::store::KeyRing> keys;  ///< of the next open(); nullptr: nothing is sealed

 private:
  std::unique_ptr<archive::store::Faults> faults_;
  std::unique_ptr<archive::store::MemoryStore> store_;
  std::unique_ptr<archive::Archive> archive_;
};

}  // namespace understudy::test
