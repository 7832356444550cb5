#include "archive/outbox/owner.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace understudy::archive::outbox {
namespace {
constexpr std::string_view log_end_key = "n";
constexpr std::size_t most_known = 10'000;  ///< of what is kept in memory to be read less often

std::string applied_key(std::uint16_t partition) {
  return base::Writer().raw("a").u16(partition).take();
}

std::unexpected<base::Error> not_found(const Id& id) {
  return base::fail("outbox entry " + id.text(), base::errc::not_found);
}

void tell_damaged(const Id& id) {
  base::log::error("outbox.damaged", {{"entry", id.text()}, {"hop_shard", id.shard}});
}

/// Of the entry as an attempt left it and as it is stored. Where an administrator changed it while the attempt was under way, a
/// target that the attempt never touched and that he released waits for the next one.
Entry merge(const Entry& now, Entry left) {
  if (left.held.empty()) left.held = now.held;
  if (left.revision == now.revision || left.targets.size() != now.targets.size()) return left;
  left.revision = now.revision;
  for (std::size_t i = 0; i < left.targets.size(); ++i) {
    const Target& stored = now.targets[i];
    Target& target = left.targets[i];
    const bool untouched = target.last_reply == stored.last_reply && target.last_host == stored.last_host;
    if (!untouched || target.state != State::held || stored.state != State::pending) continue;
    target.state = State::pending;
    left.next_attempt = std::min(left.next_attempt, now.next_attempt);
  }
  return left;
}
}  // namespace

/// Names the entry at the end of its shard's log, and drops what no longer fits in there.
base::Result<> Owner::log(commit::Stage& stage, const Id& id) {
  auto end = log_end(stage, id.where());
  if (!end) return std::unexpected(end.error());
  const std::uint64_t sequence = *end + 1;
  stage.append(id.where(), sequence, base::Writer(1).raw(id.key()).take());
  if (sequence > log_kept) stage.erase(id.where(), store::Table::outbox_log, base::Writer().u64(sequence - log_kept).take());
  stage.put(id.where(), store::Table::outbox_state, std::string(log_end_key), base::Writer(1).u64(sequence).take());
  log_ends_[id.where()] = sequence;
  logged_.push_back(id.where());
  return {};
}

base::Result<std::uint64_t> Owner::log_end(const commit::Stage& stage, store::Shard shard) {
  if (const auto known = log_ends_.find(shard); known != log_ends_.end()) return known->second;
  auto value = stage.get(shard, store::Table::outbox_state, log_end_key);
  if (!value) return std::unexpected(value.error());
  if (!*value) return 0;
  base::Reader in(**value);
  in.u8();
  const auto end = in.u64();
  if (auto fits = in.check("end of an outbox log"); !fits) return std::unexpected(fits.error());
  return end;
}

/// Whether the hop has further entries of this one's message: they share its body.
base::Result<bool> Owner::has_others(const commit::Stage& stage, const Id& id) {
  const Message message(id.where(), id.position);
  const auto known = parts_.find(message);
  const bool alone = known != parts_.end() && known->second == 1;
  if (known != parts_.end()) parts_.erase(known);
  if (alone) return false;
  base::Writer prefix;
  id.position.encode(prefix);
  return stage.any(id.where(), store::Table::outbox, prefix.str());
}

base::Result<> Owner::add(commit::Stage& stage, Entry entry, std::vector<store::Shard> under) {
  stage.put(entry.id.where(), store::Table::outbox, entry.id.key(), entry.encode());
  stage.hold(entry.id.where(), entry.body, std::move(under));
  parts_[{entry.id.where(), entry.id.position}] += 1;
  changes_.added.push_back(std::move(entry));
  return {};
}

base::Result<> Owner::write(commit::Stage& stage, Entry entry) {
  stage.put(entry.id.where(), store::Table::outbox, entry.id.key(), entry.encode());
  if (auto logged = log(stage, entry.id); !logged) return logged;
  changes_.changed.push_back(std::move(entry));
  return {};
}

base::Result<> Owner::erase(commit::Stage& stage, const Id& id, const store::BodyRef* body) {
  stage.erase(id.where(), store::Table::outbox, id.key());
  auto others = has_others(stage, id);
  if (!others) return std::unexpected(others.error());
  if (body && !*others) stage.release(id.where(), *body);
  if (auto logged = log(stage, id); !logged) return logged;
  changes_.ended.push_back(id);
  return {};
}

base::Result<> Owner::change(commit::Stage& stage, Entry entry) {
  auto there = look_up(stage, entry.id);
  if (!there) return std::unexpected(there.error());
  if (!*there) return not_found(entry.id);
  entry.revision = (*there)->revision + 1;
  return write(stage, std::move(entry));
}

base::Result<> Owner::end(commit::Stage& stage, const Id& id) {
  auto value = stage.get(id.where(), store::Table::outbox, id.key());
  if (!value) return std::unexpected(value.error());
  if (!*value) return not_found(id);
  return end(stage, id, **value);
}

base::Result<> Owner::end(commit::Stage& stage, const Id& id, std::string_view value) {
  const auto entry = Entry::decode(id.shard, id.key(), value);
  if (!entry) tell_damaged(id);
  return erase(stage, id, entry ? &entry->body : nullptr);
}

base::Result<> Owner::settle(commit::Stage& stage, const Id& id, const std::optional<Entry>& left) {
  auto value = stage.get(id.where(), store::Table::outbox, id.key());
  if (!value) return std::unexpected(value.error());
  if (!*value) return {};
  if (!left) return end(stage, id, **value);
  const auto now = Entry::decode(id.shard, id.key(), **value);
  if (!now) tell_damaged(id);
  return write(stage, now ? merge(*now, *left) : *left);
}

base::Result<bool> Owner::behind(const commit::Stage& stage, store::Shard shard, Position position) {
  const auto key = std::pair(shard, position.partition);
  if (!applied_.contains(key)) {
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

/// Between groups alone: what is known of a message must be all of it or nothing.
void Owner::trim() {
  if (applied_.size() > most_known) applied_.clear();
  if (log_ends_.size() > most_known) log_ends_.clear();
  if (parts_.size() > most_known) parts_.clear();
}

Changes Owner::committed() {
  keep_changes();
  before_ = {};
  trim();
  return std::exchange(changes_, {});
}

void Owner::forget() {
  static_cast<void>(committed());
  applied_.clear();
  log_ends_.clear();
  parts_.clear();
}

void Owner::keep_changes() {
  touched_.clear();
  logged_.clear();
}

void Owner::savepoint() {
  keep_changes();
  before_ = {changes_.added.size(), changes_.changed.size(), changes_.ended.size()};
}

void Owner::roll_back() {
  changes_.added.resize(before_.added);
  changes_.changed.resize(before_.changed);
  changes_.ended.resize(before_.ended);
  // The stage knows what the members before have left.
  for (const auto& applied : touched_) applied_.erase(applied);
  for (const auto& shard : logged_) log_ends_.erase(shard);
  keep_changes();
}

base::Result<Page> read_page(const store::Reader& reader, store::Shard shard, std::string_view after, std::size_t limit) {
  Page page;
  auto cursor = reader.scan(shard, store::Table::outbox, after);
  if (cursor->valid() && !after.empty() && cursor->key() == after) cursor->next();
  for (; cursor->valid() && page.entries.size() < limit; cursor->next()) {
    auto entry = Entry::decode(shard.id, cursor->key(), cursor->value());
    if (entry)
      page.entries.push_back(std::move(*entry));
    else
      page.damaged.push_back(Id::from_key(shard.id, cursor->key()));
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return page;
}

base::Result<std::vector<Entry>> list(const store::Reader& reader, store::Shard shard, std::string_view after,
                                      std::size_t limit) {
  auto page = read_page(reader, shard, after, limit);
  if (!page) return std::unexpected(page.error());
  std::ranges::for_each(page->damaged, tell_damaged);
  return std::move(page->entries);
}

base::Result<std::vector<store::Shard>> shards(const store::Reader& reader) {
  return reader.shards(store::Table::outbox);
}

base::Result<Entry> find(const store::Reader& reader, std::string_view id_text) {
  const auto unknown = [&] { return base::fail("outbox entry " + base::escape(id_text), base::errc::not_found); };
  const auto dot = id_text.rfind('.');
  if (dot == std::string_view::npos) return unknown();
  const auto position = Position::parse(id_text.substr(0, dot));
  const auto ordinal = base::to_number(id_text.substr(dot + 1));
  if (!position || !ordinal || *ordinal > 0xffff) return unknown();
  auto where = shards(reader);
  if (!where) return std::unexpected(where.error());
  for (const auto& shard : *where) {
    const Id id{*position, static_cast<std::uint16_t>(*ordinal), shard.id};
    auto entry = look_up(reader, id);
    if (!entry) return std::unexpected(entry.error());
    if (*entry) return std::move(**entry);
  }
  return unknown();
}

}  // namespace understudy::archive::outbox
