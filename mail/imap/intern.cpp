#include "mail/imap/intern.hpp"

#include <algorithm>
#include <functional>

namespace understudy::mail::imap {
namespace {

struct Hashed {
  std::uint64_t hash;
  std::uint32_t index;
};

}  // namespace

/// By hash first, which is fast; by the texts themselves where hashes are equal, so that collisions cost no more than a sort.
Interned intern(std::span<const std::string_view> texts) {
  std::vector<Hashed> order(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i)
    order[i] = {std::hash<std::string_view>()(texts[i]), static_cast<std::uint32_t>(i)};
  std::ranges::sort(order, [&](const Hashed& a, const Hashed& b) {
    return a.hash != b.hash ? a.hash < b.hash : texts[a.index] < texts[b.index];
  });
  Interned out;
  out.numbers.resize(texts.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || order[i].hash != order[i - 1].hash || texts[order[i].index] != texts[order[i - 1].index]) ++out.count;
    out.numbers[order[i].index] = out.count - 1;
  }
  return out;
}

}  // namespace understudy::mail::imap
