/// The hashes of a journal's tree as they are stored: leaves, and the roots of every complete subtree over 256, 65,536, ...
/// leaves, which are written with the subtree's last leaf. They follow from the leaves, and nothing is believed because of
/// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "archive/commit/stage.hpp"
#include "archive/journal/log.hpp"
#include "archive/journal/proof/nodes.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::journal {

/// Those of levels 8, 16, 24, ... are stored: one record for 255 leaves.
constexpr unsigned node_levels = 8;
constexpr bool is_stored(proof::Node node) {
  return node.level > 0 && node.level % node_levels == 0;
}
std::string node_key(proof::Node node);

/// As they are in `reader`, which outlives it; any thread that the reader allows.
proof::ComputedNodes stored_nodes(const store::Reader& reader, Log log);

/// nullopt: it is not there. errc::damaged: it has not 32 octets.
base::Result<std::optional<base::Digest>> read_node(const store::Reader& reader, Log log, proof::Node node);

/// For journals from before there were nodes: stages those that are not there, of the first `size` leaves, beginning with
/// `from`, at most `limit`. Gives where to go on; nullopt: all are there or staged.
base::Result<std::optional<proof::Node>> stage_missing_nodes(commit::Stage& stage, const store::Reader& reader, Log log,
                                                             std::uint64_t size, proof::Node from, std::size_t limit);
constexpr proof::Node first_missing{56, 0};  ///< no tree reaches higher; the lowest level comes last
/// Whether the last one of the lowest level is missing: who stops within stage_missing_nodes() leaves it so.
base::Result<bool> lacks_nodes(const store::Reader& reader, Log log, std::uint64_t size);

}  // namespace understudy::archive::journal
