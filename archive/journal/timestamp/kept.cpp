#include "archive/journal/timestamp/kept.hpp"

#include "archive/journal/heads.hpp"
#include "archive/journal/reader.hpp"

namespace understudy::archive::journal::timestamp {
namespace {

using store::Table;
constexpr std::size_t max_faults = 1000;

/// What is wrong with one record; empty: nothing.
base::Result<std::string> fault_of(const store::Reader& reader, store::Shard shard, const store::Cursor& at) {
  const auto stamp = Stamp::decode(at.value());
  if (!stamp) return stamp.error().text();
  auto value = reader.get(shard, Table::heads, at.key());
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::string("its head is not there");
  const auto head = SignedHead::decode(**value);
  if (!head) return std::string();  // told where heads are looked at
  return imprint_of(*head) == stamp->imprint ? std::string() : std::string("it is of another head");
}

}  // namespace

base::Result<std::optional<Stamp>> find(const store::Reader& reader, const TreeHead& head) {
  auto value = reader.get(shard_of(head.log.partition), Table::timestamps, head_key(head));
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<Stamp>();
  auto stamp = Stamp::decode(**value);
  if (!stamp) return std::unexpected(stamp.error());
  return std::optional(std::move(*stamp));
}

base::Result<std::optional<SignedHead>> last_stamped(const store::Reader& reader, std::uint16_t partition) {
  const auto shard = shard_of(partition);
  auto cursor = reader.scan_last(shard, Table::timestamps);
  if (!cursor->valid()) {
    if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
    return std::optional<SignedHead>();
  }
  auto value = reader.get(shard, Table::heads, cursor->key());
  if (!value) return std::unexpected(value.error());
  if (!*value) return base::fail("the head of a time stamp", base::errc::damaged);
  auto head = SignedHead::decode(**value);
  if (!head) return std::unexpected(head.error());
  return std::optional(*head);
}

base::Result<> keep(commit::Stage& stage, const SignedHead& head, const Stamp& stamp) {
  const auto shard = shard_of(head.head.log.partition);
  const auto key = head_key(head.head);
  auto value = stage.get(shard, Table::heads, key);
  if (!value) return std::unexpected(value.error());
  if (!*value || **value != head.encode()) return base::fail("the head of a time stamp", base::errc::not_found);
  stage.put(shard, Table::timestamps, key, stamp.encode());
  return {};
}

base::Result<std::vector<std::string>> verify(const store::Reader& reader, std::uint16_t partition) {
  const auto shard = shard_of(partition);
  std::vector<std::string> faults;
  auto cursor = reader.scan(shard, Table::timestamps);
  for (; cursor->valid() && faults.size() < max_faults; cursor->next()) {
    const auto fault = fault_of(reader, shard, *cursor);
    base::Reader key(cursor->key());
    const auto what = fault ? *fault : fault.error().text();
    if (!what.empty()) faults.push_back("time stamp of the head over " + std::to_string(key.u64()) + " entries: " + what);
  }
  if (auto ended = cursor->status(); !ended) faults.push_back("the time stamps cannot be read: " + ended.error().text());
  return faults;
}

}  // namespace understudy::archive::journal::timestamp
