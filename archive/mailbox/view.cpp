#include "archive/mailbox/view.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace understudy::archive::mailbox {

std::string_view name_of(FolderKind kind) {
  if (kind == FolderKind::bin) return "bin";
  return kind == FolderKind::cold ? "cold" : "live";
}

base::Result<std::vector<ListedFolder>> folders(const store::Reader& reader, AccountNumber account) {
  auto state = load_state(reader, account);
  if (!state) return std::unexpected(state.error());
  std::vector<ListedFolder> listed;
  for (auto& [number, folder] : state->folders) listed.push_back({number, std::move(folder)});
  std::ranges::sort(listed, {}, [](const ListedFolder& f) -> const std::string& { return f.folder.name; });
  return listed;
}

base::Result<ListedFolder> find_folder(const store::Reader& reader, AccountNumber account, std::string_view text) {
  auto state = load_state(reader, account);
  if (!state) return std::unexpected(state.error());
  const auto number = text.starts_with('\\') ? state->find_special(text) : state->find(text);
  if (!number) return base::fail("folder \"" + base::escape(text) + "\"", base::errc::not_found);
  return ListedFolder{*number, state->folders.at(*number)};
}

base::Result<std::vector<ListedMessage>> messages(const store::Reader& reader, AccountNumber account, FolderNumber folder,
                                                  Uid from, std::size_t limit) {
  std::vector<ListedMessage> listed;
  const auto prefix = keys::folder(folder);
  auto cursor = reader.scan(shard_of(account), store::Table::message_chunks,
                            keys::message_chunk(folder, MessageChunk::number_of(from)), prefix);
  for (; cursor->valid(); cursor->next()) {
    const auto chunk = MessageChunk::decode(base::Reader(cursor->key().substr(prefix.size())).u32(), cursor->value());
    if (!chunk) return std::unexpected(chunk.error());
    for (const auto& each : chunk->messages()) {
      if (listed.size() == limit) return listed;
      if (each.uid >= from) listed.push_back(each);
    }
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return listed;
}

base::Result<Message> message(const store::Reader& reader, AccountNumber account, FolderNumber folder, Uid uid) {
  const auto key = keys::message_chunk(folder, MessageChunk::number_of(uid));
  const auto record = reader.get(shard_of(account), store::Table::message_chunks, key);
  if (!record) return std::unexpected(record.error());
  return in_chunk(*record, uid);
}

base::Result<std::map<Uid, BinOrigin>> bin_origins(const store::Reader& reader, AccountNumber account, FolderNumber bin,
                                                   Uid from, Uid to) {
  std::map<Uid, BinOrigin> found;
  const auto prefix = keys::folder(bin);
  const auto take = [&](const store::Cursor& at) -> base::Result<Uid> {
    const Uid first = base::Reader(at.key().substr(prefix.size())).u32();
    auto origin = BinOrigin::decode(at.value());
    if (!origin) return std::unexpected(origin.error());
    found.emplace(first, std::move(*origin));
    return first;
  };
  auto cursor = reader.scan(shard_of(account), store::Table::bin, keys::bin_origin(bin, to), prefix);
  const bool is_last = cursor->valid() && cursor->key() == keys::bin_origin(bin, to);
  if (!cursor->valid()) {
    if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
    cursor = reader.scan_last(shard_of(account), store::Table::bin);
  } else if (!is_last) {
    cursor->previous();
  }
  for (; cursor->valid() && cursor->key().starts_with(prefix); cursor->previous()) {
    const auto first = take(*cursor);
    if (!first) return std::unexpected(first.error());
    if (*first <= from) break;
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return found;
}

base::Result<std::string> decode_annotation(std::string_view record) {
  base::Reader in(record);
  in.u8();
  std::string value(in.text());
  if (auto fits = in.check("annotation"); !fits) return std::unexpected(fits.error());
  return value;
}

base::Result<std::map<std::string, std::string>> annotations(const store::Reader& reader, AccountNumber account,
                                                             FolderNumber folder) {
  std::map<std::string, std::string> found;
  const auto prefix = keys::folder(folder);
  auto cursor = reader.scan(shard_of(account), store::Table::annotations, prefix, prefix);
  for (; cursor->valid(); cursor->next()) {
    auto value = decode_annotation(cursor->value());
    if (!value) return std::unexpected(value.error());
    found.emplace(cursor->key().substr(prefix.size()), std::move(*value));
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return found;
}

base::Result<std::vector<LoggedChange>> changes(const store::Reader& reader, AccountNumber account, ModSeq from,
                                                std::size_t limit) {
  std::vector<LoggedChange> logged;
  auto cursor = reader.scan(shard_of(account), store::Table::account_log, base::Writer().u64(from).take());
  for (; cursor->valid() && logged.size() < limit; cursor->next()) {
    auto change = decode_change(cursor->value());
    if (!change) return std::unexpected(change.error());
    logged.push_back({base::Reader(cursor->key()).u64(), std::move(*change)});
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return logged;
}

}  // namespace understudy::archive::mailbox
