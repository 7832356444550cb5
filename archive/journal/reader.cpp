#include "archive/journal/reader.hpp"

#include "archive/journal/sealed_parts.hpp"

namespace understudy::archive::journal {

std::string index_key(std::uint64_t index) {
  return base::Writer().u64(index).take();
}

std::string segment_key(std::uint64_t index, std::size_t segment) {
  return base::Writer().u64(index).u32(static_cast<std::uint32_t>(segment)).take();
}

base::Result<Numbers> read_numbers(const store::Reader& reader, Log log) {
  Numbers numbers;
  auto tree = reader.get(shard_of(log), store::Table::journal_state, "t");
  if (!tree) return std::unexpected(tree.error());
  auto projected = reader.get(shard_of(log), store::Table::journal_state, "p");
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

base::Result<std::uint64_t> end_of_log(const store::Reader& reader, Log log) {
  auto last = reader.scan_last(shard_of(log), store::Table::journal_log);
  if (!last->valid()) {
    if (auto ended = last->status(); !ended) return std::unexpected(ended.error());
    return 0;
  }
  return base::Reader(last->key()).u64() + 1;
}

namespace {
template <class Source>
base::Result<Sealed> sealed_of(const Source& source, Log log, std::uint64_t index) {
  const Position position{log.partition, index};
  auto first = source.get(shard_of(log), store::Table::journal_log, index_key(index));
  if (!first) return std::unexpected(first.error());
  if (!*first) return base::fail("journal entry " + position.text(), base::errc::not_found);
  auto later = later_segments(**first);
  if (!later) return std::unexpected(later.error());
  std::vector<std::string> segments = {std::move(**first)};
  for (std::uint32_t i = 1; i <= *later; ++i) {
    auto segment = source.get(shard_of(log), store::Table::journal_more, segment_key(index, i));
    if (!segment) return std::unexpected(segment.error());
    if (!*segment)
      return base::fail("segment " + std::to_string(i) + " of journal entry " + position.text(), base::errc::damaged);
    segments.push_back(std::move(**segment));
  }
  auto sealed = from_segments(position, segments);
  if (sealed) unlock(*sealed, source.keys());
  return sealed;
}
}  // namespace

base::Result<Sealed> read_sealed(const store::Reader& reader, Log log, std::uint64_t index) {
  return sealed_of(reader, log, index);
}

base::Result<Sealed> read_sealed(const store::Reader& reader, Position position) {
  return sealed_of(reader, position.partition, position.index);
}

base::Result<Sealed> read_sealed(const commit::Stage& stage, Position position) {
  return sealed_of(stage, position.partition, position.index);
}

base::Result<Entry> read(const store::Reader& reader, Position position) {
  auto sealed = read_sealed(reader, position);
  if (!sealed) return std::unexpected(sealed.error());
  return open(*sealed);
}

base::Result<base::Digest> read_leaf(const store::Reader& reader, Position position) {
  return read_leaf(reader, position.partition, position.index);
}

base::Result<base::Digest> read_leaf(const store::Reader& reader, Log log, std::uint64_t index) {
  const Position position{log.partition, index};
  auto value = reader.get(shard_of(log), store::Table::leaves, index_key(index));
  if (!value) return std::unexpected(value.error());
  if (!*value) return base::fail("leaf " + position.text(), base::errc::not_found);
  if ((*value)->size() != 32) return base::fail("leaf " + position.text(), base::errc::damaged);
  return base::digest_from(**value);
}

base::Result<std::optional<base::Digest>> read_made(const store::Reader& reader, std::uint16_t partition,
                                                    std::string_view unique) {
  auto value = reader.get(shard_of(Log(partition)), store::Table::made, unique);
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
  for (const auto& shard : *shards)
    if (shard.id <= 0xffff) result.push_back(static_cast<std::uint16_t>(shard.id));
  return result;
}

}  // namespace understudy::archive::journal
