/// One opened database with its segments, and what the engine's parts share about it. Only the RocksDB engine includes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include "archive/store/content/block_codec.hpp"
#include "archive/store/content/dictionaries.hpp"
#include "archive/store/content/sample.hpp"
#include "archive/store/content/sealed_block.hpp"
#include "archive/store/options.hpp"
#include "archive/store/rocksdb/directory_lock.hpp"
#include "archive/store/rocksdb/engine_options.hpp"
#include "archive/store/rocksdb/high_water.hpp"
#include "archive/store/rocksdb/keys.hpp"
#include "archive/store/rocksdb/part_pins.hpp"
#include "archive/store/rocksdb/segment_use.hpp"
#include "archive/store/rocksdb/segments/block_log.hpp"
#include "archive/store/rocksdb/segments/commit_log.hpp"
#include "archive/store/rocksdb/segments/segment_set.hpp"
#include "archive/store/rocksdb/tally.hpp"
#include "archive/store/rocksdb/vault.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::store {

/// Log records that are written but not durable yet: subscribers do not see them. Any thread.
class UnsyncedLogs {
 public:
  void add(Shard shard, std::uint64_t first);
  /// All is durable now. Returns the shards that have something new to tell.
  std::set<Shard> clear();
  /// Sequences from this one on are not durable.
  std::uint64_t first(Shard shard) const;

 private:
  mutable std::mutex mutex_;
  std::map<Shard, std::uint64_t> first_;
};

/// What is known of this archive's dictionaries, beside themselves.
struct DictionaryBook {
  std::atomic<std::uint64_t> texts_seen = 0;   ///< bodies whose own octets were stored, or offered to be; it outlives starts
  std::uint64_t texts_found = 0;               ///< the same, at the opening
  std::uint64_t texts_of_newest = 0;           ///< the same, when the newest dictionary was trained
  std::atomic<std::uint32_t> last_number = 0;  ///< the highest that was ever given; it is not given again
  std::map<std::uint32_t, std::string> only_in_file;  ///< their records are to be written, with these values
};

/// A block as it is stored, in the frame that it was read with.
class CodedBlock {
 public:
  CodedBlock(segments::LoadedFrame frame, std::size_t owner_octets) : frame_(std::move(frame)), owner_octets_(owner_octets) {}
  std::string_view view() const { return frame_.payload().substr(owner_octets_); }

 private:
  segments::LoadedFrame frame_;
  std::size_t owner_octets_;
};

/// Closed when the last of its holders (the store, snapshots, cursors) lets go.
struct RocksCore {
  RocksCore(const Options& with, const EngineOptions& engine);
  ~RocksCore();
  RocksCore(const RocksCore&) = delete;
  RocksCore& operator=(const RocksCore&) = delete;

  /// After it nothing is written until the next start. Logs once.
  void stop(std::string_view why);
  /// `key` of the engine's own family; nullopt: there is none. errc::damaged, errc::io.
  base::Result<std::optional<std::string>> get_own(const std::string& key, const rocksdb::Snapshot* view = nullptr) const;
  base::Result<content::Recipe> recipe(const BodyRef& body, const rocksdb::Snapshot* view = nullptr) const;
  /// errc::not_found: its segment is gone; errc::damaged.
  base::Result<CodedBlock> coded_block(const content::Location& at) const;
  /// The octets of one that is in clear, of which there must be so many. Errors as coded_block().
  base::Result<std::string> decode_block(const content::Location& at, std::size_t octets) const;
  /// The octets of one that is encrypted with the key of its body. errc::damaged.
  base::Result<std::string> decode_sealed(const base::SecretKey& key, const content::BlockName& name,
                                          std::string_view sealed) const;
  base::Result<std::string> decode_part(const base::Digest& digest, std::size_t octets,
                                        const rocksdb::Snapshot* view = nullptr) const;
  /// The value of a record as its readers get it. errc::no_key, errc::damaged: the context names the record.
  base::Result<std::string> opened_record(Shard shard, std::string_view key, std::string stored) const;

  Options options;
  EngineOptions engine_options;
  std::shared_ptr<rocksdb::FileSystem> files;
  std::unique_ptr<rocksdb::Env> env;
  std::shared_ptr<content::Dictionaries> dictionaries;
  content::BlockCodec codec;
  std::unique_ptr<content::Sample> sample;  ///< of the bodies' first own blocks, since the opening
  DictionaryBook dictionary_book;
  Identity identity;
  std::unique_ptr<DirectoryLock> lock;
  std::unique_ptr<HighWater> high_water;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;  ///< engine, records; owned, ended before the database
  rocksdb::ColumnFamilyHandle* engine = nullptr;
  rocksdb::ColumnFamilyHandle* records = nullptr;
  std::unique_ptr<Vault> vault;  ///< nullptr: nothing is encrypted, or will be
  std::shared_ptr<segments::SegmentSet> segments;
  std::unique_ptr<segments::BlockLog> blocks;
  std::unique_ptr<segments::CommitLog> log;  ///< under the commit turn
  std::shared_ptr<PartPins> pins = std::make_shared<PartPins>();
  SegmentUse use;
  segments::Place flushed;            ///< up to here the files of the database knew the log at the opening
  std::uint64_t replayed_octets = 0;  ///< of the log, that the opening had to read
  std::uint64_t start = 0;
  std::uint64_t commits_found = 0;  ///< number of the last commit at the opening
  std::atomic<std::uint64_t> bodies_made = 0;
  std::atomic<bool> stopped = false;
  UnsyncedLogs unsynced_logs;
  Tally tally;
};

/// Where a body's recipe is read by who does not know how long the body is.
inline constexpr std::uint64_t any_length = ~std::uint64_t{0};

/// Keys of one prefix in the engine's own family, in order.
class OwnKeys {
 public:
  OwnKeys(const RocksCore& core, std::string prefix, const rocksdb::Snapshot* view = nullptr);
  bool valid() const { return at_->Valid(); }
  void next() { at_->Next(); }
  std::string_view key() const { return {at_->key().data(), at_->key().size()}; }
  std::string_view value() const { return {at_->value().data(), at_->value().size()}; }
  base::Result<> status() const;

 private:
  std::string prefix_, end_;
  rocksdb::Slice end_slice_;  // the iterator keeps a pointer to it
  std::unique_ptr<rocksdb::Iterator> at_;
};

inline rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

}  // namespace understudy::archive::store
