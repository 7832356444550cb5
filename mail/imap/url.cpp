#include "mail/imap/url.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "mail/imap/mailbox_name.hpp"
#include "mail/imap/parsers.hpp"

namespace understudy::mail::imap {
namespace {

constexpr auto npos = std::string_view::npos;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

/// What stands behind ";NAME=" up to the next "/;". It goes, and the slash with it.
std::optional<std::string_view> take(std::string_view& rest, std::string_view name) {
  if (!rest.starts_with(';') || !base::istarts_with(rest.substr(1), name) || rest.substr(1 + name.size(), 1) != "=")
    return std::nullopt;
  rest.remove_prefix(2 + name.size());
  const auto end = rest.find("/;");
  const auto value = rest.substr(0, end);
  rest = end == npos ? std::string_view() : rest.substr(end + 1);
  return value;
}

std::optional<std::uint32_t> number32(std::string_view text) {
  const auto number = base::to_number(text);
  if (!number || *number == 0 || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::optional<Section> section_of(std::string_view text) {
  const auto decoded = percent_decoded(text);
  if (!decoded || decoded->empty() || std::ranges::any_of(*decoded, [](unsigned char c) { return c < 0x20 || c == ']'; }))
    return std::nullopt;
  const std::string item = "BODY.PEEK[" + *decoded + "]";
  const ParseContext context;
  TokenReader in(item, 0, context);
  FetchItem read;
  if (!parsers::read_fetch_item(in, read) || !in.at_end()) return std::nullopt;
  return std::move(read.section);
}

/// number ["." number]: RFC 5092 §11, partial-range.
std::optional<Section::Partial> partial_of(std::string_view text) {
  const auto dot = text.find('.');
  const auto first = base::to_number(text.substr(0, dot));
  const auto count = dot == npos ? std::optional<std::uint64_t>(UINT64_MAX) : base::to_number(text.substr(dot + 1));
  if (!first || !count || *count == 0) return std::nullopt;
  return Section::Partial{*first, *count};
}

using Wrong = std::unexpected<std::string>;

/// "Drafts;UIDVALIDITY=7" into the URL. Empty: all is well.
std::string read_mailbox(std::string_view text, Url& url) {
  if (const auto behind = text.find(';'); behind != npos) {
    std::string_view rest = text.substr(behind);
    const auto validity = take(rest, "UIDVALIDITY");
    url.uid_validity = validity ? number32(*validity) : std::nullopt;
    if (!url.uid_validity) return "what stands behind the mailbox of the URL is not understood";
    text = text.substr(0, behind);
  }
  const auto decoded = percent_decoded(text);
  if (!decoded) return "a percent sign stands in the URL before what is no hexadecimal number";
  const auto name = read_mailbox_name(*decoded, NameForm::utf8);
  if (!name.good()) return name.fault;
  if (name.utf8.empty()) return "the URL names no mailbox";
  url.mailbox = name.utf8;
  return {};
}

}  // namespace

std::expected<Url, std::string> parse_url(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (!rest.starts_with(';')) {
    const auto end = rest.find("/;", 1);
    if (!rest.starts_with('/') || rest.starts_with("//")) return Wrong("the URL does not begin at this server");
    if (end == npos) return Wrong("the URL names no message");
    if (auto wrong = read_mailbox(rest.substr(1, end - 1), url); !wrong.empty()) return Wrong(std::move(wrong));
    rest = rest.substr(end + 1);
  }
  const auto uid = take(rest, "UID");
  const auto number = uid ? number32(*uid) : std::nullopt;
  if (!number) return Wrong("the URL names no message");
  url.uid = *number;
  if (const auto section = take(rest, "SECTION")) {
    auto parsed = section_of(*section);
    if (!parsed) return Wrong("the section of the URL is not understood");
    url.section = std::move(*parsed);
  }
  if (const auto partial = take(rest, "PARTIAL")) {
    url.section.partial = partial_of(*partial);
    if (!url.section.partial) return Wrong("the range of the URL is not understood");
  }
  if (!rest.empty()) return Wrong("the end of the URL is not understood");
  return url;
}

}  // namespace understudy::mail::imap
