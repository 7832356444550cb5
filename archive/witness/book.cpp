#include "archive/witness/book.hpp"

#include "archive/journal/heads.hpp"

namespace understudy::archive::witness::book {

std::string history(const archive::journal::TreeHead& head) {
  return "h" + archive::journal::head_key(head);
}

std::string evidence(base::WallTime time, const archive::journal::SignedHead& shown) {
  base::Writer out(static_cast<std::uint8_t>('e'));
  out.u64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
  return out.raw(base::view(base::sha256(shown.encode()))).take();
}

}  // namespace understudy::archive::witness::book
