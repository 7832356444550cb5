#include "mail/header/received.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "mail/address/domain.hpp"
#include "mail/header/date.hpp"
#include "mail/header/fields.hpp"
#include "mail/header/lexer.hpp"

namespace understudy::mail::header {
namespace {

constexpr std::size_t longest_component = 255;

bool is_name_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/// An atom whatever it was: no white space, no delimiter, no control character.
std::string as_atom(std::string_view text, std::string_view also_allowed = {}) {
  std::string out(text.substr(0, longest_component));
  std::ranges::replace_if(
      out, [&](char c) { return !is_name_octet(c) && also_allowed.find(c) == std::string_view::npos; }, '?');
  return out.empty() ? "unknown" : out;
}

/// A host name or address literal; U-labels become A-labels, so that the field stays 7-bit.
std::string as_host(std::string_view text) {
  if (address::is_address_literal(text)) return std::string(text);
  if (base::has_8bit(text))
    if (const auto canonical = address::canonical_domain(text)) return *canonical;
  return as_atom(text);
}

std::string tcp_info(const Trace& trace) {
  const bool is_v6 = trace.address.find(':') != std::string::npos;
  const std::string literal = (is_v6 ? "[IPv6:" : "[") + as_atom(trace.address, ":") + ']';
  return '(' + (trace.client_name.empty() ? "unknown" : as_host(trace.client_name)) + ' ' + literal + ')';
}

std::string with_clause(const Trace& trace) {
  std::string out = "with " + trace.transmission.name();
  if (!trace.tls_version.empty()) out += " (" + as_atom(trace.tls_version) + ' ' + as_atom(trace.tls_cipher) + ')';
  return out;
}

/// "for <path>", or nothing where the path may not stand in this field.
std::string for_clause(const Trace& trace) {
  if (!trace.for_recipient) return {};
  const std::string path = trace.for_recipient->text();
  if (base::has_8bit(path) && !trace.transmission.utf8) return {};
  return " for <" + path + '>';
}

}  // namespace

std::string Transmission::name() const {
  if (greeting == Greeting::helo) return "SMTP";
  std::string out = greeting == Greeting::lhlo ? "LMTP" : "SMTP";
  if (utf8) {
    out = "UTF8" + out;
  } else if (greeting == Greeting::ehlo) {
    out = "E" + out;
  }
  if (encrypted) out += 'S';
  if (authenticated) out += 'A';
  return out;
}

std::string format_received(const Trace& trace) {
  const std::string fold = "\r\n\t";
  return "Received: from " + as_host(trace.helo) + ' ' + tcp_info(trace) + fold + "by " + as_host(trace.by) + fold +
         with_clause(trace) + fold + "id " + as_atom(trace.id) + for_clause(trace) + ';' + fold + format_date(trace.date) +
         "\r\n";
}

std::size_t count_received(const Header& header) {
  return all(header, "Received").size();
}

std::string by_host(std::string_view received_value) {
  Lexer lexer(received_value);
  Token token = lexer.next_word();
  if (base::iequals(token.raw, "from")) {
    lexer.next_word();
    token = lexer.next_word();
  }
  while (token.kind != Token::Kind::end && !token.is(';') && !base::iequals(token.raw, "by")) token = lexer.next_word();
  if (!base::iequals(token.raw, "by")) return {};
  return base::to_lower(lexer.next_word().text());
}

std::size_t count_by(const Header& header, std::string_view host) {
  const std::string wanted = base::to_lower(host);
  return static_cast<std::size_t>(std::ranges::count_if(
      all(header, "Received"), [&](const Field* field) { return by_host(header.value(*field)) == wanted; }));
}

}  // namespace understudy::mail::header
