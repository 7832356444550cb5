#include "archive/witness/book.hpp"

#include "archive/journal/heads.hpp"

namespace understudy::archive::witness::book {

std::string prefix(archive::journal::Book book) {
  return book == archive::journal::Book::audit ? "A" : "";
}

std::string history(const archive::journal::TreeHead& head) {
  return prefix(head.log.book) + "h" + archive::journal::head_key(head);
}

std::string evidence(base::WallTime time, const archive::journal::SignedHead& shown) {
  base::Writer out;
  out.raw(all_evidence(shown.head.log.book)).u64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
  return out.raw(base::view(base::sha256(shown.encode()))).take();
}

}  // namespace understudy::archive::witness::book
