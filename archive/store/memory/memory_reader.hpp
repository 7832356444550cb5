/// Reading a medium: the look-ups and cursors that the memory store and its snapshots share. Only the memory engine includes
/// it.
#pragma once

#include <memory>

#include "archive/store/memory/medium.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::store {

enum class Edge : std::uint8_t { from, last };

/// At the first key >= `from`, or at the last key; of those that begin with `within`. Stays as it is whatever the medium does.
std::unique_ptr<Cursor> make_cursor(std::shared_ptr<const Medium::Keys> keys, Edge edge, std::string_view from,
                                    std::string_view within = {});
/// Of a store that is no more: at no key, errc::stopped.
std::unique_ptr<Cursor> make_dead_cursor();

std::optional<std::string> look_up(const Medium& medium, Shard shard, Table table, std::string_view key);

/// A copy of the medium, which shares every table that is not written any more.
class MemorySnapshot final : public Snapshot {
 public:
  MemorySnapshot(Medium medium, KeyRing* keys) : medium_(std::make_shared<const Medium>(std::move(medium))), keys_(keys) {}
  KeyRing* keys() const override { return keys_; }
  base::Result<std::optional<std::string>> get(Shard shard, Table table, std::string_view key) const override;
  std::unique_ptr<Cursor> scan(Shard shard, Table table, std::string_view from = {},
                               std::string_view within = {}) const override;
  std::unique_ptr<Cursor> scan_last(Shard shard, Table table) const override;
  base::Result<std::vector<Shard>> shards(Table table) const override;
  std::unique_ptr<BodyReader> open(const BodyRef& ref) const override;

 private:
  std::shared_ptr<const Medium> medium_;  ///< shared with the bodies opened
  KeyRing* keys_;
};

}  // namespace understudy::archive::store
