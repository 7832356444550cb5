/// What this installation knows of itself beside its identity: its role, and the key of the Message-IDs that it makes.
#pragma once

#include <string>

#include "archive/commit/stage.hpp"
#include "archive/store/store.hpp"
#include "base/random.hpp"
#include "routing/policy.hpp"

namespace understudy::archive {

struct Instance {
  routing::Role role = routing::Role::in_charge;
  std::string made_key;       ///< 32 octets; leaves the store only to make and check Message-IDs, and for the peer at pairing
  std::string peer_made_key;  ///< the peer's, by which what it made is known after a takeover; empty: never paired
};

/// Reads it, or makes it at the first start: `first_role` is only looked at then.
base::Result<Instance> load_instance(store::Store& store, routing::Role first_role, base::Random& random);
/// The incarnation of the store that UIDs, MODSEQs and numbers of accounts are given out in; empty: none was noted yet.
base::Result<std::string> numbers_life(const store::Reader& reader);
void note_numbers_life(commit::Stage& stage, const std::string& incarnation);

/// Keeps the peer's key beside our own, from the next load_instance() on. errc::malformed: not 32 octets.
base::Result<> keep_peer_made_key(store::Store& store, std::string key);

}  // namespace understudy::archive
