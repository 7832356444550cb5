#include "mail/imap/link_cut_forest.hpp"

namespace understudy::mail::imap {

bool LinkCutForest::is_top(std::uint32_t node) const {
  const auto up = nodes_[node].up;
  return up == none || (nodes_[up].left != node && nodes_[up].right != node);
}

void LinkCutForest::rotate(std::uint32_t node) {
  const auto parent = nodes_[node].up;
  const auto grandparent = nodes_[parent].up;
  if (!is_top(parent)) (nodes_[grandparent].left == parent ? nodes_[grandparent].left : nodes_[grandparent].right) = node;
  nodes_[node].up = grandparent;
  const bool was_left = nodes_[parent].left == node;
  auto& inner = was_left ? nodes_[node].right : nodes_[node].left;
  (was_left ? nodes_[parent].left : nodes_[parent].right) = inner;
  if (inner != none) nodes_[inner].up = parent;
  inner = parent;
  nodes_[parent].up = node;
}

void LinkCutForest::splay(std::uint32_t node) {
  while (!is_top(node)) {
    const auto parent = nodes_[node].up;
    if (!is_top(parent)) {
      const auto grandparent = nodes_[parent].up;
      const bool straight = (nodes_[grandparent].left == parent) == (nodes_[parent].left == node);
      rotate(straight ? parent : node);
    }
    rotate(node);
  }
}

/// Makes the path from the root to `node` one splay tree with `node` at its top.
void LinkCutForest::expose(std::uint32_t node) {
  std::uint32_t below = none;
  for (auto at = node; at != none; at = nodes_[at].up) {
    splay(at);
    nodes_[at].right = below;
    below = at;
  }
  splay(node);
}

void LinkCutForest::link(std::uint32_t child, std::uint32_t parent) {
  expose(child);
  nodes_[child].up = parent;
}

void LinkCutForest::cut(std::uint32_t child) {
  expose(child);
  nodes_[nodes_[child].left].up = none;
  nodes_[child].left = none;
}

std::uint32_t LinkCutForest::root(std::uint32_t node) {
  expose(node);
  auto at = node;
  while (nodes_[at].left != none) at = nodes_[at].left;
  splay(at);
  return at;
}

}  // namespace understudy::mail::imap
