#include "archive/outbox/owner.hpp"

namespace understudy::archive::outbox {
namespace {
std::string applied_key(std::uint16_t partition) {
  return base::Writer().raw("a").u16(partition).take();
}
}  // namespace

base::Result<> Owner::add(commit::Stage& stage, Entry entry) {
  stage.put(entry.id.where(), store::Table::outbox, entry.id.key(), entry.encode());
  stage.hold(entry.id.where(), entry.body);
  changes_.added.push_back(std::move(entry));
  return {};
}

base::Result<Entry> Owner::find(const commit::Stage& stage, const Id& id) const {
  auto value = stage.get(id.where(), store::Table::outbox, id.key());
  if (!value) return std::unexpected(value.error());
  if (!*value) return base::fail("outbox entry " + id.text(), base::errc::not_found);
  return Entry::decode(id.shard, id.key(), **value);
}

base::Result<> Owner::change(commit::Stage& stage, Entry entry) {
  if (auto there = find(stage, entry.id); !there) return std::unexpected(there.error());
  stage.put(entry.id.where(), store::Table::outbox, entry.id.key(), entry.encode());
  changes_.changed.push_back(std::move(entry));
  return {};
}

base::Result<> Owner::end(commit::Stage& stage, const Id& id) {
  auto entry = find(stage, id);
  if (!entry) return std::unexpected(entry.error());
  stage.erase(id.where(), store::Table::outbox, id.key());
  base::Writer prefix;
  id.position.encode(prefix);
  auto others = stage.any(id.where(), store::Table::outbox, prefix.str());  // entries of the same message share its body
  if (!others) return std::unexpected(others.error());
  if (!*others) stage.release(id.where(), entry->body);
  changes_.ended.push_back(id);
  return {};
}

base::Result<> Owner::settle(commit::Stage& stage, const Id& id, const std::optional<Entry>& left) {
  auto now = find(stage, id);
  if (!now && now.error().code == base::errc::not_found) return {};
  if (!now) return std::unexpected(now.error());
  if (!left) return end(stage, id);
  Entry entry = *left;
  if (entry.held.empty()) entry.held = now->held;
  return change(stage, std::move(entry));
}

base::Result<bool> Owner::behind(const commit::Stage& stage, store::Shard shard, Position position) {
  const auto key = std::pair(shard, position.partition);
  if (!applied_.contains(key)) {
    if (applied_.size() > 10'000) applied_.clear();
    auto value = stage.get(shard, store::Table::outbox_state, applied_key(position.partition));
    if (!value) return std::unexpected(value.error());
    base::Reader in(*value ? std::string_view(**value) : std::string_view());
    in.u8();
    applied_[key] = *value ? in.u64() : 0;
  }
  return applied_[key] <= position.index;
}

void Owner::mark_applied(commit::Stage& stage, store::Shard shard, Position position) {
  applied_[{shard, position.partition}] = position.index + 1;
  touched_.emplace_back(shard, position.partition);
  stage.put(shard, store::Table::outbox_state, applied_key(position.partition), base::Writer(1).u64(position.index + 1).take());
}

Changes Owner::committed() {
  touched_.clear();
  before_ = {};
  return std::exchange(changes_, {});
}

void Owner::forget() {
  static_cast<void>(committed());
  applied_.clear();
}

void Owner::savepoint() {
  touched_.clear();
  before_ = {changes_.added.size(), changes_.changed.size(), changes_.ended.size()};
}

void Owner::roll_back() {
  changes_.added.resize(before_.added);
  changes_.changed.resize(before_.changed);
  changes_.ended.resize(before_.ended);
  for (const auto& applied : touched_) applied_.erase(applied);  // the stage knows what the members before have left
  touched_.clear();
}

base::Result<std::vector<Entry>> list(const store::Reader& reader, store::Shard shard, std::string_view after,
                                      std::size_t limit) {
  std::vector<Entry> entries;
  auto cursor = reader.scan(shard, store::Table::outbox, after);
  if (cursor->valid() && !after.empty() && cursor->key() == after) cursor->next();
  for (; cursor->valid() && entries.size() < limit; cursor->next()) {
    auto entry = Entry::decode(shard.id, cursor->key(), cursor->value());
    if (!entry) return std::unexpected(entry.error());
    entries.push_back(std::move(*entry));
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return entries;
}

base::Result<std::vector<store::Shard>> shards(const store::Reader& reader) {
  return reader.shards(store::Table::outbox);
}

base::Result<Entry> find(const store::Reader& reader, std::string_view id_text) {
  const auto not_found = [&] { return base::fail("outbox entry " + base::escape(id_text), base::errc::not_found); };
  const auto dot = id_text.rfind('.');
  if (dot == std::string_view::npos) return not_found();
  const auto position = Position::parse(id_text.substr(0, dot));
  const auto ordinal = base::to_number(id_text.substr(dot + 1));
  if (!position || !ordinal || *ordinal > 0xffff) return not_found();
  auto where = shards(reader);
  if (!where) return std::unexpected(where.error());
  for (const auto& shard : *where) {
    const Id id{*position, static_cast<std::uint16_t>(*ordinal), shard.id};
    auto value = reader.get(shard, store::Table::outbox, id.key());
    if (!value) return std::unexpected(value.error());
    if (*value) return Entry::decode(shard.id, id.key(), **value);
  }
  return not_found();
}

}  // namespace understudy::archive::outbox
