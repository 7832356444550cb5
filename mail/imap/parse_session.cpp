// ID (RFC 2971), AUTHENTICATE (RFC 9051 §6.2.2, RFC 4959), LOGIN, ENABLE (RFC 5161), COMPRESS (RFC 4978).
#include <algorithm>

#include "base/text.hpp"
#include "mail/imap/parsers.hpp"

namespace understudy::mail::imap::parsers {

std::string to_upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

bool read(TokenReader& in, command::Id& out) {
  constexpr std::size_t most_fields = 30, longest_field = 30, longest_value = 1024;  // RFC 2971 §3.3
  if (!in.space()) return false;
  if (in.take_word("NIL")) return true;
  return in.list(most_fields, TokenReader::Empty::allowed, [&] {
    auto field = in.string();
    std::optional<std::string> value;
    if (!field || !in.space() || !in.nstring(value)) return false;
    if (field->size() > longest_field || (value && value->size() > longest_value)) return in.fail("ID: a field is too long");
    out.fields.emplace_back(std::move(*field), std::move(value));
    return true;
  });
}

bool read(TokenReader& in, command::Authenticate& out) {
  if (!in.space()) return false;
  const auto mechanism = in.atom();
  if (!mechanism) return false;
  out.mechanism = to_upper(*mechanism);
  if (!in.take(' ')) return true;
  const auto response = in.atom();  // each character of base64 is one of an atom
  if (!response) return false;
  const bool base64 = std::ranges::all_of(*response, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
  });
  if (!base64) return in.fail("The initial response is not base64");
  out.initial = *response;
  return true;
}

bool read(TokenReader& in, command::Login& out) {
  if (!in.space()) return false;
  auto user = in.astring();
  if (!user || !in.space()) return false;
  auto password = in.astring();
  if (!password) return false;
  out = {std::move(*user), std::move(*password)};
  return true;
}

bool read(TokenReader& in, command::Enable& out) {
  if (!in.space()) return false;
  do {
    const auto capability = in.atom();
    if (!capability) return false;
    if (out.capabilities.size() >= in.limits().list_items) return in.fail("Too many capabilities");
    out.capabilities.push_back(to_upper(*capability));
  } while (in.take(' '));
  return true;
}

bool read(TokenReader& in, command::CompressDeflate&) {
  return in.space() && (in.take_word("DEFLATE") || in.fail("The only compression is DEFLATE"));
}

}  // namespace understudy::mail::imap::parsers
