/// One command line of SMTP as a value: RFC 5321 §4.1, with SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), RET, ENVID,
/// NOTIFY and ORCPT (RFC 3461), AUTH (RFC 4954), BDAT (RFC 3030), STARTTLS (RFC 3207) and XCUSTODY (custody.hpp).
/// Knows the grammar only: which command is allowed when is the dialogue's matter. Never changes an octet of a parameter.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "mail/smtp/custody.hpp"
#include "mail/smtp/envelope.hpp"
#include "mail/smtp/options.hpp"
#include "mail/smtp/reply.hpp"

namespace understudy::mail::smtp {

namespace command {
struct Ehlo {
  std::string name;  ///< letters, digits and "-._:[]" only, at most 255: safe in a trace header
};
struct Helo {
  std::string name;
};
struct Mail {
  address::ReversePath reverse_path;
  BodyType body = BodyType::seven_bit;
  bool smtputf8 = false;
  DsnReturn dsn_return = DsnReturn::unspecified;
  std::string envid;                  ///< xtext
  std::optional<std::uint64_t> size;  ///< as declared; more than 64 bits hold: the largest value
  std::optional<std::string> auth;    ///< xtext or "<>": who submitted it first, RFC 4954 §5; a claim, no proof
  std::optional<Custody> custody;
};
struct Rcpt {
  Recipient recipient;
};
struct Data {};
struct Bdat {
  std::uint64_t octets = 0;
  bool last = false;
};
struct Rset {};
struct Noop {};
struct Quit {};
struct Vrfy {};
struct Expn {};
struct Help {};
struct StartTls {};
struct Auth {
  std::string mechanism;               ///< upper case
  std::optional<std::string> initial;  ///< as received: base64, or "=" for an empty response
};
}  // namespace command

using Command =
    std::variant<command::Ehlo, command::Helo, command::Mail, command::Rcpt, command::Data, command::Bdat, command::Rset,
                 command::Noop, command::Quit, command::Vrfy, command::Expn, command::Help, command::StartTls, command::Auth>;

/// Parameters that are taken now: what EHLO offered; after HELO none. Others get 555 5.5.4.
struct Offered {
  bool size = false;
  bool eight_bit_mime = false;
  bool smtputf8 = false;
  bool dsn = false;
  bool auth = false;
  bool custody = false;
};

struct ParseContext {
  Offered offered;
  /// Of the transaction: whether MAIL asked for SMTPUTF8. Else an address of RCPT beyond ASCII gets 553 5.6.7.
  address::Utf8 recipients = address::Utf8::refuse;
  LineLimits lines;
};

/// Why a line is no command. The reply is what the client is told; the kind says whether the connection can go on.
struct Refusal {
  enum class Kind {
    syntax,   ///< the next line is a command again
    foreign,  ///< another protocol speaks here, or the length of what follows is unknown: the connection must be closed
  };
  Reply reply;
  Kind kind = Kind::syntax;
};

/// `line` without its CRLF. White space at its end is ignored (§4.1.1), as are spaces before the path of MAIL and RCPT, which
/// old clients send. Anything but printable ASCII and the UTF-8 of addresses is refused.
std::expected<Command, Refusal> parse_command(std::string_view line, const ParseContext& context);

/// The verb at the front of a line, in capitals; empty where it is none of ours. For logs: tells nothing else of what may be a
/// password.
std::string_view known_verb(std::string_view line);

}  // namespace understudy::mail::smtp
