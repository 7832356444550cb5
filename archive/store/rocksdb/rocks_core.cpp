#include "archive/store/rocksdb/rocks_core.hpp"

#include <algorithm>
#include <limits>

#include "archive/store/rocksdb/dictionary_keeper.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "base/log.hpp"

namespace understudy::archive::store {

void UnsyncedLogs::add(Shard shard, std::uint64_t first) {
  const std::lock_guard lock(mutex_);
  auto [at, made] = first_.emplace(shard, first);
  at->second = std::min(at->second, first);
}

std::set<Shard> UnsyncedLogs::clear() {
  const std::lock_guard lock(mutex_);
  std::set<Shard> shards;
  for (const auto& [shard, first] : first_) shards.insert(shard);
  first_.clear();
  return shards;
}

std::uint64_t UnsyncedLogs::first(Shard shard) const {
  const std::lock_guard lock(mutex_);
  const auto found = first_.find(shard);
  return found == first_.end() ? std::numeric_limits<std::uint64_t>::max() : found->second;
}

RocksCore::RocksCore(const Options& with, const EngineOptions& given)
    : options(with),
      engine_options(given),
      files(given.files),
      env(rocksdb::NewCompositeEnv(given.files)),
      dictionaries(std::make_shared<content::Dictionaries>(dictionary_level(with))),
      codec(with.compression_level, dictionaries) {}

RocksCore::~RocksCore() {
  if (!db) return;
  for (auto* family : families) db->DestroyColumnFamilyHandle(family);
  static_cast<void>(db->Close().ok());  // what was promised is durable already
}

void RocksCore::stop(std::string_view why) {
  if (stopped.exchange(true)) return;
  base::log::error("store.stopped", {{"directory", options.directory}, {"why", why}});
}

base::Result<std::optional<std::string>> RocksCore::get_own(const std::string& key, const rocksdb::Snapshot* view) const {
  rocksdb::ReadOptions read;
  read.snapshot = view;
  std::string value;
  const auto status = db->Get(read, engine, key, &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return fail("store", status);
  return value;
}

base::Result<content::Recipe> RocksCore::recipe(const BodyRef& body, const rocksdb::Snapshot* view) const {
  auto value = get_own(keys::body(body.id), view);
  if (!value) return std::unexpected(value.error());
  if (!*value) return base::fail("body", base::errc::not_found);
  return content::Recipe::decode(**value, body.size);
}

base::Result<CodedBlock> RocksCore::coded_block(const content::Location& at) const {
  auto frame = segments->load(at);
  if (!frame) return std::unexpected(frame.error());
  if (frame->kind != segments::FrameKind::block) return base::fail("no block", base::errc::damaged);
  auto block = segments::parse_block(frame->payload());
  if (!block) return std::unexpected(block.error());
  const std::size_t owner_octets = frame->payload().size() - block->coded.size();
  return CodedBlock(std::move(*frame), owner_octets);
}

base::Result<std::string> RocksCore::decode_block(const content::Location& at, std::size_t octets) const {
  auto coded = coded_block(at);
  if (!coded) return std::unexpected(coded.error());
  return codec.decode(coded->view(), octets);
}

base::Result<std::string> RocksCore::decode_sealed(const base::SecretKey& key, const content::BlockName& name,
                                                   std::string_view sealed) const {
  auto coded = content::open_block(key, name, sealed);
  if (!coded) return coded;
  return codec.decode(*coded, name.octets);
}

base::Result<std::string> RocksCore::decode_part(const base::Digest& digest, std::size_t octets,
                                                 const rocksdb::Snapshot* view) const {
  auto value = get_own(keys::part(digest), view);
  if (!value) return std::unexpected(value.error());
  if (!*value) return base::fail("part", base::errc::not_found);
  auto part = values::part_from(**value);
  if (!part) return std::unexpected(part.error());
  return decode_block(part->at, octets);
}

base::Result<std::string> RocksCore::opened_record(Shard shard, std::string_view key, std::string stored) const {
  if (!vault || vault->is_clear(stored)) return stored;
  return vault->opened_record(shard, key, stored);
}

OwnKeys::OwnKeys(const RocksCore& core, std::string prefix, const rocksdb::Snapshot* view)
    : prefix_(std::move(prefix)), end_(keys::after(prefix_)), end_slice_(slice(end_)) {
  rocksdb::ReadOptions options;
  options.snapshot = view;
  options.iterate_upper_bound = &end_slice_;
  at_.reset(core.db->NewIterator(options, core.engine));
  at_->Seek(prefix_);
}

base::Result<> OwnKeys::status() const {
  if (!at_->status().ok()) return fail("store", at_->status());
  return {};
}

}  // namespace understudy::archive::store
