#include "archive/journal/scan.hpp"

#include "archive/journal/reader.hpp"

namespace understudy::archive::journal {

std::optional<std::string> Scan::next(std::unique_ptr<store::Cursor>& cursor, store::Table table, std::uint64_t index) {
  const std::string key = base::Writer().u64(index).take();
  while (cursor && cursor->valid() && cursor->key() < key) cursor->next();
  if (!cursor || !cursor->valid()) cursor = reader_.scan(shard_of(partition_), table, key);
  if (!cursor->valid() || cursor->key() != key) return std::nullopt;
  return std::string(cursor->value());
}

base::Result<Sealed> Scan::sealed(std::uint64_t index) {
  const Position position{partition_, index};
  const auto first = next(entries_, store::Table::journal_log, index);
  const auto later = first ? later_segments(*first) : base::fail("first segment", base::errc::not_found);
  if (!later || *later > 0) return read_sealed(reader_, position);
  return from_segments(position, {*first});
}

base::Result<base::Digest> Scan::leaf(std::uint64_t index) {
  const auto value = next(leaves_, store::Table::leaves, index);
  if (!value || value->size() != sizeof(base::Digest)) return read_leaf(reader_, {partition_, index});
  return base::digest_from(*value);
}

}  // namespace understudy::archive::journal
