#include "archive/mailbox/heading_pack.hpp"

#include <algorithm>

#include "archive/mailbox/account_state.hpp"

namespace understudy::archive::mailbox {
namespace {
constexpr std::size_t longest = 48 * 1024;  // a value of the store has 64
}

std::string heading_pack(const commit::Stage& stage, store::Shard account, std::span<const ListedMessage> messages) {
  mail::imap::Headings headings;
  for (const auto& [uid, message] : messages) {
    const auto record = stage.get(account, store::Table::headings, keys::summary(message.body));
    if (!record || !*record) return {};
    const auto heading = mail::imap::HeadingView::decode(**record);
    if (!heading || headings.octets() > 4 * longest) return {};
    headings.add(uid, *heading);
  }
  return record_of(headings);
}

std::string record_of(const mail::imap::Headings& headings) {
  for (std::size_t row = 0; row < headings.size(); ++row)
    if (!headings.is_known(row)) return {};
  if (headings.octets() > 4 * longest) return {};
  auto record = headings.encode();
  return record.size() > longest ? std::string() : record;
}

void keep_pack(commit::Stage& stage, store::Shard account, FolderNumber folder, MessageChunk::Number number,
               const mail::imap::Headings& headings, std::string record) {
  const auto key = keys::message_chunk(folder, number);
  const auto chunk_record = stage.get(account, store::Table::message_chunks, key);
  const auto folder_record = stage.get(account, store::Table::folders, keys::folder(folder));
  if (!chunk_record || !*chunk_record || !folder_record || !*folder_record) return;
  const auto chunk = MessageChunk::decode(number, **chunk_record);
  const auto of = Folder::decode(**folder_record);
  if (!chunk || !of || of->uid_next <= MessageChunk::last_uid(number)) return;
  const auto messages = chunk->messages();
  const auto is_in = [&](const ListedMessage& each) { return headings.row(each.uid).has_value(); };
  if (messages.size() != headings.size() || !std::ranges::all_of(messages, is_in)) return;
  stage.put(account, store::Table::heading_packs, key, std::move(record));
}

}  // namespace understudy::archive::mailbox
