/// That an account's key was destroyed, as the journal tells it: by an entry of its own, which brings no message.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive/store/store.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace understudy::archive::journal {

struct Destruction {
  static constexpr std::size_t max_reason = 250;

  std::uint64_t account = 0;  ///< its number
  std::string name;           ///< the address that it had
  std::string reason;         ///< for people

  void encode(base::Writer& out) const { out.u64(account).text(name).text(reason); }
  static Destruction decode(base::Reader& in) {
    Destruction destruction;
    destruction.account = in.u64();
    destruction.name = in.text();
    destruction.reason = in.text();
    return destruction;
  }
  bool operator==(const Destruction&) const = default;
};

/// Which accounts' keys the journal says were destroyed, and the entry that tells of it: kept beside the entries, so that a
/// start finds them without reading all of those.
struct ToldDestruction {
  std::uint64_t account = 0;
  std::uint64_t index = 0;
};
std::string told_destruction_key(std::uint64_t account);
/// errc::damaged
base::Result<std::vector<ToldDestruction>> told_destructions(const store::Reader& reader, std::uint16_t partition);

}  // namespace understudy::archive::journal
