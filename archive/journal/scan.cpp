#include "archive/journal/scan.hpp"

#include "archive/journal/reader.hpp"
#include "archive/journal/sealed_parts.hpp"

namespace understudy::archive::journal {

std::optional<std::string> Scan::next(std::unique_ptr<store::Cursor>& cursor, store::Table table, std::uint64_t index) {
  const std::string key = base::Writer().u64(index).take();
  while (cursor && cursor->valid() && cursor->key() < key) cursor->next();
  if (!cursor || !cursor->valid()) cursor = reader_.scan(shard_of(log_), table, key);
  if (!cursor->valid() || cursor->key() != key) return std::nullopt;
  return std::string(cursor->value());
}

base::Result<Sealed> Scan::sealed(std::uint64_t index) {
  const Position position{log_.partition, index};
  const auto first = next(entries_, store::Table::journal_log, index);
  const auto later = first ? later_segments(*first) : base::fail("first segment", base::errc::not_found);
  if (!later || *later > 0) return read_sealed(reader_, log_, index);
  auto sealed = from_segments(position, {*first});
  if (sealed) unlock(*sealed, reader_.keys());
  return sealed;
}

base::Result<base::Digest> Scan::leaf(std::uint64_t index) {
  const auto value = next(leaves_, store::Table::leaves, index);
  if (!value || value->size() != sizeof(base::Digest)) return read_leaf(reader_, log_, index);
  return base::digest_from(*value);
}

}  // namespace understudy::archive::journal
