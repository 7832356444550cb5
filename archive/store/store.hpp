/// The store contract: everything that the program keeps lies behind it, and nothing outside archive/store/ knows an engine.
/// A message is safe when its body and its journal entry are durable; every other shard can be brought up from the journal.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/store/batch.hpp"
#include "archive/store/body.hpp"
#include "archive/store/figures.hpp"
#include "archive/store/shard.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace understudy::archive::store {

/// Keys of one table in one shard, in order, as they were when the cursor was made. One thread at a time.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;  ///< without table and shard; until next()
  virtual std::string_view value() const = 0;
  virtual void next() = 0;
  virtual void previous() = 0;
  /// What stopped it, if it was not the end: errc::damaged, errc::io.
  virtual base::Result<> status() const = 0;
};

class KeyRing;

class Reader {
 public:
  virtual ~Reader() = default;
  /// Under which what is stored is encrypted, wholly or in part: who seals inside of records finds them here, too. nullptr:
  /// all is in clear. Lives as long as the store.
  virtual KeyRing* keys() const { return nullptr; }
  virtual base::Result<std::optional<std::string>> get(Shard shard, Table table, std::string_view key) const = 0;
  /// At the first key >= `from`. Only keys of this table and shard, and those that begin with `within`, which `from` does too:
  /// what is behind these is not looked at, whatever has become of it.
  virtual std::unique_ptr<Cursor> scan(Shard shard, Table table, std::string_view from = {},
                                       std::string_view within = {}) const = 0;
  /// At the last key of this table and shard.
  virtual std::unique_ptr<Cursor> scan_last(Shard shard, Table table) const = 0;
  /// The shards that have at least one key in `table`, in order.
  virtual base::Result<std::vector<Shard>> shards(Table table) const = 0;
};

/// The store as it was at one moment: its records, and its bodies, also those that were freed since. Any thread. The room of
/// what was freed comes back when the last snapshot that has it is gone.
class Snapshot : public Reader, public BodySource {};

struct LogRecord {
  std::uint64_t sequence = 0;
  std::string record;
};

/// Follows one shard's log: what is stored from `from` on, then what comes. Pulled by its reader, so a slow one costs no
/// memory.
class Subscription {
 public:
  virtual ~Subscription() = default;  ///< no wake-up begins after it; waits for one under way, unless called from inside it
  /// Durable records in order, at most `limit`; empty: none at the moment. One thread at a time.
  virtual base::Result<std::vector<LogRecord>> next(std::size_t limit) = 0;
};

enum class Sync : std::uint8_t {
  now,    ///< durable when commit() returns
  later,  ///< durable with the next that says now, at the latest; in the order that commit() gives
};

/// Who this store is. Written when the data directory is made.
struct Identity {
  std::string engine;  ///< "rocksdb", "memory"
  std::uint32_t format = 0;
  std::string instance;     ///< 32 hexadecimal digits; the same for the life of the installation
  std::string incarnation;  ///< 32 hexadecimal digits; new at every restore
  base::WallTime made{};
};

class Store : public Reader {
 public:
  /// Makes the batches durable, each whole or not at all. After a crash each shard has a prefix of what was ever committed to
  /// it. Between shards, a batch is not there unless every batch of a leading shard (leads()) that was committed before it is,
  /// in this call or in an earlier one; of the others any may be there and any missing. Any thread; calls are taken one after
  /// another. errc::no_key: the key of a shard that it puts something into or holds for is gone, and nothing was written. A
  /// failed write or sync stops all writing until restart: this and every later call gives errc::stopped or errc::io.
  /// errc::busy: the medium was full, nothing of it was written, and a later call may go better. errc::too_long: a value over
  /// its limit, and nothing was written.
  virtual base::Result<> commit(std::span<const Batch> batches, Sync sync) = 0;
  /// Everything as it is now, in all shards at one moment, for as long as it is kept. An engine whose shards have no common
  /// moment takes the journals' last, so that no other shard knows of an entry that the journal has not got.
  virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
  /// `wake` runs on the committing thread after each durable commit that appended to this shard; it must not block nor commit.
  /// It may end any subscription, its own too.
  virtual std::unique_ptr<Subscription> subscribe(Shard shard, std::uint64_t from, std::function<void()> wake) = 0;
  virtual Bodies& bodies() = 0;
  virtual const Bodies& bodies() const = 0;
  virtual const Identity& identity() const = 0;
  virtual bool encrypts() const { return keys() != nullptr; }  ///< what is written from now on
  /// errc::no_key: the shard takes nothing, now or ever, for want of its key: it was destroyed, or is not in the ring. Any
  /// thread, from memory.
  virtual base::Result<> check_key(Shard) const { return {}; }
  virtual bool stopped() const = 0;               ///< a write failed; nothing is written any more
  virtual std::uint64_t free_octets() const = 0;  ///< left on the medium
  virtual Figures figures() const = 0;            ///< any thread, and cheap
};

}  // namespace understudy::archive::store
