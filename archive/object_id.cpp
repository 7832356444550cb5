#include "archive/object_id.hpp"

#include <algorithm>

#include "base/codec.hpp"

namespace understudy::archive {

std::string email_id(const base::Digest& name) {
  auto text = base::to_base64(base::view(name));  // RFC 4648 §5: "-" and "_", without padding
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  while (text.ends_with('=')) text.pop_back();
  return "M" + text;
}

std::string mailbox_id(mailbox::AccountNumber account, mailbox::FolderNumber folder) {
  return "F" + std::to_string(account) + "-" + std::to_string(folder);
}

}  // namespace understudy::archive
