#include "archive/journal/proof/make.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <vector>

#include "archive/journal/tree.hpp"

namespace understudy::archive::journal::proof {
namespace {

/// Neighbouring leaves. Those that occur here begin at a multiple of a power of two that is no smaller than their count, so
/// that they are made of whole subtrees, the largest first.
struct Span {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

struct Halves {
  Span left, right;
};

/// RFC 9162 §2.1.1: the left one has the largest power of two that is smaller than the count. The count is at least 2.
Halves split(Span span) {
  const auto left = std::bit_floor(span.count - 1);
  return {{span.first, left}, {span.first + left, span.count - left}};
}

/// From the right, since the smallest subtree is the deepest one.
base::Result<base::Digest> hash_over(const Nodes& nodes, Span span) {
  std::optional<base::Digest> hash;
  auto end = span.first + span.count;
  for (auto rest = span.count; rest != 0; rest &= rest - 1) {
    const auto level = static_cast<unsigned>(std::countr_zero(rest));
    end -= std::uint64_t{1} << level;
    auto node = nodes.hash({level, end >> level});
    if (!node) return std::unexpected(node.error());
    hash = hash ? node_hash(*node, *hash) : *node;
  }
  return hash ? *hash : base::sha256({});
}

/// `spans`: from the root down, as they are found.
base::Result<Path> path_of(const Nodes& nodes, const std::vector<Span>& spans) {
  Path path;
  for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
    auto hash = hash_over(nodes, *span);
    if (!hash) return std::unexpected(hash.error());
    path.push_back(*hash);
  }
  return path;
}

}  // namespace

base::Result<Head> make_head(const Nodes& nodes, std::uint64_t size) {
  if (size > max_size) return base::fail("tree head: size", base::errc::malformed);
  auto root = hash_over(nodes, {0, size});
  if (!root) return base::fail("tree head", root.error());
  return Head{size, *root};
}

base::Result<Path> make_inclusion(const Nodes& nodes, std::uint64_t index, std::uint64_t size) {
  if (size > max_size || index >= size) return base::fail("inclusion proof: index or size", base::errc::malformed);
  std::vector<Span> siblings;
  for (Span here{0, size}; here.count > 1;) {
    const auto [left, right] = split(here);
    const bool on_the_left = index < right.first;
    siblings.push_back(on_the_left ? right : left);
    here = on_the_left ? left : right;
  }
  auto path = path_of(nodes, siblings);
  if (!path) return base::fail("inclusion proof", path.error());
  return path;
}

base::Result<Path> make_consistency(const Nodes& nodes, std::uint64_t first, std::uint64_t second) {
  if (second > max_size || first > second) return base::fail("consistency proof: sizes", base::errc::malformed);
  if (first == 0) return Path();
  std::vector<Span> spans;
  Span here{0, second};
  // Down to the last subtree that both trees have whole. It ends where the first tree ends.
  while (here.first + here.count != first) {
    const auto [left, right] = split(here);
    const bool ends_on_the_left = first <= right.first;
    spans.push_back(ends_on_the_left ? right : left);
    here = ends_on_the_left ? left : right;
  }
  // Where that is all of the first tree, its hash is the head that the other side has already.
  if (here.first != 0) spans.push_back(here);
  auto path = path_of(nodes, spans);
  if (!path) return base::fail("consistency proof", path.error());
  return path;
}

}  // namespace understudy::archive::journal::proof
