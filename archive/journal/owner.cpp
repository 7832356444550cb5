#include "archive/journal/owner.hpp"

#include <algorithm>
#include <iterator>

#include "archive/journal/heads.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/stored_nodes.hpp"

namespace understudy::archive::journal {
namespace {
std::string index_key(std::uint64_t index) {
  return base::Writer().u64(index).take();
}

std::string segment_key(std::uint64_t index, std::size_t segment) {
  return base::Writer().u64(index).u32(static_cast<std::uint32_t>(segment)).take();
}
}  // namespace

base::Result<> Owner::load() {
  auto numbers = read_numbers(store_, partition_);
  if (!numbers) return std::unexpected(numbers.error());
  auto end = end_of_log(store_, partition_);
  if (!end) return std::unexpected(end.error());
  // A head that is behind the log would have entries written over; one that is ahead of it has lost some.
  if (*end != numbers->frontier.size() || numbers->projected > *end)
    return base::fail("partition " + std::to_string(partition_) + ": log and tree head differ", base::errc::damaged);
  frontier_ = durable_ = numbers->frontier;
  projected_ = numbers->projected;
  return {};
}

void Owner::append(commit::Stage& stage, Entry& entry, const store::SealedBody& body) {
  add(stage, entry);
  stage.hold(shard_, body);
}

void Owner::add(commit::Stage& stage, Entry& entry) {
  entry.position = next();
  const auto index = entry.position.index;
  const Sealed sealed = seal(entry, random_);
  auto segments = to_segments(sealed);
  stage.append(shard_, index, std::move(segments[0]));
  for (std::size_t i = 1; i < segments.size(); ++i)
    stage.put(shard_, store::Table::journal_more, segment_key(index, i), std::move(segments[i]));
  const auto leaf = sealed.leaf();
  stage.put(shard_, store::Table::leaves, index_key(index), std::string(base::view(leaf)));
  const auto complete = [&](proof::Node node, const base::Digest& hash) {
    if (is_stored(node)) stage.put(shard_, store::Table::nodes, node_key(node), std::string(base::view(hash)));
  };
  frontier_.append(leaf, complete);
}

Position Owner::tell_key(commit::Stage& stage, const KeyChange& change, base::WallTime now) {
  Entry entry;
  entry.time = now;
  entry.origin.via = routing::Via::here;
  entry.plan.marks.emplace_back("key");
  entry.key_change = change;
  add(stage, entry);
  stage.put(shard_, store::Table::journal_state, key_record_key(entry.position.index), std::string(change.key.view()));
  stage.put(shard_, store::Table::journal_state, "c", std::string(change.key.view()));
  return entry.position;
}

base::Result<std::optional<base::PublicKey>> Owner::told_key(const commit::Stage& stage) const {
  auto value = stage.get(shard_, store::Table::journal_state, "c");
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<base::PublicKey>();
  if ((*value)->size() != 32) return base::fail("the key that signs heads", base::errc::damaged);
  return std::optional(base::PublicKey::from(**value));
}

base::Result<SignedHead> Owner::sign(commit::Stage& stage, const LogName& log, const base::SigningKey& key,
                                     base::WallTime now) const {
  const auto size = durable_.size();
  if (size == 0) return base::fail("tree head: the journal is empty", base::errc::not_found);
  TreeHead head;
  head.log = log;
  head.head = {size, durable_.root()};
  head.time = now;
  head.key = key.public_key().fingerprint();
  auto there = stage.get(shard_, store::Table::heads, head_key(head));
  if (!there) return std::unexpected(there.error());
  if (*there) return SignedHead::decode(**there);
  const auto made = SignedHead::sign(head, key);
  stage.put(shard_, store::Table::heads, head_key(head), made.encode());
  return made;
}

base::Result<std::optional<Position>> Owner::end(commit::Stage& stage, Endings endings, base::WallTime now) {
  if (endings.parts.size() > Endings::max_parts || endings.reason.size() > Endings::max_reason)
    return base::fail("end of journal entries", base::errc::too_long);
  Entry entry;
  entry.time = now;
  entry.origin.via = routing::Via::here;
  entry.plan.marks.emplace_back("ending");
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
  if (position.partition != partition_ || position.index >= by) return base::fail("position", base::errc::not_found);
  if (position.index >= projected_) return base::fail("it may not be applied everywhere", base::errc::refused);
  auto sealed = read_sealed(stage, position);
  if (!sealed) return std::unexpected(sealed.error());
  std::optional<store::BodyRef> body;
  if (needs_body(*sealed)) {
    auto entry = open(*sealed);
    if (!entry) return std::unexpected(entry.error());
    if (!entry->brings_message()) return base::fail("it tells of endings or of a key", base::errc::refused);
    body = entry->body;
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

void Owner::finish(commit::Stage& stage) {
  if (frontier_.size() == durable_.size()) return;
  // What the groups before this one projected is durable by now; this group's own projections are not known to be.
  stage.put(shard_, store::Table::journal_state, "t", frontier_.encode());
  stage.put(shard_, store::Table::journal_state, "p", base::Writer(1).u64(projected_).take());
}

void Owner::committed() {
  durable_ = frontier_;
  projected_ = frontier_.size();
}

void Owner::forget() {
  frontier_ = durable_;
}

}  // namespace understudy::archive::journal
