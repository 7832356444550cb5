/// A store that encrypts, with its ring of keys, and what the tests about it do again and again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/memory_key_ring.hpp"
#include "tests/support/store_bodies_model.hpp"
#include "tests/support/store_harness.hpp"

namespace understudy::test {

inline constexpr archive::store::Shard journal{archive::store::ShardKind::journal, 0};
inline constexpr archive::store::Shard alice{archive::store::ShardKind::account, 1};
inline constexpr archive::store::Shard bob{archive::store::ShardKind::account, 2};
inline constexpr archive::store::Shard instance{archive::store::ShardKind::instance, 0};

/// Nothing happens behind the test's back.
struct EncryptedStore {
  explicit EncryptedStore(const RocksSetup& with = RocksSetup::told(),
                          std::shared_ptr<MemoryKeyRing> keys = std::make_shared<MemoryKeyRing>())
      : ring(std::move(keys)), harness(with_ring(with, ring)) {}

  static RocksSetup with_ring(RocksSetup setup, std::shared_ptr<MemoryKeyRing> ring) {
    setup.options.keys = std::move(ring);
    return setup;
  }
  archive::store::Store& store() { return harness.store(); }

  std::shared_ptr<MemoryKeyRing> ring;
  RocksHarness harness;
};

inline base::Result<> put(archive::store::Store& store, archive::store::Shard shard, archive::store::Table table,
                          const std::string& key, const std::string& value) {
  archive::store::Batch batch(shard);
  batch.put(table, key, value);
  return store.commit({&batch, 1}, archive::store::Sync::now);
}

/// The octets as a body that these shards hold, each under its own key.
inline archive::store::BodyRef keep(archive::store::Store& store, const std::string& octets,
                                    const std::vector<archive::store::Shard>& holders) {
  const auto body = write_body(store, octets);
  std::vector<archive::store::Batch> batches;
  for (const auto holder : holders) batches.emplace_back(holder).hold(body);
  const auto committed = store.commit(batches, archive::store::Sync::now);
  if (!committed) throw std::runtime_error(committed.error().text());
  return body.ref();
}

/// One batch for one shard that holds or releases.
template <class Change>
base::Result<> change(archive::store::Store& store, archive::store::Shard shard, Change how) {
  archive::store::Batch batch(shard);
  how(batch);
  return store.commit({&batch, 1}, archive::store::Sync::now);
}

/// errc of what a reader is told; none: it reads.
inline boost::system::error_code reads(const archive::store::BodySource& source, const archive::store::BodyRef& ref) {
  const auto got = source.open(ref)->read(0, 1);
  return got ? boost::system::error_code() : got.error().code;
}

}  // namespace understudy::test
