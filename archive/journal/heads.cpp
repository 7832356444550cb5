#include "archive/journal/heads.hpp"

#include "archive/journal/reader.hpp"

namespace understudy::archive::journal {
namespace {
constexpr char key_prefix = 'k';
}

std::string head_prefix(std::uint64_t size) {
  return base::Writer().u64(size).take();
}

std::string head_key(const TreeHead& head) {
  const auto& id = head.log.incarnation;
  const std::string_view incarnation(reinterpret_cast<const char*>(id.data()), id.size());
  return base::Writer().u64(head.head.size).raw(incarnation).raw(base::view(head.key)).take();
}

std::string key_record_key(std::uint64_t index) {
  return base::Writer(static_cast<std::uint8_t>(key_prefix)).u64(index).take();
}

base::Result<std::optional<SignedHead>> last_head(const store::Reader& reader, Log log) {
  auto cursor = reader.scan_last(shard_of(log), store::Table::heads);
  if (!cursor->valid()) {
    if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
    return std::optional<SignedHead>();
  }
  auto head = SignedHead::decode(cursor->value());
  if (!head) return std::unexpected(head.error());
  return std::optional(*head);
}

base::Result<> each_head(const store::Reader& reader, Log log, std::uint64_t from, std::uint64_t to,
                         const std::function<bool(std::uint64_t, const base::Result<SignedHead>&)>& each) {
  auto cursor = reader.scan(shard_of(log), store::Table::heads, head_prefix(from));
  for (; cursor->valid(); cursor->next()) {
    base::Reader key(cursor->key());
    const auto size = key.u64();
    if (size > to) return {};
    auto head = SignedHead::decode(cursor->value());
    if (head && head_key(head->head) != cursor->key())
      head = base::fail("a head under another one's name", base::errc::damaged);
    if (!each(size, head)) return {};
  }
  return cursor->status();
}

base::Result<std::vector<ToldKey>> told_keys(const store::Reader& reader, Log log) {
  std::vector<ToldKey> keys;
  auto cursor = reader.scan(shard_of(log), store::Table::journal_state, std::string(1, key_prefix));
  for (; cursor->valid() && cursor->key().starts_with(key_prefix); cursor->next()) {
    base::Reader key(cursor->key().substr(1));
    const ToldKey told{key.u64(), base::PublicKey::from(cursor->value())};
    if (!key.ok() || !key.at_end() || cursor->value().size() != 32)
      return base::fail("a key of the journal", base::errc::damaged);
    keys.push_back(told);
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return keys;
}

}  // namespace understudy::archive::journal
