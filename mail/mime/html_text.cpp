#include "mail/mime/html_text.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "mail/mime/fold.hpp"

namespace understudy::mail::mime {
namespace {

constexpr std::size_t longest_word = 16;  // "&#x10ffff" and "blockquote" are shorter

/// ISO 8859-1 from 0xa0 on, in order: HTML 4.01 §24.2.
constexpr std::array<std::string_view, 96> latin1 = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",   "ordf",   "laquo",
    "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",   "acute",  "micro",  "para",   "middot",
    "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde",
    "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave", "Iacute", "Icirc",  "Iuml",
    "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",   "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",
    "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil",
    "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",   "eth",    "ntilde", "ograve", "oacute",
    "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

struct Named {
  std::string_view name;
  char32_t code;
};
constexpr std::array<Named, 18> others = {{{"amp", '&'},
                                           {"lt", '<'},
                                           {"gt", '>'},
                                           {"quot", '"'},
                                           {"apos", '\''},
                                           {"euro", 0x20ac},
                                           {"ndash", 0x2013},
                                           {"mdash", 0x2014},
                                           {"hellip", 0x2026},
                                           {"lsquo", 0x2018},
                                           {"rsquo", 0x2019},
                                           {"sbquo", 0x201a},
                                           {"ldquo", 0x201c},
                                           {"rdquo", 0x201d},
                                           {"bdquo", 0x201e},
                                           {"bull", 0x2022},
                                           {"ensp", 0x2002},
                                           {"emsp", 0x2003}}};

/// Tags between which a word does not go on.
constexpr std::array<std::string_view, 32> separating = {
    "p",   "br",    "div",  "td",         "th",      "tr",     "table",   "tbody",   "thead",  "li", "ul",
    "ol",  "dl",    "dt",   "dd",         "h1",      "h2",     "h3",      "h4",      "h5",     "h6", "hr",
    "pre", "title", "body", "blockquote", "section", "option", "article", "caption", "center", "img"};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The code point of "#65" or "#x41"; none where it is no number or no character.
std::optional<char32_t> numbered(std::string_view word) {
  word.remove_prefix(1);
  const bool hex = word.starts_with('x') || word.starts_with('X');
  if (hex) word.remove_prefix(1);
  if (word.empty() || word.size() > 8) return std::nullopt;
  char32_t code = 0;
  for (char c : word) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const bool letter = hex && c >= 'a' && c <= 'f';
    if (!is_digit(c) && !letter) return std::nullopt;
    code = code * (hex ? 16 : 10) + static_cast<char32_t>(letter ? c - 'a' + 10 : c - '0');
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code == 0 || code > 0x10ffff || surrogate) return std::nullopt;
  return code;
}

std::optional<char32_t> referred(std::string_view word) {
  if (word.starts_with('#')) return numbered(word);
  if (const auto* it = std::ranges::find(latin1, word); it != latin1.end()) return 0xa0 + (it - latin1.begin());
  if (const auto* it = std::ranges::find(others, word, &Named::name); it != others.end()) return it->code;
  return std::nullopt;
}

}  // namespace

void HtmlText::feed(std::string_view utf8, std::string& out) {
  for (std::size_t i = 0; i < utf8.size();) {
    if (state_ == State::text) {
      const auto end = std::min(utf8.find_first_of("<&", i), utf8.size());
      out.append(utf8, i, end - i);
      i = end;
    } else if (state_ == State::tag) {
      i = std::min(utf8.find('>', i), utf8.size());
    }
    if (i < utf8.size() && take(utf8[i], out)) ++i;
  }
}

bool HtmlText::take(char c, std::string& out) {
  switch (state_) {
    case State::text:
      state_ = c == '&' ? State::reference : State::opening;
      word_.clear();
      return true;
    case State::reference:
      return in_reference(c, out);
    case State::opening:
      return in_opening(c, out);
    case State::name:
      return in_name(c, out);
    case State::tag:
      in_tag(c);
      return true;
    case State::comment:
      in_comment(c);
      return true;
    case State::raw:
      in_raw(c);
      return true;
  }
  return true;
}

bool HtmlText::in_reference(char c, std::string& out) {
  const bool goes_on = is_letter(c) || is_digit(c) || (c == '#' && word_.empty());
  if (goes_on && word_.size() < longest_word) {
    word_.push_back(c);
    return true;
  }
  state_ = State::text;
  const auto code = goes_on ? std::nullopt : referred(word_.empty() ? " " : word_);
  if (code) {
    append_utf8(*code, out);
    return c == ';';
  }
  out.append("&").append(word_);
  return false;
}

/// Behind "<": a tag begins with a letter, everything else is text.
bool HtmlText::in_opening(char c, std::string& out) {
  if (is_letter(c) || c == '/' || c == '!' || c == '?') {
    state_ = State::name;
    raw_ = {};
    return false;
  }
  state_ = State::text;
  out.push_back('<');
  return false;
}

bool HtmlText::in_name(char c, std::string& out) {
  const bool dash = c == '-' && (word_ == "!" || word_ == "!-");
  const bool first = word_.empty();
  if (word_.size() < longest_word && (is_letter(c) || is_digit(c) || dash || (first && c != '>'))) {
    word_.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    if (word_ != "!--") return true;
    state_ = State::comment;
    matched_ = 0;
    return true;
  }
  std::string_view name = word_;
  if (name == "script" || name == "style") raw_ = name == "script" ? "</script" : "</style";
  if (name.starts_with('/')) name.remove_prefix(1);
  if (std::ranges::find(separating, name) != separating.end()) out.push_back(' ');
  state_ = State::tag;
  return false;
}

void HtmlText::in_tag(char c) {
  if (c != '>') return;
  state_ = raw_.empty() ? State::text : State::raw;
  matched_ = 0;
}

void HtmlText::in_comment(char c) {
  if (c == '-') {
    matched_ = std::min<std::size_t>(matched_ + 1, 2);
  } else if (c == '>' && matched_ == 2) {
    state_ = State::text;
  } else {
    matched_ = 0;
  }
}

void HtmlText::in_raw(char c) {
  const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  matched_ = lower == raw_[matched_] ? matched_ + 1 : lower == '<' ? 1 : 0;  // "<" stands in it once, at the front
  if (matched_ < raw_.size()) return;
  raw_ = {};
  state_ = State::tag;
}

void HtmlText::finish(std::string& out) {
  if (state_ == State::reference) in_reference(';', out);
  if (state_ == State::opening) out.push_back('<');
  state_ = State::text;
}

}  // namespace understudy::mail::mime
