/// Rooted trees that are linked and cut, with the root of each node in logarithmic time (link-cut trees of Sleator and Tarjan,
/// as splay trees of paths). For threading: whether a new link would make a loop must not cost a walk along the chain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace understudy::mail::imap {

class LinkCutForest {
 public:
  /// `nodes` trees of one node each; at most 2^32 - 2.
  explicit LinkCutForest(std::size_t nodes) : nodes_(nodes) {}

  /// `child` must be a root, and not that of `parent`.
  void link(std::uint32_t child, std::uint32_t parent);
  /// Off its parent; `child` must have one.
  void cut(std::uint32_t child);
  /// Amortised log n.
  std::uint32_t root(std::uint32_t node);

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  struct Node {
    std::uint32_t up = none;  // in its splay tree; at the top of it the parent of the path
    std::uint32_t left = none;
    std::uint32_t right = none;
  };

  bool is_top(std::uint32_t node) const;
  void rotate(std::uint32_t node);
  void splay(std::uint32_t node);
  void expose(std::uint32_t node);

  std::vector<Node> nodes_;
};

}  // namespace understudy::mail::imap
