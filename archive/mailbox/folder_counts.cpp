#include "archive/mailbox/folder_counts.hpp"

#include "archive/mailbox/view.hpp"

namespace understudy::archive::mailbox {
namespace {

bool over(std::uint64_t limit, std::uint64_t before, std::uint64_t after) {
  return limit > 0 && after > before && after > limit;
}

/// What of `folder` is to be counted, from its messages.
base::Result<Folder> counted(const store::Reader& reader, AccountNumber account, FolderNumber number, const Folder& folder) {
  Folder sum;
  const auto prefix = keys::folder(number);
  auto cursor = reader.scan(shard_of(account), store::Table::messages, prefix);
  for (; cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    auto message = decode_message(cursor->value());
    if (!message) return std::unexpected(message.error());
    sum.count_in(*message);
  }
  if (auto read = cursor->status(); !read) return std::unexpected(read.error());
  Folder result = folder;
  result.counted = true;
  result.unseen = sum.unseen;
  result.deleted = sum.deleted;
  result.deleted_octets = sum.deleted_octets;
  return result;
}

}  // namespace

Usage usage_of(const std::map<FolderNumber, Folder>& folders) {
  Usage used;
  for (const auto& [number, folder] : folders) {
    used.messages += folder.messages;
    used.octets += folder.octets;
  }
  return used;
}

bool Quota::allows(const Usage& before, const Usage& after) const {
  return !over(octets, before.octets, after.octets) && !over(messages, before.messages, after.messages);
}

base::Result<std::uint64_t> count_folders(store::Store& store, AccountNumber account) {
  auto state = load_state(store, account);
  if (!state) return std::unexpected(state.error());
  std::uint64_t done = 0;
  for (const auto& [number, folder] : state->folders) {
    if (folder.counted) continue;
    auto now = counted(store, account, number, folder);
    if (!now) return base::fail("folder " + std::to_string(number), now.error());
    store::Batch batch(shard_of(account));
    batch.put(store::Table::folders, keys::folder(number), now->encode());
    if (auto written = store.commit(std::span(&batch, 1), store::Sync::later); !written)
      return std::unexpected(written.error());
    done += 1;
  }
  return done;
}

}  // namespace understudy::archive::mailbox
