#include "archive/mailbox/staged_messages.hpp"

namespace understudy::archive::mailbox {
namespace {
std::unexpected<base::Error> no_message(Uid uid) {
  return base::fail("message " + std::to_string(uid), base::errc::not_found);
}

/// By a rule that gives the same each time.
void leave_keywords_out(MessageChunk& chunk) {
  for (auto at = chunk.messages().size(); at > 0 && chunk.keyword_octets() > MessageChunk::most_keyword_octets; --at)
    chunk.find(chunk.messages()[at - 1].uid)->flags.keywords.clear();
}
}  // namespace

/// From one to the next a walk takes a step; to begin one costs more than to look a single chunk up.
base::Result<MessageChunk> StagedMessages::read(Reading& reading, const Key& key) {
  const auto name = keys::message_chunk(key.first, key.second);
  if (++reading.asked > 2 && !reading.walk) reading.walk.emplace(stage_, shard_, store::Table::message_chunks);
  const auto record = reading.walk ? reading.walk->get(name) : stage_.get(shard_, store::Table::message_chunks, name);
  if (!record) return std::unexpected(record.error());
  return *record ? MessageChunk::decode(key.second, **record) : MessageChunk();
}

base::Result<StagedMessages::Held*> StagedMessages::held(FolderNumber folder, MessageChunk::Number number) {
  const Key key{folder, number};
  if (last_ != held_.end() && last_->first == key) return &last_->second;
  last_ = held_.find(key);
  if (last_ != held_.end()) return &last_->second;
  if (++read_ % most_unchanged == 0) std::erase_if(held_, [](const auto& each) { return !each.second.changed; });
  auto chunk = read(reading_[folder], key);
  if (!chunk) return std::unexpected(chunk.error());
  last_ = held_.emplace(key, Held{std::move(*chunk)}).first;
  return &last_->second;
}

base::Result<const Message*> StagedMessages::find(FolderNumber folder, Uid uid) {
  const auto chunk = held(folder, MessageChunk::number_of(uid));
  if (!chunk) return std::unexpected(chunk.error());
  const auto* found = std::as_const((*chunk)->chunk).find(uid);
  if (!found) return no_message(uid);
  return found;
}

base::Result<StagedMessages::Held*> StagedMessages::to_change(FolderNumber folder, Uid uid) {
  const auto chunk = held(folder, MessageChunk::number_of(uid));
  if (!chunk) return std::unexpected(chunk.error());
  if (!(*chunk)->changed) (*chunk)->keyword_octets = (*chunk)->chunk.keyword_octets();
  (*chunk)->changed = true;
  return *chunk;
}

base::Result<Message*> StagedMessages::change(FolderNumber folder, Uid uid) {
  const auto held = to_change(folder, uid);
  if (!held) return std::unexpected(held.error());
  auto* found = (*held)->chunk.find(uid);
  if (!found) return no_message(uid);
  return found;
}

base::Result<> StagedMessages::put(FolderNumber folder, Uid uid, Message message) {
  const auto held = to_change(folder, uid);
  if (!held) return std::unexpected(held.error());
  (*held)->chunk.put(uid, std::move(message));
  return {};
}

base::Result<> StagedMessages::erase(FolderNumber folder, Uid uid) {
  const auto held = to_change(folder, uid);
  if (!held) return std::unexpected(held.error());
  if (!(*held)->chunk.erase(uid)) return no_message(uid);
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
    const auto octets = held.chunk.keyword_octets();
    if (keywords == Keywords::as_logged && octets > MessageChunk::most_keyword_octets) leave_keywords_out(held.chunk);
    if (keywords == Keywords::limited && octets > MessageChunk::most_keyword_octets && octets > held.keyword_octets)
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
