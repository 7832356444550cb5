/// The keys under which a store keeps what it encrypts: one for each account and each journal partition, one for the
/// instance, the directory and the outbox each. Whose file they lie in, and under which master key, is the matter of who
/// implements it. Never knows what is encrypted with them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "archive/store/shard.hpp"
#include "base/aead.hpp"
#include "base/result.hpp"

namespace understudy::archive::store {

/// The shard that a shard's key is named after: of an outbox it is the one of all hops.
constexpr Shard key_of(Shard shard) {
  const bool of_its_own = shard.kind == ShardKind::account || shard.kind == ShardKind::journal;
  return {shard.kind, of_its_own ? shard.id : 0};
}

/// Any thread. Every shard means the key of key_of(shard).
class KeyRing {
 public:
  virtual ~KeyRing() = default;
  /// From memory. errc::no_key: it was destroyed, or never made.
  virtual base::Result<base::SecretKey> find(Shard shard) const = 0;
  /// The one that is there, or a new one, durable when it returns. errc::refused: it was destroyed, and there is never another
  /// one under its name; else why it could not be made durable, and then it is not there.
  virtual base::Result<base::SecretKey> make(Shard shard) = 0;
  /// Durable when it returns: find() and make() give it never again, and what it alone opened is lost, in every copy. No error
  /// where it was destroyed before, or never made: it never will be.
  virtual base::Result<> destroy(Shard shard) = 0;
  /// Was it destroyed here? What cannot be opened for another reason is lost, and not ended.
  virtual bool destroyed(Shard) const { return false; }
  /// All that were.
  virtual std::vector<Shard> tombstones() const { return {}; }
  /// Is there a key of this shard, or was there ever one?
  bool knows(Shard shard) const { return destroyed(shard) || find(shard).has_value(); }

  /// What of the store is encrypted without exception: octets in clear there are damage. It stands here and not in the store,
  /// where who writes on the medium could take it back.
  struct Pledge {
    std::optional<std::uint64_t> bodies_from;  ///< the first opening of the store whose bodies are all encrypted
    enum class Records : std::uint8_t { some, all } records = Records::some;
    bool operator==(const Pledge&) const = default;
  };
  virtual Pledge pledge() const { return {}; }
  /// Durable when it returns. What was promised stays so.
  virtual base::Result<> promise(const Pledge&) { return {}; }
  struct Counts {
    std::uint64_t keys = 0;
    std::uint64_t destroyed = 0;
  };
  /// A write failed and left it in doubt what stands there: make(), destroy() and promise() give errc::stopped until it is
  /// opened anew. Any thread.
  virtual bool stopped() const { return false; }
  /// For who administers it.
  virtual Counts counts() const { return {}; }
  /// Grows with each key that is destroyed, before destroy() returns: who keeps what follows from a key forgets it then.
  virtual std::uint64_t destructions() const = 0;
  /// A key that nobody has yet, for one body; not kept.
  virtual base::SecretKey draw() = 0;
};

}  // namespace understudy::archive::store
