/// The octets of a key ring's file: docs/encryption.md, *The file*. Pure: never touches a file.
///
/// A record and its check have a length that never changes, so each has its place; a key opens only in the ring, at the shard
/// and under the master key that it was wrapped for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archive/store/shard.hpp"
#include "base/aead.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace understudy::archive::keys {

inline constexpr std::size_t header_octets = 109;
inline constexpr std::size_t mark_octets = 40;
inline constexpr std::size_t record_octets = 110;
inline constexpr std::size_t wrap_octets = 60;  ///< nonce, 32 octets, tag

using RingId = std::array<std::uint8_t, 16>;

/// What wraps keys, and tells whether a ring was made under it.
class Wrapping {
 public:
  /// A header for a ring that is to be written: salt and nonce are drawn.
  static Wrapping make(const base::SecretKey& master, const RingId& id, base::Random& random);
  /// errc::damaged; errc::unsupported: of a later version; errc::refused: the ring was made under another master key.
  static base::Result<Wrapping> read(const base::SecretKey& master, std::string_view header);

  const RingId& id() const { return id_; }
  const std::string& header() const { return header_; }
  std::string wrap(store::Shard shard, const base::SecretKey& key, base::Random& random) const;
  base::Result<base::SecretKey> unwrap(store::Shard shard, std::string_view wrapped) const;
  /// Of what stands in the ring beside wrapped keys: nobody without the master key makes a tombstone, or a ring that was cut
  /// whole again.
  base::Digest check(std::string_view octets) const;

 private:
  Wrapping(const RingId& id, std::string header, base::SecretKey key);

  RingId id_;
  std::string header_;
  base::SecretKey key_, check_key_;
};

struct RingRecord {
  enum class Kind : std::uint8_t {
    key = 1,
    tombstone = 2,
    bodies = 3,   ///< of store::KeyRing::Pledge: from which opening on; it stands in place of the shard's number
    records = 4,  ///< of the same: all of them
  } kind = Kind::key;
  store::Shard shard{};
  base::WallTime time{};
  std::string wrapped;  ///< zeros in all but a key

  bool is_of_a_key() const { return kind == Kind::key || kind == Kind::tombstone; }
  bool operator==(const RingRecord&) const = default;
};

/// Octets of the ring as they are put one behind the other. Each check covers the one before it, and the mark's the last: what
/// was ever in the ring comes back with all of the ring, or not at all.
class RingWriter {
 public:
  explicit RingWriter(const Wrapping& wrapping) : wrapping_(&wrapping) {}

  std::string record(const RingRecord& record);
  std::string mark() const;
  std::uint64_t count() const { return count_; }

 private:
  const Wrapping* wrapping_;
  std::uint64_t count_ = 0;
  std::string last_;  ///< the check of the record before; empty: there is none
};

struct RingContent {
  std::vector<RingRecord> records;
  std::uint64_t octets = 0;  ///< of the file that count; behind them lies what a power cut left of an append
};
/// Of a whole file whose header was read. errc::damaged: the context says where. What lies behind the mark and is not whole was
/// promised to nobody, and is left out.
base::Result<RingContent> decode_ring(std::string_view file, const Wrapping& wrapping);

/// 32 hexadecimal digits.
std::string text_of(const RingId& id);

}  // namespace understudy::archive::keys
