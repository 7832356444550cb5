/// Which hosts to try for a domain, and in which order: RFC 5321 §5.1, null MX RFC 7505. Pure: answers come in, hosts go out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/random.hpp"

namespace understudy::routing {

struct MxRecord {
  std::uint16_t preference = 0;
  std::string host;  ///< canonical; "" or "." for the root
};

/// `implicit`: no MX record exists, the domain itself is the host (§5.1). `null_mx`: the domain takes no mail (RFC 7505).
/// `none_left`: all records were unusable (ourselves or worse than ourselves: §5.1's loop rule).
struct MxChoice {
  enum class Kind { hosts, null_mx, none_left } kind = Kind::hosts;
  std::vector<std::string> hosts;               ///< best first, equal preferences shuffled, at most `limit`, each once
  std::vector<std::uint16_t> preferences = {};  ///< of each host
};

/// `ours`: our own host names; records at or above the preference of one of them are dropped.
MxChoice choose_mx(std::string_view domain, std::span<const MxRecord> records, std::span<const std::string> ours,
                   std::size_t limit, base::Random& random);

/// Where a host leads once its name is an address: we may stand in an MX under a name that we do not know of.
enum class Leads : std::uint8_t { on, to_ourselves };
/// The loop rule once more, with `leads[i]` of `choice.hosts[i]`: only what is better than ourselves is left.
MxChoice without_ourselves(MxChoice choice, std::span<const Leads> leads);

enum class AddressFamily : std::uint8_t { ipv4, ipv6 };
/// Which addresses of one host are tried, and in which order: the families by turns, beginning with that of the first address,
/// each in the order of the answer (§5.1), at most `limit`. So a family that does not work here never hides the other one,
/// where `limit` is two or more. Positions in `addresses`.
std::vector<std::size_t> by_turns(std::span<const AddressFamily> addresses, std::size_t limit);

}  // namespace understudy::routing
