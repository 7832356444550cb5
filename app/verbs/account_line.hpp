/// One line of a file of accounts, comma-separated: address, verifier or nothing, aliases. Pure; never says a verifier back.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::app {

struct AccountLine {
  std::string address;
  std::string verifier;  ///< "{SCRAM-SHA-256}..."; empty: none
  std::vector<std::string> aliases;
  bool operator==(const AccountLine&) const = default;
};

inline constexpr std::size_t max_account_line = 64 * 1024;  ///< octets

/// A field may stand in double quotes, and must where it contains a comma, as a verifier does; a double quote inside of them is
/// written twice. The third and all further fields are aliases, each of them one or more with spaces between. nullopt: there is
/// no account on the line: it is empty, begins with "#", or is the line of titles, whose first field is "address". Why it
/// cannot be taken: in words.
std::expected<std::optional<AccountLine>, std::string> parse_account_line(std::string_view line);

}  // namespace understudy::app
