#include "archive/mailbox/heading_pack.hpp"

#include "archive/mailbox/account_state.hpp"
#include "mail/imap/headings.hpp"

namespace understudy::archive::mailbox {

base::Result<std::string> heading_pack(const commit::Stage& stage, store::Shard account,
                                       std::span<const ListedMessage> messages) {
  constexpr std::size_t longest = 48 * 1024;  // a value of the store has 64
  mail::imap::Headings headings;
  for (const auto& [uid, message] : messages) {
    const auto record = stage.get(account, store::Table::headings, keys::summary(message.body));
    if (!record) return std::unexpected(record.error());
    if (!*record) return std::string();
    const auto heading = mail::imap::HeadingView::decode(**record);
    if (!heading || headings.octets() > 4 * longest) return std::string();
    headings.add(uid, *heading);
  }
  auto pack = headings.encode();
  return pack.size() > longest ? std::string() : pack;
}

}  // namespace understudy::archive::mailbox
