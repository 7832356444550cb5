/// What this installation knows of itself beside its identity: its role, and the key of the Message-IDs that it makes.
#pragma once

#include <string>

#include "archive/store/store.hpp"
#include "base/random.hpp"
#include "routing/policy.hpp"

namespace understudy::archive {

struct Instance {
  routing::Role role = routing::Role::in_charge;
  std::string made_key;  ///< 32 octets; never leaves the store but to make and check Message-IDs
};

/// Reads it, or makes it at the first start: `first_role` is only looked at then.
base::Result<Instance> load_instance(store::Store& store, routing::Role first_role, base::Random& random);

}  // namespace understudy::archive
