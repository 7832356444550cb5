#include "archive/journal/log_owner.hpp"

#include "archive/journal/heads.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/stored_nodes.hpp"

namespace understudy::archive::journal {

base::Result<> LogOwner::load() {
  auto numbers = read_numbers(store_, log_);
  if (!numbers) return std::unexpected(numbers.error());
  auto end = end_of_log(store_, log_);
  if (!end) return std::unexpected(end.error());
  // A head that is behind the log would have entries written over; one that is ahead of it has lost some.
  if (*end != numbers->frontier.size() || numbers->projected > *end)
    return base::fail("partition " + std::to_string(log_.partition) + ": log and tree head differ", base::errc::damaged);
  frontier_ = durable_ = numbers->frontier;
  projected_ = numbers->projected;
  return {};
}

void LogOwner::append_sealed(commit::Stage& stage, const Sealed& sealed) {
  const auto index = sealed.position.index;
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

void LogOwner::note_key(commit::Stage& stage, std::uint64_t index, const base::PublicKey& key) {
  stage.put(shard_, store::Table::journal_state, key_record_key(index), std::string(key.view()));
  stage.put(shard_, store::Table::journal_state, "c", std::string(key.view()));
}

base::Result<std::optional<base::PublicKey>> LogOwner::told_key(const commit::Stage& stage) const {
  auto value = stage.get(shard_, store::Table::journal_state, "c");
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<base::PublicKey>();
  if ((*value)->size() != 32) return base::fail("the key that signs heads", base::errc::damaged);
  return std::optional(base::PublicKey::from(**value));
}

base::Result<SignedHead> LogOwner::sign(commit::Stage& stage, LogName name, const base::SigningKey& key,
                                        base::WallTime now) const {
  const auto size = durable_.size();
  if (size == 0) return base::fail("tree head: the journal is empty", base::errc::not_found);
  name.book = log_.book;
  name.partition = log_.partition;
  TreeHead head;
  head.log = name;
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

void LogOwner::finish(commit::Stage& stage) {
  if (frontier_.size() == durable_.size()) return;
  // What the groups before this one projected is durable by now; this group's own projections are not known to be.
  stage.put(shard_, store::Table::journal_state, "t", frontier_.encode());
  stage.put(shard_, store::Table::journal_state, "p", base::Writer(1).u64(projected_).take());
}

void LogOwner::committed() {
  durable_ = frontier_;
  projected_ = frontier_.size();
}

void LogOwner::forget() {
  frontier_ = durable_;
}

}  // namespace understudy::archive::journal
