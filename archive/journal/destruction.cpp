#include "archive/journal/destruction.hpp"

namespace understudy::archive::journal {
namespace {

constexpr char key_prefix = 'd';

}  // namespace

std::string told_destruction_key(std::uint64_t account) {
  return base::Writer(static_cast<std::uint8_t>(key_prefix)).u64(account).take();
}

base::Result<std::vector<ToldDestruction>> told_destructions(const store::Reader& reader, std::uint16_t partition) {
  std::vector<ToldDestruction> told;
  auto cursor = reader.scan({store::ShardKind::journal, partition}, store::Table::journal_state, std::string(1, key_prefix));
  for (; cursor->valid() && cursor->key().starts_with(key_prefix); cursor->next()) {
    base::Reader key(cursor->key().substr(1)), value(cursor->value());
    told.push_back({key.u64(), value.u64()});
    if (!key.ok() || !value.ok()) return base::fail("a destruction that was told", base::errc::damaged);
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return told;
}

}  // namespace understudy::archive::journal
