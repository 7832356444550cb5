#include "archive/journal/owner.hpp"

#include "archive/journal/reader.hpp"

namespace understudy::archive::journal {
namespace {
std::string index_key(std::uint64_t index) {
  return base::Writer().u64(index).take();
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
  entry.position = next();
  const Sealed sealed = seal(entry, random_);
  auto segments = to_segments(sealed);
  stage.append(shard_, entry.position.index, std::move(segments[0]));
  for (std::size_t i = 1; i < segments.size(); ++i)
    stage.put(shard_, store::Table::journal_more,
              base::Writer().u64(entry.position.index).u32(static_cast<std::uint32_t>(i)).take(), std::move(segments[i]));
  const auto leaf = sealed.leaf();
  stage.put(shard_, store::Table::leaves, index_key(entry.position.index), std::string(base::view(leaf)));
  stage.hold(shard_, body);
  frontier_.append(leaf);
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
