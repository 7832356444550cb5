#include "archive/journal/owner.hpp"

#include <algorithm>
#include <iterator>

#include "archive/journal/reader.hpp"
#include "archive/journal/sealed_parts.hpp"

namespace understudy::archive::journal {
base::Result<> Owner::append(commit::Stage& stage, Entry& entry, const store::SealedBody& body, const Parties& parties) {
  entry.position = next();
  auto sealed = seal(entry, random_);
  sealed.body = body.ref();
  if (store_.encrypts())
    if (auto locked = lock(sealed, parties, *store_.keys(), random_); !locked) return locked;
  append_sealed(stage, sealed);
  stage.hold(shard_, body, parties.shared());
  return {};
}

void Owner::add(commit::Stage& stage, Entry& entry) {
  entry.position = next();
  append_sealed(stage, seal(entry, random_));
}

namespace {

/// One that this machine makes and that brings no message.
Entry notice(std::string mark, base::WallTime now) {
  Entry entry;
  entry.time = now;
  entry.origin.via = routing::Via::here;
  entry.plan.marks.push_back(std::move(mark));
  return entry;
}

}  // namespace

base::Result<> Owner::tell_key(commit::Stage& stage, const KeyChange& change, base::WallTime now) {
  auto entry = notice("key", now);
  entry.key_change = change;
  add(stage, entry);
  note_key(stage, entry.position.index, change.key);
  return {};
}

Position Owner::tell_destruction(commit::Stage& stage, const Destruction& destruction, base::WallTime now) {
  auto entry = notice("key-destroyed", now);
  entry.destruction = destruction;
  add(stage, entry);
  stage.put(shard_, store::Table::journal_state, told_destruction_key(destruction.account), index_key(entry.position.index));
  return entry.position;
}

base::Result<std::optional<Position>> Owner::end(commit::Stage& stage, Endings endings, base::WallTime now) {
  if (endings.parts.size() > Endings::max_parts || endings.reason.size() > Endings::max_reason)
    return base::fail("end of journal entries", base::errc::too_long);
  auto entry = notice("ending", now);
  entry.endings.reason = std::move(endings.reason);
  auto& parts = endings.parts;
  std::ranges::sort(parts);
  const auto repeated = std::ranges::unique(parts);
  parts.erase(repeated.begin(), repeated.end());
  const auto by = next().index;
  for (auto first = parts.begin(); first != parts.end();) {
    const auto last = std::find_if(first, parts.end(), [&](const PartName& part) { return part.position != first->position; });
    auto ended = end_parts_of(stage, {first, last}, by);
    if (!ended) return base::fail("end of journal entry " + first->position.text(), ended.error());
    std::ranges::move(*ended, std::back_inserter(entry.endings.parts));
    first = last;
  }
  if (entry.endings.empty()) return std::nullopt;
  add(stage, entry);
  return entry.position;
}

base::Result<std::vector<PartName>> Owner::end_parts_of(commit::Stage& stage, std::span<const PartName> names,
                                                        std::uint64_t by) const {
  const auto position = names.front().position;
  if (position.partition != partition() || position.index >= by) return base::fail("position", base::errc::not_found);
  if (position.index >= projected()) return base::fail("it may not be applied everywhere", base::errc::refused);
  auto sealed = read_sealed(stage, position);
  if (!sealed) return std::unexpected(sealed.error());
  std::optional<store::BodyRef> body;
  if (needs_body(*sealed)) {
    auto entry = open(*sealed);
    const bool unreadable = !entry && entry.error().code == base::errc::no_key;
    if (!entry && !unreadable) return std::unexpected(entry.error());
    if (!unreadable && !entry->brings_message()) return base::fail("it tells of endings or of a key", base::errc::refused);
    body = unreadable ? sealed->body : entry->body;
  }
  const auto segments = to_segments(*sealed).size();
  std::vector<PartName> ended;
  for (const auto& name : names) {
    auto* part = find_part(*sealed, name);
    if (!part) return base::fail("recipient", base::errc::not_found);
    if (is_ended(*part)) continue;
    end_part(*part, by);
    ended.push_back(name);
  }
  if (ended.empty()) return ended;
  rewrite(stage, *sealed, segments);
  if (body && !needs_body(*sealed)) stage.release(shard_, *body);
  return ended;
}

void Owner::rewrite(commit::Stage& stage, const Sealed& sealed, std::size_t segments_before) const {
  const auto index = sealed.position.index;
  auto segments = to_segments(sealed);
  stage.replace(shard_, index, std::move(segments[0]));
  for (std::size_t i = 1; i < segments.size(); ++i)
    stage.put(shard_, store::Table::journal_more, segment_key(index, i), std::move(segments[i]));
  for (std::size_t i = segments.size(); i < segments_before; ++i)
    stage.erase(shard_, store::Table::journal_more, segment_key(index, i));
}

void Owner::note_made(commit::Stage& stage, const std::string& unique, const base::Digest& handed, base::WallTime now) {
  const auto time = static_cast<std::uint64_t>(now.time_since_epoch().count());
  stage.put(shard_, store::Table::made, unique, base::Writer(1).raw(base::view(handed)).u64(time).take());
}

base::Result<std::string> Owner::expire_made(commit::Stage& stage, std::string_view from, base::WallTime now,
                                             std::size_t limit) const {
  auto cursor = store_.scan(shard_, store::Table::made, from);
  for (; cursor->valid() && limit > 0; cursor->next(), --limit) {
    base::Reader in(cursor->value());
    in.raw(1 + sizeof(base::Digest));
    const base::WallTime made(std::chrono::milliseconds(in.u64()));
    if (in.ok() && now - made >= made_kept) stage.erase(shard_, store::Table::made, std::string(cursor->key()));
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return cursor->valid() ? std::string(cursor->key()) : std::string();
}

}  // namespace understudy::archive::journal
