/// The keys of the RocksDB engine, in its two column families, and the values of its own. docs/store-engine.md has their
/// grammar. Never does I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archive/store/body.hpp"
#include "archive/store/rocksdb/segments/frame.hpp"
#include "archive/store/shard.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::archive::store::keys {

// Family "records": table, shard, key.
constexpr std::size_t prefix_octets = 9;
std::string prefix(Shard shard, Table table);
std::string record(Shard shard, Table table, std::string_view key);
/// The first key behind all that start with `prefix`; empty where there is none.
std::string after(std::string prefix);

// Family "default": the engine's own.
inline constexpr std::string_view commits =
    "c";  ///< the last commit, where it is in the log, and what goes on from commit to commit
inline constexpr std::string_view starts = "s";  ///< how often the store was opened
inline constexpr std::string_view marker = "e";  ///< what the values of encrypted records begin with
/// The salt of an opening.
std::string salt(std::uint64_t start);
std::string salts_prefix();
base::Result<std::uint64_t> start_of_salt(std::string_view key);
/// The name of a key of the ring.
std::string key_name(Shard shard);
std::string key_names_prefix();
base::Result<Shard> shard_of_key_name(std::string_view key);
/// What a body is made of.
std::string body(BodyId body);
/// A part that bodies share, and which bodies have it.
std::string part(const base::Digest& digest);
std::string user(const base::Digest& digest, BodyId body);
std::string users_prefix(const base::Digest& digest);
base::Result<BodyId> body_of_user(std::string_view key);
/// There while the sweep has to look whether anybody has the part.
std::string orphan(const base::Digest& digest);
std::string orphans_prefix();
base::Result<base::Digest> part_of_orphan(std::string_view key);
/// One for each shard that holds the body.
std::string holder(BodyId body, Shard shard);
std::string holder_prefix(BodyId body);
base::Result<Shard> shard_of_holder(std::string_view key);
/// Octets of a segment's blocks that somebody needs.
std::string segment(std::uint64_t number);
std::string segments_prefix();
base::Result<std::uint64_t> number_of_segment(std::string_view key);
std::string dictionary(std::uint32_t number);
std::string dictionaries_prefix();
base::Result<std::uint32_t> number_of_dictionary(std::string_view key);

}  // namespace understudy::archive::store::keys

namespace understudy::archive::store::values {

inline const std::string mark = "\x01";  ///< a version, and nothing else to say

/// Octets of one length, all there is to say: a marker, a salt, the name of a key.
std::string fixed(std::string_view octets);
base::Result<std::string> fixed_from(std::string_view value);

/// The key of a body, sealed.
struct Wrap {
  Shard under;  ///< whose key opens it
  std::string sealed;
};
/// Of `holder`, where the body has a key; else it is `mark`.
std::string holder(const std::vector<Wrap>& wraps);
base::Result<std::vector<Wrap>> wraps_from(std::string_view value);

std::string number(std::uint64_t number);
base::Result<std::uint64_t> number_from(std::string_view value);

/// Of `commits`.
struct LastCommit {
  std::uint64_t number = 0;
  segments::Place place;         ///< where its frame begins
  std::uint64_t texts = 0;       ///< bodies that had been stored with octets of their own, about
  std::uint32_t dictionary = 0;  ///< the highest number that any dictionary was ever given
};
std::string last_commit(const LastCommit& commit);
/// An older one may end after the number, or after the place.
base::Result<LastCommit> last_commit_from(std::string_view value);

/// Of `part`.
struct Part {
  content::Location at;
  std::uint32_t octets = 0;  ///< not compressed
};
std::string part(const Part& part);
base::Result<Part> part_from(std::string_view value);

/// Of `dictionary`.
struct Dictionary {
  std::uint64_t texts = 0;  ///< that had been stored when it was trained
  std::string_view octets;
};
std::string dictionary(const Dictionary& dictionary);
base::Result<Dictionary> dictionary_from(std::string_view value);  ///< keeps a view of it

}  // namespace understudy::archive::store::values
