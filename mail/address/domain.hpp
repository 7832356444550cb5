/// The domain of a mailbox: a name (RFC 5321 §2.3.5, RFC 5890 to 5893) or an address literal (RFC 5321 §4.1.3).
/// Never looks a name up.
#pragma once

#include <string_view>

namespace understudy::mail::address {

/// Labels of letters, digits, hyphens and underscores; 1 to 63 octets each, no hyphen at either end, 253 octets in all.
/// The underscore is no letter of a host name, but mail from such names exists.
bool is_ascii_domain(std::string_view domain);

/// "[192.0.2.1]" or "[IPv6:2001:db8::1]", with a valid address between the brackets; other tags are not known.
bool is_address_literal(std::string_view domain);

}  // namespace understudy::mail::address
