/// message/delivery-status (RFC 3464 §2) and message/global-delivery-status (RFC 6533 §4): writing and reading its fields.
/// Reading is tolerant: what other systems send is often not quite what the RFC says.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace understudy::mail::report {

/// RFC 3464 §2.3.3
enum class Action : std::uint8_t { failed, delayed, delivered, relayed, expanded };
std::string_view name(Action action);

/// "rfc822; alice@example.org" -> {"rfc822", "alice@example.org"}. The type in lower case; empty where no semicolon stood.
struct TypedValue {
  std::string type;
  std::string value;
  bool empty() const { return value.empty(); }
  bool operator==(const TypedValue&) const = default;
};

struct RecipientFields {
  TypedValue original_recipient;
  TypedValue final_recipient;
  std::optional<Action> action;
  std::string status;  ///< "5.1.1"
  TypedValue remote_mta;
  TypedValue diagnostic;
  std::optional<std::chrono::sys_seconds> last_attempt;
  std::optional<std::chrono::sys_seconds> will_retry_until;
  bool operator==(const RecipientFields&) const = default;
};

struct DeliveryStatus {
  std::string envelope_id;
  TypedValue reporting_mta;
  std::optional<std::chrono::sys_seconds> arrival;
  std::vector<RecipientFields> recipients;
  bool truncated = false;  ///< there was more than is read: 1 MiB, 10,000 recipients
};

/// `body`: the decoded content of the part. Values come on one line, as they stand otherwise: escape before showing.
DeliveryStatus parse_delivery_status(std::string_view body);

enum class Octets : std::uint8_t { seven_bit, utf8 };

/// The content of the part: CRLF line ends, folded, no octet that Octets does not allow, whatever the values hold (they
/// become question marks). Empty values and missing dates are left out.
std::string format_delivery_status(const DeliveryStatus& status, Octets octets);

/// `text` with control characters, and octets that `octets` does not allow, as question marks.
std::string cleaned(std::string_view text, Octets octets);
/// "Name: value", folded at white space, with its CRLF; no line is longer than 998 octets.
std::string format_field(std::string_view name, std::string_view value, Octets octets);

}  // namespace understudy::mail::report
