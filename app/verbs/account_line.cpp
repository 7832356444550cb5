#include "app/verbs/account_line.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "mail/sasl/verifier.hpp"

namespace understudy::app {
namespace {

using Fields = std::vector<std::string>;

/// Takes one field with its quotes off `rest`, up to the comma behind it.
std::expected<std::string, std::string> take_quoted(std::string_view& rest) {
  std::string field;
  for (rest.remove_prefix(1);;) {
    const auto quote = rest.find('"');
    if (quote == std::string_view::npos) return std::unexpected("a quoted field has no end on the line");
    field += rest.substr(0, quote);
    rest.remove_prefix(quote + 1);
    if (!rest.starts_with('"')) break;
    field += '"';
    rest.remove_prefix(1);
  }
  const auto comma = std::min(rest.find(','), rest.size());
  if (!base::trim(rest.substr(0, comma)).empty()) return std::unexpected("something stands behind a quoted field");
  rest.remove_prefix(comma);
  return field;
}

std::expected<Fields, std::string> fields_of(std::string_view line) {
  Fields fields;
  for (auto rest = line;;) {
    while (rest.starts_with(' ') || rest.starts_with('\t')) rest.remove_prefix(1);
    if (rest.starts_with('"')) {
      auto field = take_quoted(rest);
      if (!field) return std::unexpected(field.error());
      fields.push_back(std::move(*field));
    } else {
      const auto comma = std::min(rest.find(','), rest.size());
      fields.emplace_back(base::trim(rest.substr(0, comma)));
      rest.remove_prefix(comma);
    }
    if (rest.empty()) return fields;
    rest.remove_prefix(1);
  }
}

void add_aliases(std::string_view field, std::vector<std::string>& aliases) {
  for (const auto alias : base::split(field, ' '))
    if (!alias.empty()) aliases.emplace_back(alias);
}

}  // namespace

std::expected<std::optional<AccountLine>, std::string> parse_account_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > max_account_line) return std::unexpected("is longer than 64 KiB");
  if (base::trim(line).empty() || line.starts_with('#')) return std::nullopt;
  if (!base::is_utf8(line)) return std::unexpected("is not UTF-8");
  if (std::ranges::any_of(line, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; }))
    return std::unexpected("has a control character");
  auto fields = fields_of(line);
  if (!fields) return std::unexpected(fields.error());
  if (base::iequals(fields->front(), "address")) return std::nullopt;
  AccountLine account;
  account.address = std::move(fields->front());
  if (account.address.empty()) return std::unexpected("has no address");
  if (fields->size() > 1) account.verifier = std::move((*fields)[1]);
  if (!account.verifier.empty() && !mail::sasl::Verifier::parse(account.verifier))
    return std::unexpected(
        "the second field is no verifier: it must be empty or \"{SCRAM-SHA-256}iterations,salt,stored-key,server-key\" in "
        "double quotes, never a password");
  for (std::size_t i = 2; i < fields->size(); ++i) add_aliases((*fields)[i], account.aliases);
  return account;
}

}  // namespace understudy::app
