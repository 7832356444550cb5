/// The file of `journal prove` (docs/proofs.md) as JSON. Knows the format and nothing else.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "archive/journal/prove.hpp"
#include "archive/journal/timestamp/stamp.hpp"
#include "archive/witness/countersignature.hpp"

namespace understudy::app {

/// `cosigned`: the head with the other machine's countersignature; nullopt: it has none. `stamp`: the head's time stamp.
boost::json::object proof_json(const archive::journal::Proof& proof,
                               const std::optional<archive::witness::Countersigned>& cosigned,
                               const std::optional<archive::journal::timestamp::Stamp>& stamp);
/// {"octets", "signature", "key"}: what was signed, in Base64.
boost::json::object head_json(const archive::journal::SignedHead& head);
boost::json::array path_json(const archive::journal::proof::Path& path);  ///< hexadecimal

}  // namespace understudy::app
