/// Mailboxes, reverse-paths and forward-paths: RFC 5321 §4.1.2, §4.1.3, with the UTF-8 of RFC 6531 §3.3.
/// Never looks anything up, never decides whether a domain is local.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace understudy::mail::address {

enum class Utf8 { refuse, allow };  ///< RFC 6531: allowed only where SMTPUTF8 was asked for

/// One mailbox. Both parts as received, but the local part without its quoting; no control characters in either.
struct Address {
  std::string local;
  std::string domain;  ///< a domain, or an address literal with its brackets; empty only for a bare <Postmaster>

  /// local@domain, the local part quoted where its octets ask for it. Safe to put on the wire between angle brackets.
  std::string text() const;
  bool operator==(const Address&) const = default;
};

/// RFC 5321 §4.1.2: null for `<>`, the reverse-path of notifications.
using ReversePath = std::optional<Address>;

/// "local@domain" without angle brackets. errc::malformed, errc::too_long (RFC 5321 §4.5.3.1: 64, 255, 254 octets).
base::Result<Address> parse(std::string_view text, Utf8 utf8);

/// A path with its angle brackets at the front of `in`; what follows it is left in `rest`. Source routes (§4.1.1.3, obsolete)
/// are refused as malformed. `<Postmaster>` without a domain is taken by parse_forward_path only.
base::Result<ReversePath> parse_reverse_path(std::string_view in, std::string_view& rest, Utf8 utf8);
base::Result<Address> parse_forward_path(std::string_view in, std::string_view& rest, Utf8 utf8);

/// The form in which domains are compared and looked up: lower case, A-labels (RFC 5891), no dot at the end.
/// errc::malformed for what is no domain name. Address literals come back in lower case.
base::Result<std::string> canonical_domain(std::string_view domain);

/// The form in which local parts are compared: lower case (ASCII; UTF-8 by Unicode case folding is not attempted).
std::string canonical_local(std::string_view local);

/// "User+Detail@Example.ORG" -> {"user", "detail" or nullopt}. No separator: no detail. `separator` of 0: never any detail.
struct Split {
  std::string user;
  std::optional<std::string> detail;
};
Split split_detail(std::string_view local, char separator);

/// Looks like an address made for one message: VERP, SRS, BATV (prvs=, SRS0=, bounce-…=…, …-return-…). A guess by shape only.
bool looks_generated(std::string_view local);

}  // namespace understudy::mail::address
