#include "mail/smtp/command.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/smtp/parameters.hpp"

namespace understudy::mail::smtp {
namespace {

using Parsed = std::expected<Command, Refusal>;

std::unexpected<Refusal> refuse(int code, std::string status, std::string text) {
  return std::unexpected(Refusal{Reply(code, std::move(status), std::move(text))});
}

std::unexpected<Refusal> refuse_for_good(std::string status, std::string text) {
  return std::unexpected(Refusal{Reply(421, std::move(status), std::move(text)), Refusal::Kind::foreign});
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string_view trim_end(std::string_view line) {
  while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  return line;
}

// "VERB rest" -> VERB, and the rest with the spaces before it removed.
struct Words {
  std::string_view first, rest;
};
Words split_word(std::string_view text) {
  const auto space = std::min(text.find(' '), text.size());
  const auto rest = std::min(text.find_first_not_of(' ', space), text.size());
  return {text.substr(0, space), text.substr(rest)};
}

bool is_host_name(std::string_view name) {
  constexpr std::size_t max_domain = 255;  // RFC 5321 §4.5.3.1.2
  constexpr std::string_view others = "-._:[]";
  const auto allowed = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != others.npos;
  };
  return !name.empty() && name.size() <= max_domain && std::all_of(name.begin(), name.end(), allowed);
}

template <class Hello>
Parsed parse_hello(std::string_view argument) {
  if (!is_host_name(argument)) return refuse(501, "5.5.4", "Syntax error: a domain name or an address literal is needed");
  return Hello{std::string(argument)};
}

// Takes "FROM:" or "TO:" off the front.
bool take_prefix(std::string_view& argument, std::string_view prefix) {
  if (!base::istarts_with(argument, prefix)) return false;
  argument.remove_prefix(prefix.size());
  argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
  return true;
}

Reply beyond_ascii() {
  return {553, "5.6.7", "Address beyond ASCII without SMTPUTF8"};
}

bool beyond_ascii(const address::Address& address) {
  return base::has_8bit(address.local) || base::has_8bit(address.domain);
}

Parsed parse_mail(std::string_view argument, const ParseContext& context) {
  if (!take_prefix(argument, "FROM:")) return refuse(501, "5.5.4", "Syntax: MAIL FROM:<reverse-path>");
  std::string_view rest;
  // SMTPUTF8 stands behind the path that it allows.
  auto path = address::parse_reverse_path(argument, rest, address::Utf8::allow);
  if (!path) return refuse(501, "5.1.7", "Syntax error in reverse-path");
  command::Mail mail;
  mail.reverse_path = std::move(*path);
  if (auto refusal = command::take_mail_parameters(rest, context.offered, mail)) return std::unexpected(Refusal{*refusal});
  if (mail.reverse_path && beyond_ascii(*mail.reverse_path) && !mail.smtputf8) return std::unexpected(Refusal{beyond_ascii()});
  return mail;
}

Parsed parse_rcpt(std::string_view argument, const ParseContext& context) {
  if (!take_prefix(argument, "TO:")) return refuse(501, "5.5.4", "Syntax: RCPT TO:<forward-path>");
  std::string_view rest;
  auto path = address::parse_forward_path(argument, rest, address::Utf8::allow);
  if (!path) return refuse(501, "5.1.3", "Syntax error in forward-path");
  if (beyond_ascii(*path) && context.recipients == address::Utf8::refuse) return std::unexpected(Refusal{beyond_ascii()});
  command::Rcpt rcpt;
  rcpt.recipient.forward_path = std::move(*path);
  if (auto refusal = command::take_rcpt_parameters(rest, context.offered, rcpt.recipient))
    return std::unexpected(Refusal{*refusal});
  if (base::has_8bit(rcpt.recipient.orcpt) && context.recipients == address::Utf8::refuse)
    return std::unexpected(Refusal{beyond_ascii()});
  return rcpt;
}

// Where the size of a chunk cannot be read, nobody can tell its octets from the commands behind it.
Parsed parse_bdat(std::string_view argument) {
  const auto [size, last] = split_word(argument);
  const auto octets = base::to_number(size);
  if (!octets || (!last.empty() && !base::iequals(last, "LAST")))
    return refuse_for_good("4.5.4", "Chunk size not understood, closing");
  return command::Bdat{*octets, !last.empty()};
}

Parsed parse_auth(std::string_view argument) {
  const auto [mechanism, initial] = split_word(argument);
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  const bool named = !mechanism.empty() && mechanism.size() <= 20 && std::all_of(mechanism.begin(), mechanism.end(), allowed);
  if (!named || initial.find(' ') != initial.npos) return refuse(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]");
  command::Auth auth{base::to_lower(mechanism), std::nullopt};
  for (char& c : auth.mechanism) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (!initial.empty()) auth.initial = initial;
  return auth;
}

template <class Alone>
Parsed parse_alone(std::string_view verb, std::string_view argument) {
  if (!argument.empty()) return refuse(501, "5.5.4", "Syntax: " + std::string(verb) + " takes no parameters");
  return Alone{};
}

template <class Free>
Parsed parse_needing(std::string_view verb, std::string_view argument) {
  if (argument.empty()) return refuse(501, "5.5.4", "Syntax: " + std::string(verb) + " needs a parameter");
  return Free{};
}

// A browser that was led here sends one of these first (cross-protocol requests).
bool is_http(std::string_view line) {
  constexpr std::array methods{"GET ",     "POST ",    "PUT ",   "HEAD ",  "DELETE ",
                               "OPTIONS ", "CONNECT ", "PATCH ", "TRACE ", "Host:"};
  return std::any_of(methods.begin(), methods.end(), [&](const char* method) { return base::istarts_with(line, method); });
}

Parsed parse_verb(std::string_view verb, std::string_view argument, const ParseContext& context) {
  const auto is = [&](std::string_view name) { return base::iequals(verb, name); };
  if (is("MAIL")) return parse_mail(argument, context);
  if (is("RCPT")) return parse_rcpt(argument, context);
  if (is("VRFY")) return parse_needing<command::Vrfy>("VRFY", argument);  // may hold UTF-8 (RFC 6531); not looked at
  if (is("EXPN")) return parse_needing<command::Expn>("EXPN", argument);
  if (base::has_8bit(verb) || base::has_8bit(argument)) return refuse(501, "5.5.2", "Syntax error: octets beyond ASCII");
  if (is("EHLO")) return parse_hello<command::Ehlo>(argument);
  if (is("HELO")) return parse_hello<command::Helo>(argument);
  if (is("DATA")) return parse_alone<command::Data>("DATA", argument);
  if (is("RSET")) return parse_alone<command::Rset>("RSET", argument);
  if (is("QUIT")) return parse_alone<command::Quit>("QUIT", argument);
  if (is("STARTTLS")) return parse_alone<command::StartTls>("STARTTLS", argument);
  if (is("NOOP")) return command::Noop{};
  if (is("HELP")) return command::Help{};
  if (is("AUTH")) return parse_auth(argument);
  return refuse(500, "5.5.1", "Command not recognised");
}

}  // namespace

std::expected<Command, Refusal> parse_command(std::string_view line, const ParseContext& context) {
  const auto limit = base::istarts_with(line, "AUTH ") ? context.lines.auth : context.lines.command;
  const bool too_long = line.size() > limit;
  line = trim_end(line);
  const bool has_control = std::any_of(line.begin(), line.end(), is_control);
  const auto [verb, argument] = split_word(line);
  if (base::iequals(verb, "BDAT")) return parse_bdat(too_long || has_control ? std::string_view() : argument);
  if (too_long) return refuse(500, "5.5.2", "Line too long");
  if (has_control) return refuse(501, "5.5.2", "Syntax error: control characters");
  if (is_http(line)) return refuse_for_good("4.7.0", "This is a mail server, closing");
  return parse_verb(verb, argument, context);
}

std::string_view known_verb(std::string_view line) {
  constexpr std::array<std::string_view, 14> verbs{"EHLO", "HELO", "MAIL", "RCPT", "DATA", "BDAT",     "RSET",
                                                   "NOOP", "QUIT", "VRFY", "EXPN", "HELP", "STARTTLS", "AUTH"};
  const auto word = split_word(line).first;
  const auto known = std::ranges::find_if(verbs, [&](std::string_view verb) { return base::iequals(verb, word); });
  return known == verbs.end() ? std::string_view() : *known;
}

}  // namespace understudy::mail::smtp
