#include "archive/store/rocksdb/body_key.hpp"

#include "base/bytes.hpp"

namespace understudy::archive::store {
namespace {

/// No record's key begins with this octet, so that none is taken for the other.
constexpr std::uint8_t no_table = 0;

std::string words_of(std::string_view holder_key, Shard under) {
  return base::Writer().u8(no_table).raw(holder_key).u8(static_cast<std::uint8_t>(under.kind)).u64(under.id).take();
}

/// Looks for the key among what the holders have; remembers why it did not open.
class Search {
 public:
  explicit Search(const Vault& vault) : vault_(vault) {}

  base::Result<> look(std::string_view holder_key, std::string_view value) {
    auto wraps = values::wraps_from(value);
    if (!wraps) return note(wraps.error());
    for (const auto& wrap : *wraps) {
      auto opened = vault_.open(wrap.under, words_of(holder_key, wrap.under), wrap.sealed);
      if (opened) {
        found_ = base::SecretKey::from(*opened);
        base::wipe(*opened);
        if (found_) return {};
      } else if (auto noted = note(opened.error()); !noted) {
        return noted;
      }
    }
    return {};
  }

  const std::optional<base::SecretKey>& found() const { return found_; }
  base::Result<std::optional<base::SecretKey>> result() const {
    if (found_ || !why_not_) return found_;
    if (why_not_->code == base::errc::no_key) return base::fail("body: its keys were destroyed", *why_not_);
    return base::fail("body: its key", *why_not_);
  }

 private:
  /// Damage is worth more to know than a key that is gone, and neither keeps from looking on.
  base::Result<> note(const base::Error& error) {
    const bool known = error.code == base::errc::no_key || error.code == base::errc::damaged;
    if (!known) return std::unexpected(error);
    if (!why_not_ || error.code == base::errc::damaged) why_not_ = error;
    return {};
  }

  const Vault& vault_;
  std::optional<base::SecretKey> found_;
  std::optional<base::Error> why_not_;
};

}  // namespace

std::string holder_value(const Vault& vault, BodyId body, Shard holder, const base::SecretKey& key,
                         const Vault::SealingKeys& under) {
  const std::string holder_key = keys::holder(body, holder);
  std::vector<values::Wrap> wraps;
  for (const auto& [shard, each] : under) {
    values::Wrap& wrap = wraps.emplace_back();
    wrap.under = shard;
    vault.seal(*each, words_of(holder_key, shard), key.view(), wrap.sealed);
  }
  return values::holder(wraps);
}

base::Result<std::optional<base::SecretKey>> find_body_key(const RocksCore& core, BodyId body, const rocksdb::Snapshot* view) {
  if (!core.vault) return std::nullopt;
  Search search(*core.vault);
  OwnKeys at(core, keys::holder_prefix(body), view);
  for (; at.valid() && !search.found(); at.next())
    if (auto looked = search.look(at.key(), at.value()); !looked) return std::unexpected(looked.error());
  if (auto whole = at.status(); !whole) return std::unexpected(whole.error());
  return search.result();
}

}  // namespace understudy::archive::store
