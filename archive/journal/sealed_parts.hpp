/// Encryption of journal parts: each under the key of whoever it is about, so that it ends with that key, everywhere. Its hash
/// stays in clear, and with it leaf, tree and proofs. docs/encryption.md says which part is under whose key. Never does I/O but
/// through the ring.
#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "archive/journal/entry.hpp"
#include "archive/store/key_ring.hpp"
#include "base/random.hpp"

namespace understudy::archive::journal {

/// Whose keys open an entry. Sorted, each once.
struct Parties {
  using Shards = std::vector<store::Shard>;
  /// With more of them the wraps would fill the journal: then what all of them may read is under the journal's key alone.
  static constexpr std::size_t most = 1000;

  Shards all;                        ///< of the common part; empty: nobody who has an account
  std::vector<Shards> of_recipient;  ///< in order; empty: he has no account, and his part is as the common one

  /// Of the common part, and of the body.
  Shards shared() const { return all.size() > most ? Shards() : all; }
};

/// Makes the stored form of each part that is under somebody's key; their keys are made where they are not there, durably. What
/// is nobody's stays as it is: its record is under the journal's key (store-engine.md). Errors as KeyRing::make().
base::Result<> lock(Sealed& sealed, const Parties& parties, store::KeyRing& keys, base::Random& random);

/// Opens each part that a key opens; the others say why none does. nullptr: none does.
void unlock(Sealed& sealed, const store::KeyRing* keys);

/// Whose keys open any part of it; none where nothing of it is under an account's key.
std::set<store::Shard> holders_of(const Sealed& sealed);
/// Those of the common part and of the body.
std::vector<store::Shard> shared_holders_of(const Sealed& sealed);

/// "its key was destroyed"; empty: it can be read, or was ended.
std::string_view why_unreadable(const SealedPart& part);

}  // namespace understudy::archive::journal
