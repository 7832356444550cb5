/// What second persons are asked for, word by word. Kept beside the requests for as long as these may be used, and forgotten
/// then: the audit journal never forgets, and has of it the digest alone (docs/store.md, "Audit journal"). Not made of entries,
/// so nothing follows from it but what is shown.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/audit/state.hpp"
#include "archive/commit/stage.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::audit {

/// The committing thread's, for one change.
class Askings {
 public:
  static constexpr std::size_t most_text = 1024 * 1024;  ///< octets of what one request asks for
  static constexpr std::size_t most_open = 20;           ///< requests of one person

  Askings(commit::Stage& stage, std::uint32_t uid) : stage_(stage), uid_(uid) {}

  /// The newest request of this person for what has this digest; nullopt: none is open.
  base::Result<std::optional<Request>> find(const base::Digest& digest) const;
  /// Forgets those of this person's of which `is_over` says so, and says whether there is room for one more.
  enum class Room : std::uint8_t { none, some };
  base::Result<Room> make_room(const std::function<bool(const Request&)>& is_over);
  base::Result<> keep(std::uint64_t request, std::string_view text);
  /// It was used, or will never be.
  base::Result<> forget(std::uint64_t request);

 private:
  commit::Stage& stage_;
  const std::uint32_t uid_;
};

/// What was asked for; nullopt: it is forgotten. errc::damaged: it is not what the request's digest says. Any thread.
base::Result<std::optional<std::string>> asked_text(const store::Reader& reader, const Request& request);
/// Of everybody, in their order.
base::Result<std::vector<std::uint64_t>> open_requests(const store::Reader& reader);
/// What is wrong with those that are kept: sentences for `audit verify`. errc::damaged.
base::Result<> check_askings(const store::Reader& reader, const std::function<void(std::string)>& fault);

}  // namespace understudy::archive::audit
