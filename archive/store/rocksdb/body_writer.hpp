/// A body on its way into the store: taken apart, compressed, and written as it comes where it is not small. What its commit
/// needs of it afterwards. Only the RocksDB engine includes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/store/content/splitter.hpp"
#include "archive/store/rocksdb/part_pins.hpp"
#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

/// A block that is in a block segment already, or waits for the commit.
struct WrittenBlock {
  std::string coded;     ///< empty once it is in a segment
  content::Location at;  ///< of none: it waits
  std::uint32_t octets = 0;
};

/// What a sealed body carries.
class RocksPending final : public SealedBody::Pending {
 public:
  RocksPending(BodyId body, std::optional<base::SecretKey> key) : body_(body), key_(std::move(key)) {}
  BodyId body() const { return body_; }
  /// Of the body alone; nullopt: it is in clear.
  const std::optional<base::SecretKey>& key() const { return key_; }
  bool held() const { return held_; }
  void mark_held() { held_ = true; }  ///< by the committer, once the batch is written
  std::uint64_t octets() const override;

  // Filled by the writer, read by the committer.
  std::deque<WrittenBlock> own;
  std::map<base::Digest, WrittenBlock> parts;  ///< those that nobody had when they came
  std::vector<content::SharedPart> shared;
  std::vector<std::unique_ptr<PartPins::Pin>> pins;
  content::Location last_written;  ///< in a block segment; of none: nothing is
  segments::BlockLog::Leases leases;

 private:
  BodyId body_;
  std::optional<base::SecretKey> key_;
  std::atomic<bool> held_ = false;
};

class RocksWriter final : public BodyWriter, private content::PieceSink {
 public:
  /// `key`: what the body is encrypted with. Such a body shares no part and is coded without dictionary, nor is one made of it:
  /// either would keep something of it under a key that is not its own.
  RocksWriter(std::weak_ptr<RocksCore> core, BodyId body, const RocksCore& with, std::optional<base::SecretKey> key);
  base::Result<> append(std::string_view octets) override;
  std::uint64_t size() const override { return size_; }
  base::Result<SealedBody> seal() override;

 private:
  base::Result<> literal(std::string_view octets) override;
  base::Result<> part(const content::Form& form, std::string_view stored) override;
  base::Result<> end_own_block();
  void code_own_block(WrittenBlock& block) const;
  base::Result<> compare();
  base::Result<bool> is_there(const base::Digest& digest);
  /// Has it wait for the commit, or writes all that waits into the block segment where that has become too much for the log.
  base::Result<> add(WrittenBlock& block, const segments::Owner& owner);

  std::weak_ptr<RocksCore> weak_;
  std::shared_ptr<RocksCore> core_;  // during a call
  std::uint32_t block_octets_;
  std::uint64_t inline_octets_;
  std::shared_ptr<RocksPending> pending_;
  content::Splitter splitter_;
  std::optional<base::Sha256> came_;  // where it is compared with what was written
  std::string own_;
  std::uint64_t size_ = 0;
  std::uint64_t own_since_part_ = 0;
  std::vector<std::pair<WrittenBlock*, segments::Owner>> waiting_;
  std::uint64_t waiting_octets_ = 0;
  bool sealed_ = false;
  std::optional<base::Error> failed_;  // octets are missing since: nothing may follow
};

}  // namespace understudy::archive::store
