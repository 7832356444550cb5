/// Names as they go into a question and come out of an answer. RFC 1035 §2.3.4, RFC 2181 §11. No wire format.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/net/ip.hpp"

namespace understudy::net {

/// Lower case, without the dot at the end; nullopt where it is no name that a host or a mail domain has: empty, over 253
/// octets, a label empty or over 63, other characters than letters, digits, '-' and '_'.
std::optional<std::string> dns_name(std::string_view text);

/// "1.2.0.192.in-addr.arpa", or nibbles under ip6.arpa (RFC 3596 §2.5).
std::string reverse_name(const IpAddress& address);

}  // namespace understudy::net
