#include "archive/store/memory/memory_reader.hpp"

#include <algorithm>
#include <string>

#include "archive/store/memory/chunked_body.hpp"

namespace understudy::archive::store {
namespace {

class MemoryCursor final : public Cursor {
 public:
  MemoryCursor(std::shared_ptr<const Medium::Keys> keys, Edge edge, std::string_view from, std::string_view within)
      : keys_(std::move(keys)), within_(within) {
    at_ = edge == Edge::from ? keys_->lower_bound(std::max(from, within)) : keys_->end();
    if (edge == Edge::last && !keys_->empty()) --at_;
  }
  bool valid() const override { return at_ != keys_->end() && at_->first.starts_with(within_); }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  void next() override { ++at_; }
  void previous() override { at_ = at_ == keys_->begin() ? keys_->end() : std::prev(at_); }
  base::Result<> status() const override { return {}; }

 private:
  std::shared_ptr<const Medium::Keys> keys_;
  std::string within_;
  Medium::Keys::const_iterator at_;
};

class DeadCursor final : public Cursor {
 public:
  bool valid() const override { return false; }
  std::string_view key() const override { return {}; }
  std::string_view value() const override { return {}; }
  void next() override {}
  void previous() override {}
  base::Result<> status() const override { return base::fail("memory store", base::errc::stopped); }
};

/// Of a body as the medium had it.
class KeptBodyReader final : public ChunkedReader {
 public:
  KeptBodyReader(std::shared_ptr<const Medium> medium, const BodyRef& ref) : ChunkedReader(ref), medium_(std::move(medium)) {}

 private:
  base::Result<std::string> load(std::uint32_t index, std::size_t) override {
    const auto chunk = medium_->chunk(ref().id, index);
    if (!chunk) return base::fail("memory store: chunk", base::errc::not_found);
    return *chunk;
  }

  std::shared_ptr<const Medium> medium_;
};

}  // namespace

std::unique_ptr<Cursor> make_cursor(std::shared_ptr<const Medium::Keys> keys, Edge edge, std::string_view from,
                                    std::string_view within) {
  if (!keys) keys = std::make_shared<const Medium::Keys>();
  return std::make_unique<MemoryCursor>(std::move(keys), edge, from, within);
}

std::unique_ptr<Cursor> make_dead_cursor() {
  return std::make_unique<DeadCursor>();
}

std::optional<std::string> look_up(const Medium& medium, Shard shard, Table table, std::string_view key) {
  const auto keys = medium.keys(shard, table);
  if (!keys) return std::nullopt;
  const auto found = keys->find(key);
  if (found == keys->end()) return std::nullopt;
  return found->second;
}

base::Result<std::optional<std::string>> MemorySnapshot::get(Shard shard, Table table, std::string_view key) const {
  return look_up(*medium_, shard, table, key);
}

std::unique_ptr<Cursor> MemorySnapshot::scan(Shard shard, Table table, std::string_view from, std::string_view within) const {
  return make_cursor(medium_->keys(shard, table), Edge::from, from, within);
}

std::unique_ptr<Cursor> MemorySnapshot::scan_last(Shard shard, Table table) const {
  return make_cursor(medium_->keys(shard, table), Edge::last, {});
}

base::Result<std::vector<Shard>> MemorySnapshot::shards(Table table) const {
  return medium_->shards(table);
}

std::unique_ptr<BodyReader> MemorySnapshot::open(const BodyRef& ref) const {
  return std::make_unique<KeptBodyReader>(medium_, ref);
}

}  // namespace understudy::archive::store
