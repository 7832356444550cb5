#include "archive/object_id.hpp"

#include <algorithm>

#include "base/codec.hpp"

namespace understudy::archive {

namespace {
/// RFC 4648 §5: "-" and "_", without padding.
std::string url_base64(std::string_view octets) {
  auto text = base::to_base64(octets);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  while (text.ends_with('=')) text.pop_back();
  return text;
}
}  // namespace

std::string email_id(const base::Digest& name) {
  return "M" + url_base64(base::view(name));
}

std::string mailbox_id(const store::Identity& store, mailbox::AccountNumber account, mailbox::FolderNumber folder) {
  constexpr std::size_t octets = 15;  // so that by chance no two are the same
  const auto digest = base::sha256("mailbox " + store.instance + " " + std::to_string(account) + " " + std::to_string(folder));
  return "F" + url_base64(base::view(digest).substr(0, octets));
}

}  // namespace understudy::archive
