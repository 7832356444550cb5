/// Whether what a shard keeps can never be read again: who goes through all shards passes over those.
#pragma once

#include "archive/store/key_ring.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::keys {

inline bool is_destroyed(const store::Reader& reader, store::Shard shard) {
  const auto* keys = reader.keys();
  return keys && keys->destroyed(shard);
}

}  // namespace understudy::archive::keys
