/// Address lists of From, Sender, To, Cc and their like (RFC 5322 §3.4, §4.4; UTF-8 by RFC 6532): groups, comments, quoted
/// strings, routes. Reads whatever stands there as well as it can; what comes out is for showing, searching and comparing.
/// The envelope, not this, decides where mail goes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::mail::header {

struct Mailbox {
  enum class Kind : std::uint8_t { mailbox, group_start, group_end };
  Kind kind = Kind::mailbox;
  std::string name;    ///< display name or group name, without quoting, encoded words as they are; or the comment after an
                       ///< address without a name; octets as received otherwise, so escape before showing
  std::string local;   ///< without quoting
  std::string domain;  ///< empty where there was no @
  std::string route;   ///< "@a,@b" of "<@a,@b:local@domain>" (RFC 5322 §4.4): for ENVELOPE; nobody sends by it
  /// Others may read another address here: two in angle brackets, words behind them, a second @, a colon within, and the like.
  bool ambiguous = false;

  /// "local@domain" for comparing; empty without a domain.
  std::string address() const { return domain.empty() ? std::string() : local + '@' + domain; }
  bool operator==(const Mailbox&) const = default;
};

struct AddressList {
  std::vector<Mailbox> entries;
  bool truncated = false;  ///< there were more
};

constexpr std::size_t max_addresses = 5'000;

AddressList parse_address_list(std::string_view value, std::size_t limit = max_addresses);

}  // namespace understudy::mail::header
