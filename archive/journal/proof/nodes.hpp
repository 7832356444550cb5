/// The hashes of complete subtrees (RFC 9162 §2.1.1), of which proofs are made, and where they come from.
///
/// A proof over n leaves asks for at most 2 log2 n of them. What one costs is its source's matter: from leaves alone all of
/// those below it are read, together as many as the tree has. Where the hashes on the levels 8, 16, 24, ... are known (those
/// over each 256 leaves, 65,536, ...: one record for 255 leaves), one hash costs at most 128 reads, and a proof over 10^6
/// leaves 655 at most.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::archive::journal::proof {

/// The subtree over the 2^level leaves from `index` * 2^level on. Level 0: a leaf.
struct Node {
  unsigned level = 0;
  std::uint64_t index = 0;
  auto operator<=>(const Node&) const = default;
};

class Nodes {
 public:
  virtual ~Nodes() = default;
  /// The failures are the source's. Whoever makes a proof asks only for nodes that lie in its tree whole.
  virtual base::Result<base::Digest> hash(Node node) const = 0;
};

/// Gives a hash where it is known, and else computes it from the largest parts that are. Keeps nothing between two questions;
/// no recursion, at most 64 hashes in memory. Any thread that both functions allow.
class ComputedNodes final : public Nodes {
 public:
  /// The finished leaf hash (H(0x00 || ...)). Within one question the indexes grow, and none is asked for twice.
  using Leaf = std::function<base::Result<base::Digest>(std::uint64_t index)>;
  /// Asked for levels from 1 on; nullopt: not known.
  using Known = std::function<base::Result<std::optional<base::Digest>>(Node)>;

  explicit ComputedNodes(Leaf leaf, Known known = {});
  /// errc::malformed: no tree of max_size leaves has such a node.
  base::Result<base::Digest> hash(Node node) const override;

 private:
  struct Part {
    unsigned level;
    base::Digest hash;
  };
  /// The largest known subtree that begins at leaf `at`, of at most `level`; the leaf where there is none.
  base::Result<Part> largest(std::uint64_t at, unsigned level) const;

  Leaf leaf_;
  Known known_;
};

}  // namespace understudy::archive::journal::proof
