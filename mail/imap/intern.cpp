#include "mail/imap/intern.hpp"

#include <algorithm>

namespace understudy::mail::imap {
namespace {

struct Placed {
  std::uint64_t id;
  std::uint32_t index;
};

}  // namespace

Interned intern(std::span<const std::uint64_t> ids) {
  std::vector<Placed> order(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) order[i] = {ids[i], static_cast<std::uint32_t>(i)};
  std::ranges::sort(order, {}, &Placed::id);
  Interned out;
  out.numbers.resize(ids.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || order[i].id != order[i - 1].id) ++out.count;
    out.numbers[order[i].index] = out.count - 1;
  }
  return out;
}

}  // namespace understudy::mail::imap
