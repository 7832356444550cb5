#include "archive/mailbox/view.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace understudy::archive::mailbox {

base::Result<Message> decode_message(std::string_view value) {
  base::Reader in(value);
  const auto version = in.u8();
  Message message = Message::decode(in, version);
  if (auto fits = in.check("message of a mailbox"); !fits) return std::unexpected(fits.error());
  return message;
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
  auto cursor = reader.scan(shard_of(account), store::Table::messages, keys::message(folder, from));
  for (; cursor->valid() && listed.size() < limit; cursor->next()) {
    base::Reader key(cursor->key());
    if (key.u32() != folder) break;
    auto message = decode_message(cursor->value());
    if (!message) return std::unexpected(message.error());
    listed.push_back({key.u32(), std::move(*message)});
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return listed;
}

base::Result<Message> message(const store::Reader& reader, AccountNumber account, FolderNumber folder, Uid uid) {
  auto value = reader.get(shard_of(account), store::Table::messages, keys::message(folder, uid));
  if (!value) return std::unexpected(value.error());
  if (!*value) return base::fail("message " + std::to_string(uid), base::errc::not_found);
  return decode_message(**value);
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
  auto cursor = reader.scan(shard_of(account), store::Table::annotations, prefix);
  for (; cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
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
