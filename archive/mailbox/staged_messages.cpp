#include "archive/mailbox/staged_messages.hpp"

namespace understudy::archive::mailbox {
namespace {
std::unexpected<base::Error> no_message(Uid uid) {
  return base::fail("message " + std::to_string(uid), base::errc::not_found);
}
}  // namespace

/// From one to the next a walk takes a step; to begin one costs more than to look a single chunk up.
base::Result<std::optional<std::string>> StagedMessages::read(FolderNumber folder, const std::string& key) {
  auto& reading = reading_[folder];
  if (++reading.asked <= 2) return stage_.get(shard_, store::Table::message_chunks, key);
  if (!reading.walk) reading.walk.emplace(stage_, shard_, store::Table::message_chunks);
  return reading.walk->get(key);
}

base::Result<StagedMessages::Held*> StagedMessages::held(FolderNumber folder, MessageChunk::Number number) {
  const Key key{folder, number};
  if (last_ != held_.end()) {
    if (last_->first == key) return &last_->second;
    if (!last_->second.changed) held_.erase(last_);
    last_ = held_.end();
  }
  const auto [at, is_new] = held_.try_emplace(key);
  if (is_new) {
    auto chunk = [&]() -> base::Result<MessageChunk> {
      const auto record = read(folder, keys::message_chunk(folder, number));
      if (!record) return std::unexpected(record.error());
      return *record ? MessageChunk::decode(number, **record) : MessageChunk();
    }();
    if (!chunk) {
      held_.erase(at);
      return std::unexpected(chunk.error());
    }
    at->second.chunk = std::move(*chunk);
  }
  last_ = at;
  return &at->second;
}

base::Result<const Message*> StagedMessages::find(FolderNumber folder, Uid uid) {
  const auto chunk = held(folder, MessageChunk::number_of(uid));
  if (!chunk) return std::unexpected(chunk.error());
  const auto* found = std::as_const((*chunk)->chunk).find(uid);
  if (!found) return no_message(uid);
  return found;
}

base::Result<Message*> StagedMessages::change(FolderNumber folder, Uid uid) {
  const auto chunk = held(folder, MessageChunk::number_of(uid));
  if (!chunk) return std::unexpected(chunk.error());
  auto* found = (*chunk)->chunk.find(uid);
  if (!found) return no_message(uid);
  (*chunk)->changed = true;
  return found;
}

base::Result<> StagedMessages::put(FolderNumber folder, Uid uid, Message message) {
  const auto chunk = held(folder, MessageChunk::number_of(uid));
  if (!chunk) return std::unexpected(chunk.error());
  (*chunk)->chunk.put(uid, std::move(message));
  (*chunk)->changed = true;
  return {};
}

base::Result<> StagedMessages::erase(FolderNumber folder, Uid uid) {
  const auto chunk = held(folder, MessageChunk::number_of(uid));
  if (!chunk) return std::unexpected(chunk.error());
  if (!(*chunk)->chunk.erase(uid)) return no_message(uid);
  (*chunk)->changed = true;
  return {};
}

base::Result<std::span<const ListedMessage>> StagedMessages::chunk(FolderNumber folder, MessageChunk::Number number) {
  const auto chunk = held(folder, number);
  if (!chunk) return std::unexpected(chunk.error());
  return (*chunk)->chunk.messages();
}

base::Result<> StagedMessages::write(commit::Stage& stage, Keywords keywords) {
  for (auto& [key, held] : held_) {
    if (!held.changed) continue;
    auto name = keys::message_chunk(key.first, key.second);
    if (held.chunk.empty()) {
      stage.erase(shard_, store::Table::message_chunks, std::move(name));
      continue;
    }
    if (keywords == Keywords::limited && held.chunk.keyword_octets() > MessageChunk::most_keyword_octets)
      return base::fail("keywords of UIDs " + std::to_string(MessageChunk::first_uid(key.second)) + " to " +
                            std::to_string(MessageChunk::last_uid(key.second)),
                        base::errc::too_long);
    stage.put(shard_, store::Table::message_chunks, std::move(name), held.chunk.encode());
  }
  held_.clear();
  last_ = held_.end();
  reading_.clear();
  return {};
}

}  // namespace understudy::archive::mailbox
