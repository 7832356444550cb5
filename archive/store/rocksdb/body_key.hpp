/// The key of a body, as its holders keep it: sealed under the keys of those who may read it, and nowhere else. When the last
/// of these is gone, so are the octets. Only the RocksDB engine includes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

/// The value of a holder's record, with `key` sealed for each of `under`.
std::string holder_value(const Vault& vault, BodyId body, Shard holder, const base::SecretKey& key,
                         const Vault::SealingKeys& under);

/// By whichever holder's it opens. nullopt: no holder has one, the body is in clear or there is none. errc::no_key: there are
/// some, and the keys to them were destroyed; errc::damaged, errc::io.
base::Result<std::optional<base::SecretKey>> find_body_key(const RocksCore& core, BodyId body,
                                                           const rocksdb::Snapshot* view = nullptr);

}  // namespace understudy::archive::store
