#include "archive/commit/stage.hpp"

#include <algorithm>
#include <map>

namespace understudy::archive::commit {
namespace {

using Batches = std::map<store::Shard, store::Batch>;

store::Batch& batch_of(Batches& batches, store::Shard shard) {
  return batches.try_emplace(shard, shard).first->second;
}

store::Shard shard_of(std::string_view full_key) {
  base::Reader in(full_key);
  const auto table = static_cast<store::Table>(in.u8());
  return {store::kind_of(table), in.u64()};
}

std::string log_key(std::uint64_t sequence) {
  return base::Writer().u64(sequence).take();
}

}  // namespace

std::string Stage::full_key(store::Shard shard, store::Table table, std::string_view key) {
  base::Writer out(static_cast<std::uint8_t>(table));
  return out.u64(shard.id).raw(key).take();
}

void Stage::set(store::Shard shard, store::Table table, std::string_view key, Staged staged) {
  const std::size_t value_octets = staged.value ? staged.value->size() : 0;
  now_.octets += key.size() + value_octets;
  if (key.size() > store::Batch::max_key || value_octets > store::Batch::max_value) now_.fits = false;
  staged_.set(full_key(shard, table, key), std::move(staged));
}

void Stage::put(store::Shard shard, store::Table table, std::string key, std::string value) {
  set(shard, table, key, {Staged::Kind::put, std::move(value)});
}

void Stage::erase(store::Shard shard, store::Table table, std::string key) {
  set(shard, table, key, {Staged::Kind::erase, std::nullopt});
}

void Stage::append(store::Shard shard, std::uint64_t sequence, std::string record) {
  set(shard, store::log_of(shard.kind), log_key(sequence), {Staged::Kind::append, std::move(record)});
}

void Stage::replace(store::Shard shard, std::uint64_t sequence, std::string record) {
  const auto log = store::log_of(shard.kind);
  const auto key = log_key(sequence);
  const auto found = staged_.map().find(full_key(shard, log, key));
  const bool appended = found != staged_.map().end() && found->second.kind == Staged::Kind::append;
  set(shard, log, key, {appended ? Staged::Kind::append : Staged::Kind::put, std::move(record)});
}

void Stage::depend_on(Logged record) {
  const auto found = depended_.map().find(record.shard);
  if (found != depended_.map().end() && found->second >= record.sequence) return;
  depended_.set(record.shard, record.sequence);
}

std::vector<Logged> Stage::depended_on() const {
  std::vector<Logged> records;
  for (const auto& [shard, sequence] : depended_.map()) records.push_back({shard, sequence});
  return records;
}

void Stage::hold(store::Shard shard, const store::SealedBody& body, std::vector<store::Shard> under) {
  if (body.pending()) now_.octets += body.pending()->octets();
  sealed_.set(body.ref().id, body);
  hold(shard, body.ref(), std::move(under));
}

void Stage::hold(store::Shard shard, const store::BodyRef& body, std::vector<store::Shard> under) {
  claims_.set({shard, body.id}, Claim{body, Claim::Kind::hold, std::move(under)});
}

void Stage::release(store::Shard shard, const store::BodyRef& body) {
  claims_.set({shard, body.id}, Claim{body, Claim::Kind::release, {}});
}

const std::vector<store::Shard>* Stage::held_under(store::Shard shard, const store::BodyRef& body) const {
  const auto found = claims_.map().find({shard, body.id});
  return found == claims_.map().end() || found->second.kind != Claim::Kind::hold ? nullptr : &found->second.under;
}

base::Result<> Stage::fits() const {
  if (!now_.fits) return base::fail("a record to be stored", base::errc::too_long);
  return {};
}

base::Result<std::optional<std::string>> Stage::get(store::Shard shard, store::Table table, std::string_view key) const {
  const auto& staged = staged_.map();
  if (const auto found = staged.find(full_key(shard, table, key)); found != staged.end()) return found->second.value;
  return store_.get(shard, table, key);
}

/// To the first key that is stored and not lower.
void Stage::Walk::go_to(std::string_view key) {
  constexpr int steps = 8;  // over keys that are not asked for; then looking it up is as quick
  for (int step = 0; cursor_ && cursor_->valid() && cursor_->key() < key && step < steps; ++step) cursor_->next();
  const bool is_there = cursor_ && cursor_->valid() && cursor_->key() >= key && key >= asked_;
  if (!is_there) cursor_ = stage_.store_.scan(shard_, table_, key);
  asked_ = key;
}

base::Result<std::optional<std::string>> Stage::Walk::get(std::string_view key) {
  const auto& staged = stage_.staged_.map();
  if (const auto found = staged.find(full_key(shard_, table_, key)); found != staged.end()) return found->second.value;
  go_to(key);
  if (cursor_->valid()) return cursor_->key() == key ? std::optional(std::string(cursor_->value())) : std::nullopt;
  if (cursor_->status()) return std::nullopt;
  cursor_.reset();  // what it cannot read may be another key's
  return stage_.store_.get(shard_, table_, key);
}

base::Result<bool> Stage::Walk::any(std::string_view prefix) {
  const auto& staged = stage_.staged_.map();
  const std::string full = full_key(shard_, table_, prefix);
  for (auto it = staged.lower_bound(full); it != staged.end() && it->first.starts_with(full); ++it)
    if (it->second.value) return true;
  const auto stays = [&](store::Cursor& at) {
    for (; at.valid() && at.key().starts_with(prefix); at.next())
      if (!staged.contains(full_key(shard_, table_, at.key()))) return true;
    return false;
  };
  go_to(prefix);
  if (stays(*cursor_)) return true;
  if (cursor_->status()) return false;
  cursor_.reset();  // what it cannot read may be behind the prefix
  const auto within = stage_.store_.scan(shard_, table_, prefix, prefix);
  if (stays(*within)) return true;
  if (auto ended = within->status(); !ended) return std::unexpected(ended.error());
  return false;
}

base::Result<bool> Stage::any(store::Shard shard, store::Table table, std::string_view prefix) const {
  return Walk(*this, shard, table).any(prefix);
}

base::Result<std::map<std::string, std::string>> Stage::records(store::Shard shard, store::Table table,
                                                                std::string_view prefix) const {
  std::map<std::string, std::string> found;
  auto cursor = store_.scan(shard, table, prefix, prefix);
  for (; cursor->valid(); cursor->next()) found.emplace(cursor->key(), cursor->value());
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  const auto take = [&](std::string_view key, const std::optional<std::string>& value) -> base::Result<> {
    if (!key.starts_with(prefix)) return {};
    if (value) {
      found.insert_or_assign(std::string(key), *value);
    } else {
      found.erase(std::string(key));
    }
    return {};
  };
  if (auto added = each_staged(shard, table, take); !added) return std::unexpected(added.error());
  return found;
}

base::Result<std::optional<Stage::Record>> Stage::last_before(store::Shard shard, store::Table table,
                                                              std::string_view key) const {
  const auto& staged = staged_.map();
  const auto table_prefix = full_key(shard, table, {});
  std::optional<Record> last;
  for (auto at = staged.upper_bound(full_key(shard, table, key)); at != staged.begin() && !last;) {
    --at;
    if (!at->first.starts_with(table_prefix)) break;
    if (at->second.value) last.emplace(at->first.substr(table_prefix.size()), *at->second.value);
  }
  auto cursor = store_.scan(shard, table, key);
  if (!cursor->valid()) {
    if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
    cursor = store_.scan_last(shard, table);
  } else if (cursor->key() != key) {
    cursor->previous();
  }
  while (cursor->valid() && staged.contains(full_key(shard, table, cursor->key()))) cursor->previous();
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  if (cursor->valid() && (!last || last->first < cursor->key())) last.emplace(cursor->key(), cursor->value());
  return last;
}

base::Result<std::vector<store::Shard>> Stage::shards(store::Table table) const {
  auto found = store_.shards(table);
  if (!found) return found;
  const std::string prefix = base::Writer(static_cast<std::uint8_t>(table)).take();
  const auto& staged = staged_.map();
  for (auto at = staged.lower_bound(prefix); at != staged.end() && at->first.starts_with(prefix); ++at)
    found->push_back(shard_of(at->first));
  std::ranges::sort(*found);
  const auto repeated = std::ranges::unique(*found);
  found->erase(repeated.begin(), repeated.end());
  return found;
}

void Stage::savepoint() {
  staged_.savepoint();
  claims_.savepoint();
  sealed_.savepoint();
  depended_.savepoint();
  before_ = now_;
}

void Stage::roll_back() {
  staged_.roll_back();
  claims_.roll_back();
  sealed_.roll_back();
  depended_.roll_back();
  now_ = before_;
}

void Stage::drop() {
  staged_.clear();
  claims_.clear();
  sealed_.clear();
  depended_.clear();
  now_ = before_ = {};
}

void Stage::write(store::Batch& batch, std::string_view full_key, Staged staged) {
  base::Reader in(full_key);
  const auto table = static_cast<store::Table>(in.u8());
  in.u64();
  const auto key = in.rest();
  switch (staged.kind) {
    case Staged::Kind::erase:
      return batch.erase(table, std::string(key));
    case Staged::Kind::append:
      return batch.append(base::Reader(key).u64(), std::move(*staged.value));
    case Staged::Kind::put:
      return batch.put(table, std::string(key), std::move(*staged.value));
  }
}

std::vector<store::Batch> Stage::take() {
  Batches batches;
  for (auto& [key, staged] : staged_.take()) write(batch_of(batches, shard_of(key)), key, std::move(staged));
  const auto claims = claims_.take();
  for (const auto& [key, claim] : claims) batch_of(batches, key.first);
  std::vector<store::Batch> ordered;
  for (auto& [shard, batch] : batches) ordered.push_back(std::move(batch));
  std::ranges::stable_partition(ordered, [](const auto& batch) { return batch.shard().kind == store::ShardKind::journal; });
  auto sealed = sealed_.take();
  for (auto& batch : ordered) {
    for (auto at = claims.lower_bound({batch.shard(), {}}); at != claims.end() && at->first.first == batch.shard(); ++at) {
      if (at->second.kind == Claim::Kind::release) {
        batch.release(at->second.body);
      } else if (const auto carried = sealed.extract(at->first.second); !carried.empty()) {
        batch.hold(carried.mapped(), at->second.under);
      } else {
        batch.hold(at->second.body, at->second.under);
      }
    }
  }
  now_ = before_ = {};
  return ordered;
}

}  // namespace understudy::archive::commit
