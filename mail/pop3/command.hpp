/// One command line of POP3 as a value: RFC 1939, CAPA (RFC 2449), STLS (RFC 2595), AUTH (RFC 5034), UTF8 and LANG (RFC 6856).
/// Knows the grammar only: what is allowed when is the dialogue's matter. APOP is not known: it needs passwords in the clear.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace understudy::mail::pop3 {

namespace command {
struct User {
  std::string name;  ///< all that follows the verb
};
struct Pass {
  std::string password;  ///< likewise, spaces too (RFC 1939 §7)
};
struct Stat {};
struct List {
  std::optional<std::uint64_t> number;
};
struct Retr {
  std::uint64_t number = 0;
};
struct Dele {
  std::uint64_t number = 0;
};
struct Noop {};
struct Rset {};
struct Quit {};
struct Top {
  std::uint64_t number = 0;
  std::uint64_t lines = 0;  ///< of the body
};
struct Uidl {
  std::optional<std::uint64_t> number;
};
struct Capa {};
struct Stls {};
struct Auth {
  std::string mechanism;               ///< upper case
  std::optional<std::string> initial;  ///< as received: base64, or "=" for an empty response
};
struct Utf8 {};
struct Lang {
  std::optional<std::string> tag;  ///< lower case; "*": the server's own
};
}  // namespace command

using Command = std::variant<command::User, command::Pass, command::Stat, command::List, command::Retr, command::Dele,
                             command::Noop, command::Rset, command::Quit, command::Top, command::Uidl, command::Capa,
                             command::Stls, command::Auth, command::Utf8, command::Lang>;

/// Why a line is no command: what the client is told, without "-ERR " and CRLF. Never repeats the line.
struct Refusal {
  enum class Kind : std::uint8_t {
    syntax,
    foreign,  ///< another protocol speaks here (HTTP, TLS): the connection must be closed
  };
  std::string text;
  Kind kind = Kind::syntax;
};

/// `line` without its CRLF. Verbs in any case. Numbers are decimal and at most 2^64-1. Controls are refused everywhere, octets
/// beyond ASCII everywhere but in USER and PASS, where they are UTF-8 (RFC 6856 §2.2).
std::expected<Command, Refusal> parse_command(std::string_view line);

/// The verb at the front of a line, in capitals; empty where it is none of ours. For logs: tells nothing else of what may be a
/// password.
std::string_view known_verb(std::string_view line);

}  // namespace understudy::mail::pop3
