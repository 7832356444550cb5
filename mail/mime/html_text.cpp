#include "mail/mime/html_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/text.hpp"

namespace understudy::mail::mime {
namespace {

constexpr auto npos = std::string_view::npos;

struct Reference {
  std::string_view name, text;
};
constexpr std::array<Reference, 44> references = {
    {{"amp", "&"},    {"lt", "<"},     {"gt", ">"},     {"quot", "\""},  {"apos", "'"},   {"nbsp", " "},   {"copy", "©"},
     {"reg", "®"},    {"trade", "™"},  {"euro", "€"},   {"pound", "£"},  {"hellip", "…"}, {"mdash", "—"},  {"ndash", "–"},
     {"lsquo", "‘"},  {"rsquo", "’"},  {"ldquo", "“"},  {"rdquo", "”"},  {"bdquo", "„"},  {"laquo", "«"},  {"raquo", "»"},
     {"bull", "•"},   {"middot", "·"}, {"shy", ""},     {"zwnj", ""},    {"ensp", " "},   {"emsp", " "},   {"thinsp", " "},
     {"auml", "ä"},   {"ouml", "ö"},   {"uuml", "ü"},   {"Auml", "Ä"},   {"Ouml", "Ö"},   {"Uuml", "Ü"},   {"szlig", "ß"},
     {"eacute", "é"}, {"egrave", "è"}, {"agrave", "à"}, {"ccedil", "ç"}, {"ecirc", "ê"},  {"aacute", "á"}, {"iacute", "í"},
     {"oacute", "ó"}, {"ntilde", "ñ"}}};

constexpr std::array<std::string_view, 14> within_words = {"a",    "b",     "i",   "u",   "em",  "strong", "span",
                                                           "font", "small", "sub", "sup", "wbr", "s",      "big"};
constexpr std::size_t longest_name = 16;  // no more is looked at, or each "<" would cost what follows it
constexpr std::array<std::string_view, 3> unseen = {"script", "style", "title"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view known) { return base::iequals(known, name); });
}

void put_utf8(std::uint32_t code, std::string& out) {
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out += {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))};
  } else if (code < 0x10000) {
    out += {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3f)),
            static_cast<char>(0x80 | (code & 0x3f))};
  } else {
    out += {static_cast<char>(0xf0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3f)),
            static_cast<char>(0x80 | (code >> 6 & 0x3f)), static_cast<char>(0x80 | (code & 0x3f))};
  }
}

std::optional<std::uint32_t> code_of(std::string_view digits) {  // behind "&#"
  const bool hexadecimal = digits.starts_with('x') || digits.starts_with('X');
  if (hexadecimal) digits.remove_prefix(1);
  if (digits.empty()) return std::nullopt;
  std::uint32_t code = 0;
  for (const char c : base::to_lower(digits)) {
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == npos || (!hexadecimal && digit > 9)) return std::nullopt;
    code = code * (hexadecimal ? 16 : 10) + static_cast<std::uint32_t>(digit);
  }
  return code;
}

class Stripper {
 public:
  Stripper(std::string_view html, std::size_t limit) : in_(html), limit_(limit) {}

  std::string run() {
    while (at_ < in_.size() && out_.size() < limit_) {
      const auto plain = std::min(in_.find_first_of("<&", at_), in_.size());
      const auto end = std::min(plain, at_ + (limit_ - out_.size()));
      out_ += in_.substr(at_, end - at_);
      at_ = end;
      if (end < plain || at_ == in_.size()) break;
      if (in_[at_] == '&') {
        take_reference();
      } else {
        take_markup();
      }
    }
    return std::move(out_);
  }

 private:
  void take_reference() {
    constexpr std::size_t longest = 10;
    const auto text = in_.substr(at_ + 1, longest);
    const auto end = text.find(';');
    const auto name = text.substr(0, end);
    at_ += 1;
    if (end == npos) return out_.push_back('&');
    if (name.starts_with('#')) {
      const auto code = code_of(name.substr(1));
      if (!code) return out_.push_back('&');
      put_utf8(*code, out_);
    } else {
      const auto known = std::ranges::find(references, name, &Reference::name);
      if (known == references.end()) return out_.push_back('&');
      out_ += known->text;
    }
    at_ += end + 1;
  }

  /// At "<".
  void take_markup() {
    if (in_.substr(at_, 4) == "<!--") return skip_behind("-->", at_ + 4);
    const auto name_at = at_ + (in_.substr(at_ + 1, 1) == "/" ? 2 : 1);
    const auto front = in_.substr(std::min(name_at, in_.size()), longest_name);
    const auto name = front.substr(0, front.find_first_of(" \t\r\n/>"));
    const bool is_markup =
        !name.empty() && (std::isalpha(static_cast<unsigned char>(name[0])) || name[0] == '!' || name[0] == '?');
    if (!is_markup) {
      out_.push_back('<');
      ++at_;
      return;
    }
    const bool opens = name_at == at_ + 1;
    skip_tag(name_at + name.size());
    if (opens && is_one_of(unseen, name)) skip_content(name);
    if (!is_one_of(within_words, name)) out_.push_back(' ');
  }

  /// To the end of the tag; ">" in quotes does not count, where the quotes end at all.
  void skip_tag(std::size_t from) {
    for (auto i = from; i < in_.size(); ++i) {
      i = in_.find_first_of(quotes_end_ ? "\"'>" : ">", i);
      if (i == npos) break;
      if (in_[i] == '>') {
        at_ = i + 1;
        return;
      }
      const auto close = in_.find(in_[i], i + 1);
      if (close == npos) {
        quotes_end_ = false;  // and is not looked for again
      } else {
        i = close;
      }
    }
    at_ = in_.size();
  }

  void skip_content(std::string_view name) {
    while (at_ < in_.size()) {
      at_ = std::min(in_.find("</", at_), in_.size());
      if (base::istarts_with(in_.substr(std::min(at_ + 2, in_.size())), name)) return skip_tag(at_);
      at_ = std::min(at_ + 2, in_.size());
    }
  }

  void skip_behind(std::string_view end, std::size_t from) {
    const auto found = in_.find(end, from);
    at_ = found == npos ? in_.size() : found + end.size();
  }

  std::string_view in_;
  std::size_t limit_;
  std::size_t at_ = 0;
  bool quotes_end_ = true;
  std::string out_;
};

}  // namespace

std::string html_to_text(std::string_view html, std::size_t limit) {
  return Stripper(html, limit).run();
}

}  // namespace understudy::mail::mime
