/// Who the other machine is, and by which keys it signs, as far as heads of its that were countersigned here tell of it. Reads
/// only.
#pragma once

#include <vector>

#include "archive/custody/number.hpp"
#include "archive/store/store.hpp"
#include "base/ed25519.hpp"

namespace understudy::archive::check {

/// Each key, and each life of its store, once.
struct OtherMachine {
  std::vector<base::PublicKey> keys;
  std::vector<custody::Life> lives;
};
OtherMachine other_machine(const store::Reader& reader);

/// `signed_by` is asked for each of the keys until it gives true.
template <class SignedBy>
bool signed_by_any(const std::vector<base::PublicKey>& keys, SignedBy signed_by) {
  for (const auto& key : keys)
    if (signed_by(key)) return true;
  return false;
}

}  // namespace understudy::archive::check
