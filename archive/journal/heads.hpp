/// The signed heads of a journal's tree and the keys that sign them, as they are stored. Reads only; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "archive/journal/head.hpp"
#include "archive/store/store.hpp"
#include "base/ed25519.hpp"

namespace understudy::archive::journal {

/// Of heads over `size` leaves a prefix; with incarnation and key no head ever writes over another one.
std::string head_prefix(std::uint64_t size);
std::string head_key(const TreeHead& head);
std::string key_record_key(std::uint64_t index);

/// The newest; nullopt: none was ever signed. errc::damaged.
base::Result<std::optional<SignedHead>> last_head(const store::Reader& reader, Log log);
/// Those over `from` to `to` leaves, in order, until `each` gives false. One that cannot be read is given as its error.
base::Result<> each_head(const store::Reader& reader, Log log, std::uint64_t from, std::uint64_t to,
                         const std::function<bool(std::uint64_t size, const base::Result<SignedHead>&)>& each);

/// A key, and the entry that tells of it.
struct ToldKey {
  std::uint64_t index = 0;
  base::PublicKey key;
};
/// In the order in which they came into force. errc::damaged.
base::Result<std::vector<ToldKey>> told_keys(const store::Reader& reader, Log log);

}  // namespace understudy::archive::journal
