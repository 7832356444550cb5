#include "mail/header/fields.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/header/lexer.hpp"

namespace understudy::mail::header {
namespace {

constexpr std::size_t max_message_id = 995;  // 998 octets of a line, less the brackets and a space

bool is_fit_for_id(std::string_view text) {
  return !text.empty() && text.size() <= max_message_id && std::ranges::none_of(text, [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet <= 0x20 || octet == 0x7f;
  });
}

std::string without_white_space(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  return out;
}

/// Takes the next <id> off `rest`; nullopt: no further one.
std::optional<std::string> take_bracketed(std::string_view& rest) {
  const auto open = rest.find('<');
  if (open == std::string_view::npos) return std::nullopt;
  const auto close = rest.find('>', open);
  if (close == std::string_view::npos) return std::nullopt;
  std::string id = without_white_space(rest.substr(open + 1, close - open - 1));
  rest.remove_prefix(close + 1);
  return id;
}

}  // namespace

const Field* first(const Header& header, std::string_view name) {
  const auto found = std::ranges::find_if(header.fields, [&](const Field& f) { return base::iequals(header.name(f), name); });
  return found == header.fields.end() ? nullptr : &*found;
}

std::vector<const Field*> all(const Header& header, std::string_view name) {
  std::vector<const Field*> out;
  for (const Field& field : header.fields)
    if (base::iequals(header.name(field), name)) out.push_back(&field);
  return out;
}

std::optional<std::string_view> first_value(const Header& header, std::string_view name) {
  const Field* field = first(header, name);
  if (!field) return std::nullopt;
  return header.value(*field);
}

AddressList addresses(const Header& header, std::string_view name, std::size_t limit) {
  AddressList out;
  for (const Field* field : all(header, name)) {
    AddressList more = parse_address_list(header.value(*field), limit - out.entries.size());
    std::ranges::move(more.entries, std::back_inserter(out.entries));
    out.truncated = out.truncated || more.truncated;
    if (out.truncated) break;
  }
  return out;
}

std::optional<std::string> parse_message_id(std::string_view value) {
  std::string_view rest = value;
  auto id = take_bracketed(rest);
  if (!id) id = Lexer(value, "").next_word().text();
  if (!is_fit_for_id(*id)) return std::nullopt;
  return id;
}

std::vector<std::string> parse_message_ids(std::string_view value, std::size_t limit) {
  std::vector<std::string> out;
  for (auto id = take_bracketed(value); id && out.size() < limit; id = take_bracketed(value))
    if (is_fit_for_id(*id)) out.push_back(std::move(*id));
  return out;
}

bool is_automatic(const Header& header) {
  if (first(header, "List-Id") || first(header, "List-Unsubscribe")) return true;
  if (const auto value = first_value(header, "Auto-Submitted"))
    if (!base::iequals(Lexer(*value, Lexer::mime_specials).next_word().raw, "no")) return true;
  const auto precedence = first_value(header, "Precedence");
  if (!precedence) return false;
  constexpr std::array<std::string_view, 4> automatic = {"bulk", "junk", "list", "auto_reply"};
  const auto word = Lexer(*precedence).next_word().raw;
  return std::ranges::any_of(automatic, [&](std::string_view known) { return base::iequals(word, known); });
}

}  // namespace understudy::mail::header
