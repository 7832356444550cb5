#include "archive/journal/reader.hpp"

#include <set>

namespace understudy::archive::journal {
namespace {
constexpr std::size_t max_faults = 1000;

std::string index_key(std::uint64_t index) {
  return base::Writer().u64(index).take();
}

class Verifier {
 public:
  Verifier(const store::Reader& reader, const store::Bodies& bodies, std::uint16_t partition, Depth depth)
      : reader_(reader), bodies_(bodies), partition_(partition), depth_(depth) {}

  void entry(std::uint64_t index) {
    const Position position{partition_, index};
    verdict_.entries += 1;
    auto stored_leaf = read_leaf(reader_, position);
    if (!stored_leaf) return fault(position, "its leaf is missing: " + stored_leaf.error().text(), std::nullopt);
    auto sealed = read_sealed(reader_, position);
    if (!sealed) return fault(position, "cannot be read: " + sealed.error().text(), *stored_leaf);
    if (!sealed->consistent()) fault(position, "its octets do not have the hash that it claims", std::nullopt);
    if (sealed->leaf() != *stored_leaf) fault(position, "it does not give the leaf that the tree was built with", std::nullopt);
    frontier_.append(*stored_leaf);
    endings(*sealed);
    if (depth_ == Depth::bodies && needs_body(*sealed)) body(position, *sealed);
  }

  base::Result<Verdict> finish(const Numbers& stored) {
    verdict_.root = frontier_.root();
    if (verdict_.root != stored.frontier.root()) verdict_.faults.emplace_back("the leaves do not give the stored tree head");
    if (stored.projected > stored.frontier.size()) verdict_.faults.emplace_back("more was applied than was journaled");
    auto end = end_of_log(reader_, partition_);
    if (!end) return std::unexpected(end.error());
    if (*end > stored.frontier.size()) verdict_.faults.emplace_back("there are entries beyond the stored tree head");
    return std::move(verdict_);
  }

 private:
  void fault(Position position, std::string what, std::optional<base::Digest> leaf) {
    if (leaf) frontier_.append(*leaf);
    if (verdict_.faults.size() < max_faults) verdict_.faults.push_back("entry " + position.text() + ": " + std::move(what));
  }

  void endings(const Sealed& sealed) {
    if (is_ended(sealed.common)) ending(sealed.common, {sealed.position, std::nullopt});
    for (std::uint32_t i = 0; i < sealed.parts.size(); ++i)
      if (is_ended(sealed.parts[i])) ending(sealed.parts[i], {sealed.position, i});
  }

  void ending(const SealedPart& part, const PartName& name) {
    const auto by = ended_by(part);
    if (by && *by > name.position.index && told_by(*by) && told_parts_.contains(name)) return;
    fault(name.position,
          name.recipient ? "the part of recipient " + std::to_string(*name.recipient) + " is gone, and no ending says so"
                         : "its common part is gone, and no ending says so",
          std::nullopt);
  }

  /// Reads which parts the entry at `index` ends. The last one is kept: a run of retention ends many parts by one entry.
  bool told_by(std::uint64_t index) {
    if (told_ == index) return true;
    auto sealed = read_sealed(reader_, {partition_, index});
    auto entry = sealed && sealed->consistent() ? open(*sealed) : base::fail("ending", base::errc::damaged);
    if (!entry) return false;
    told_ = index;
    told_parts_ = {entry->endings.parts.begin(), entry->endings.parts.end()};
    return true;
  }

  void body(Position position, const Sealed& sealed) {
    auto entry = open(sealed);
    if (!entry) return fault(position, "cannot be decoded: " + entry.error().text(), std::nullopt);
    if (!entry->brings_message()) return;
    auto octets = bodies_.open(entry->body);
    base::Sha256 digest;
    std::uint64_t offset = 0;
    while (offset < entry->body.size) {
      auto piece = octets->read(offset, store::Bodies::max_chunk);
      if (!piece) return fault(position, "its body cannot be read: " + piece.error().text(), std::nullopt);
      if (piece->empty()) return fault(position, "its body is shorter than it was", std::nullopt);
      digest.update(*piece);
      offset += piece->size();
    }
    verdict_.bodies += 1;
    verdict_.octets += offset;
    if (digest.finish() != entry->facts.handed)
      fault(position, "its body does not have the digest that was journaled", std::nullopt);
  }

  const store::Reader& reader_;
  const store::Bodies& bodies_;
  std::uint16_t partition_;
  Depth depth_;
  Frontier frontier_;
  std::optional<std::uint64_t> told_;  ///< the entry that told_parts_ is of
  std::set<PartName> told_parts_;
  Verdict verdict_;
};
}  // namespace

base::Result<Numbers> read_numbers(const store::Reader& reader, std::uint16_t partition) {
  Numbers numbers;
  auto tree = reader.get(shard_of(partition), store::Table::journal_state, "t");
  if (!tree) return std::unexpected(tree.error());
  auto projected = reader.get(shard_of(partition), store::Table::journal_state, "p");
  if (!projected) return std::unexpected(projected.error());
  if (*tree) {
    auto frontier = Frontier::decode(**tree);
    if (!frontier) return std::unexpected(frontier.error());
    numbers.frontier = std::move(*frontier);
  }
  if (*projected) {
    base::Reader in(**projected);
    const auto version = in.u8();
    numbers.projected = in.u64();
    if (!in.ok() || version != 1) return base::fail("projected position", base::errc::damaged);
  }
  return numbers;
}

base::Result<std::uint64_t> end_of_log(const store::Reader& reader, std::uint16_t partition) {
  auto last = reader.scan_last(shard_of(partition), store::Table::journal_log);
  if (!last->valid()) {
    if (auto ended = last->status(); !ended) return std::unexpected(ended.error());
    return 0;
  }
  return base::Reader(last->key()).u64() + 1;
}

namespace {
template <class Source>
base::Result<Sealed> sealed_of(const Source& source, Position position) {
  auto first = source.get(shard_of(position.partition), store::Table::journal_log, index_key(position.index));
  if (!first) return std::unexpected(first.error());
  if (!*first) return base::fail("journal entry " + position.text(), base::errc::not_found);
  auto later = later_segments(**first);
  if (!later) return std::unexpected(later.error());
  std::vector<std::string> segments = {std::move(**first)};
  for (std::uint32_t i = 1; i <= *later; ++i) {
    auto segment =
        source.get(shard_of(position.partition), store::Table::journal_more, base::Writer().u64(position.index).u32(i).take());
    if (!segment) return std::unexpected(segment.error());
    if (!*segment)
      return base::fail("segment " + std::to_string(i) + " of journal entry " + position.text(), base::errc::damaged);
    segments.push_back(std::move(**segment));
  }
  return from_segments(position, segments);
}
}  // namespace

base::Result<Sealed> read_sealed(const store::Reader& reader, Position position) {
  return sealed_of(reader, position);
}

base::Result<Sealed> read_sealed(const commit::Stage& stage, Position position) {
  return sealed_of(stage, position);
}

base::Result<Entry> read(const store::Reader& reader, Position position) {
  auto sealed = read_sealed(reader, position);
  if (!sealed) return std::unexpected(sealed.error());
  return open(*sealed);
}

base::Result<base::Digest> read_leaf(const store::Reader& reader, Position position) {
  auto value = reader.get(shard_of(position.partition), store::Table::leaves, index_key(position.index));
  if (!value) return std::unexpected(value.error());
  if (!*value) return base::fail("leaf " + position.text(), base::errc::not_found);
  if ((*value)->size() != 32) return base::fail("leaf " + position.text(), base::errc::damaged);
  return base::digest_from(**value);
}

base::Result<std::optional<base::Digest>> read_made(const store::Reader& reader, std::uint16_t partition,
                                                    std::string_view unique) {
  auto value = reader.get(shard_of(partition), store::Table::made, unique);
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<base::Digest>();
  base::Reader in(**value);
  in.u8();
  const auto digest = base::digest_from(in.raw(32));
  if (auto fits = in.check("message made here"); !fits) return std::unexpected(fits.error());
  return std::optional(digest);
}

base::Result<std::vector<std::uint16_t>> partitions(const store::Reader& reader) {
  auto shards = reader.shards(store::Table::journal_log);
  if (!shards) return std::unexpected(shards.error());
  std::vector<std::uint16_t> result;
  for (const auto& shard : *shards) result.push_back(static_cast<std::uint16_t>(shard.id));
  return result;
}

base::Result<Verdict> verify(const store::Reader& reader, const store::Bodies& bodies, std::uint16_t partition, Depth depth,
                             const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
  auto numbers = read_numbers(reader, partition);
  if (!numbers) return std::unexpected(numbers.error());
  Verifier verifier(reader, bodies, partition, depth);
  const auto all = numbers->frontier.size();
  for (std::uint64_t index = 0; index < all; ++index) {
    verifier.entry(index);
    if (progress && !progress(index + 1, all)) return base::fail("journal verify", base::errc::shutting_down);
  }
  return verifier.finish(*numbers);
}

}  // namespace understudy::archive::journal
