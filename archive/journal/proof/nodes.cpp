#include "archive/journal/proof/nodes.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "archive/journal/proof/proof.hpp"
#include "archive/journal/tree.hpp"

namespace understudy::archive::journal::proof {

ComputedNodes::ComputedNodes(Leaf leaf, Known known) : leaf_(std::move(leaf)), known_(std::move(known)) {}

base::Result<base::Digest> ComputedNodes::hash(Node node) const {
  if (node.level > 63 || node.index >= max_size >> node.level) return base::fail("tree node", base::errc::malformed);
  std::vector<Part> parts;  // from left to right, each larger than the next
  const auto end = (node.index + 1) << node.level;
  for (auto at = node.index << node.level; at < end;) {
    auto part = largest(at, node.level);
    if (!part) return std::unexpected(part.error());
    at += std::uint64_t{1} << part->level;
    while (!parts.empty() && parts.back().level == part->level) {
      *part = {part->level + 1, node_hash(parts.back().hash, part->hash)};
      parts.pop_back();
    }
    parts.push_back(*part);
  }
  return parts.front().hash;
}

base::Result<ComputedNodes::Part> ComputedNodes::largest(std::uint64_t at, unsigned level) const {
  if (known_) {
    for (auto tried = std::min(level, static_cast<unsigned>(std::countr_zero(at))); tried > 0; --tried) {
      auto known = known_({tried, at >> tried});
      if (!known) return base::fail("tree node on level " + std::to_string(tried), known.error());
      if (*known) return Part{tried, **known};
    }
  }
  auto leaf = leaf_(at);
  if (!leaf) return std::unexpected(leaf.error());
  return Part{0, *leaf};
}

}  // namespace understudy::archive::journal::proof
