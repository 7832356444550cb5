/// The journal's Merkle tree: RFC 9162 §2.1 over leaf hashes made by the entry. Keeps only the frontier, the roots of the
/// complete subtrees from left to right, so that an append costs no reads. Never does I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/journal/proof/nodes.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::archive::journal {

/// RFC 9162 §2.1.1: H(0x01 || left || right).
base::Digest node_hash(const base::Digest& left, const base::Digest& right);

class Frontier {
 public:
  using Complete = std::function<void(proof::Node, const base::Digest&)>;

  /// `leaf` is a finished leaf hash (H(0x00 || ...)). `complete` is told of each subtree that it is the last leaf of, from
  /// level 1 up.
  void append(const base::Digest& leaf, const Complete& complete = {});
  std::uint64_t size() const { return size_; }
  /// The tree head over all leaves; of an empty tree: the hash of the empty string.
  base::Digest root() const;

  std::string encode() const;
  static base::Result<Frontier> decode(std::string_view value);
  bool operator==(const Frontier&) const = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<base::Digest> roots_;  ///< one for each set bit of size_, the largest subtree first
};

}  // namespace understudy::archive::journal
