#include "archive/store/rocksdb/pledge.hpp"

#include <vector>

#include "archive/store/rocksdb/group_commit.hpp"
#include "archive/store/rocksdb/group_writer.hpp"
#include "archive/store/rocksdb/keys.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "base/log.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::size_t octets_at_once = 1u << 20;
constexpr std::uint64_t records_told_at_a_time = 1'000'000;

/// One pass over all records.
class Sealing {
 public:
  explicit Sealing(RocksCore& core) : core_(core) {}

  base::Result<std::uint64_t> run() {
    const std::unique_ptr<rocksdb::Iterator> at(core_.db->NewIterator({}, core_.records));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      const std::string_view key(at->key().data(), at->key().size()), value(at->value().data(), at->value().size());
      const auto clear = core_.vault->in_clear(value);
      if (!clear) continue;
      take(key, *clear);
      if (octets_ < octets_at_once) continue;
      if (auto done = commit(); !done) return std::unexpected(done.error());
    }
    if (!at->status().ok()) return fail("store: records", at->status());
    if (auto done = commit(); !done) return std::unexpected(done.error());
    return records_;
  }

 private:
  void take(std::string_view key, std::string_view value) {
    base::Reader in(key);
    const auto table = static_cast<Table>(in.u8());
    const Shard shard{kind_of(table), in.u64()};
    if (batches_.empty() || batches_.back().shard() != shard) batches_.emplace_back(shard);
    // Whose key was destroyed: this was to end with it, and would have, had it been encrypted.
    if (core_.options.keys->destroyed(shard))
      batches_.back().erase(table, std::string(in.rest()));
    else
      batches_.back().put(table, std::string(in.rest()), std::string(value));
    octets_ += key.size() + value.size();
    if (++records_ % records_told_at_a_time == 0) base::log::info("store.sealing_records", {{"records", records_}});
  }

  base::Result<> commit() {
    if (batches_.empty()) return {};
    GroupWriter writer(core_);
    auto ready = writer.begin();
    if (ready) ready = writer.add(batches_);
    if (ready) ready = writer.finish(core_.commits_found + 1);
    if (ready) ready = commit_group(core_, writer, core_.commits_found + 1, Sync::now);
    if (!ready) return ready;
    ++core_.commits_found;
    writer.note_named();
    batches_.clear();
    octets_ = 0;
    return {};
  }

  RocksCore& core_;
  std::vector<Batch> batches_;
  std::size_t octets_ = 0;
  std::uint64_t records_ = 0;
};

}  // namespace

base::Result<> check_pledge(const RocksCore& core, bool has_begun) {
  if (!core.options.keys || !core.options.keys->pledge().bodies_from) return {};
  if (!has_begun)
    return base::fail(
        "nothing in the store is encrypted, and the key ring says that its store is: this is another one, or a "
        "copy from before encryption was switched on, which needs a ring of its own",
        base::errc::damaged);
  if (core.options.encryption == Encryption::off)
    return base::fail("everything in the store is encrypted, and that cannot be switched off", base::errc::refused);
  return {};
}

base::Result<> take_pledge(RocksCore& core) {
  if (!core.vault || !core.vault->encrypts()) return {};
  auto& ring = *core.options.keys;
  using Pledge = KeyRing::Pledge;
  if (auto promised = ring.promise({core.start, Pledge::Records::some}); !promised) return promised;
  if (ring.pledge().records != Pledge::Records::all) {
    auto sealed = Sealing(core).run();
    if (!sealed) return base::fail("encrypting the records that are there", sealed.error());
    if (*sealed > 0) base::log::info("store.records_sealed", {{"records", *sealed}});
    if (auto promised = ring.promise({core.start, Pledge::Records::all}); !promised) return promised;
  }
  core.vault->demand(ring.pledge());
  return {};
}

}  // namespace understudy::archive::store
