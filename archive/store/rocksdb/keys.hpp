/// The keys of the RocksDB engine, in its three column families. docs/store-engine.md has their grammar. Never does I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/store/body.hpp"
#include "archive/store/shard.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace understudy::archive::store::keys {

// Family "records": table, shard, key.
constexpr std::size_t prefix_octets = 9;
std::string prefix(Shard shard, Table table);
std::string record(Shard shard, Table table, std::string_view key);
/// The first key behind all that start with `prefix`; empty where there is none.
std::string after(std::string prefix);

// Family "chunks": body, index.
std::string chunk(BodyId body, std::uint32_t index);

// Family "default": the engine's own.
inline constexpr std::string_view commits = "c";  ///< number of the last commit
inline constexpr std::string_view starts = "s";   ///< how often the store was opened
/// There while a body has chunks and no holder yet.
std::string unheld(BodyId body);
std::string unheld_prefix();
/// One for each shard that holds the body.
std::string holder(BodyId body, Shard shard);
std::string holder_prefix(BodyId body);
base::Result<BodyId> body_of_unheld(std::string_view key);
base::Result<Shard> shard_of_holder(std::string_view key);

}  // namespace understudy::archive::store::keys
