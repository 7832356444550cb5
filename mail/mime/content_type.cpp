#include "mail/mime/content_type.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/text.hpp"
#include "mail/header/lexer.hpp"
#include "mail/mime/charset.hpp"
#include "mail/mime/encoded_word.hpp"

namespace understudy::mail::mime {
namespace {

using header::Lexer;
using header::Token;

constexpr std::size_t max_parameters = 1'000;
constexpr std::size_t max_value_octets = 64 * 1024;

std::optional<unsigned> hex_pair(std::string_view text) {
  unsigned value = 0;
  if (text.size() < 2) return std::nullopt;
  for (const char c : text.substr(0, 2)) {
    const auto digit = std::string_view("0123456789abcdef").find(base::to_lower(std::string_view(&c, 1)));
    if (digit == std::string_view::npos) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(digit);
  }
  return value;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = text[i] == '%' ? hex_pair(text.substr(i + 1)) : std::nullopt;
    out.push_back(octet ? static_cast<char>(*octet) : text[i]);
    if (octet) i += 2;
  }
  return out;
}

/// The pieces of one parameter, gathered by number (RFC 2231 §3).
struct Pieces {
  struct Piece {
    std::string value;
    bool extended = false;
  };
  std::optional<std::string> plain;
  std::map<std::size_t, Piece> numbered;  ///< "name*" counts as number 0

  std::string assembled() const;
};

std::string Pieces::assembled() const {
  std::string octets;
  std::string charset;
  std::size_t expected = 0;
  for (const auto& [number, piece] : numbered) {
    if (number != expected++) break;
    std::string_view value = piece.value;
    if (number == 0 && piece.extended) {  // charset'language'text
      const auto first = value.find('\'');
      const auto second = first == std::string_view::npos ? first : value.find('\'', first + 1);
      if (second != std::string_view::npos) {
        charset = value.substr(0, first);
        value.remove_prefix(second + 1);
      }
    }
    octets += piece.extended ? percent_decoded(value) : std::string(value);
  }
  if (expected == 0 || octets.empty()) return plain.value_or(octets);
  if (charset.empty()) return octets;
  return to_utf8(octets, charset).value_or(octets);
}

/// Takes "name*3*" apart.
struct Name {
  std::string base;
  std::optional<std::size_t> number;
  bool extended = false;
};

Name name_of(std::string_view text) {
  Name name;
  if (text.ends_with('*')) {
    name.extended = true;
    name.number = 0;
    text.remove_suffix(1);
  }
  const auto star = text.rfind('*');
  const auto digits = star == std::string_view::npos ? std::string_view() : text.substr(star + 1);
  const bool counted = !digits.empty() && digits.size() <= 4 && (digits == "0" || digits.front() != '0');
  if (const auto number = counted ? base::to_number(digits) : std::nullopt) {
    name.number = *number;
    text = text.substr(0, star);
  }
  name.base = base::to_lower(text);
  return name;
}

class ParameterParser {
 public:
  explicit ParameterParser(Lexer lexer) : lexer_(lexer) {}

  ParameterList run() {
    take_all();
    for (const std::string& name : order_) list_.items.push_back({name, pieces_[name].assembled()});
    return std::move(list_);
  }

  std::vector<Parameter> run_as_written() {
    as_written_ = true;
    take_all();
    return std::move(list_.items);
  }

 private:
  void take_all() {
    Token token = lexer_.next_word();
    while (token.kind != Token::Kind::end && !list_.truncated) {
      if (token.kind == Token::Kind::atom) {
        token = take_parameter(token);
      } else {
        token = lexer_.next_word();
      }
    }
  }

  /// Gives the token that ended the parameter.
  Token take_parameter(const Token& name) {
    Token token = lexer_.next_word();
    if (!token.is('=')) return token;
    std::string value;
    token = lexer_.next();
    while (token.kind == Token::Kind::comment && value.empty() && token.space_before) token = lexer_.next();
    if (token.kind == Token::Kind::quoted) {
      value = token.text();
      token = lexer_.next_word();
    } else {
      token = take_bare(token, value);
    }
    while (token.kind != Token::Kind::end && !token.is(';')) token = lexer_.next_word();
    keep(name.raw, std::move(value));
    return token;
  }

  /// A value without quotes ought to be one atom; file names with spaces, slashes and parentheses are met all the same.
  Token take_bare(Token token, std::string& value) {
    while (token.kind != Token::Kind::end && !token.is(';')) {
      const bool is_remark = token.kind == Token::Kind::comment && token.space_before;
      if (!is_remark && token.space_before && !value.empty()) value.push_back(' ');
      if (!is_remark) value += token.raw;
      token = lexer_.next();
    }
    return token;
  }

  void keep(std::string_view written, std::string value) {
    if (++count_ > max_parameters) {
      list_.truncated = true;
      return;
    }
    if (as_written_) {
      list_.items.push_back({base::to_lower(written), std::move(value)});
      return;
    }
    const Name name = name_of(written);
    const auto [entry, is_new] = pieces_.try_emplace(name.base);
    if (is_new) order_.push_back(name.base);
    if (name.number) {
      entry->second.numbered.try_emplace(*name.number, Pieces::Piece{std::move(value), name.extended});
    } else if (!entry->second.plain) {
      entry->second.plain = std::move(value);
    }
  }

  Lexer lexer_;
  bool as_written_ = false;
  ParameterList list_;
  std::size_t count_ = 0;
  std::vector<std::string> order_;
  std::unordered_map<std::string, Pieces> pieces_;
};

ParameterList parameters_of(Lexer lexer, bool cut) {
  ParameterList list = ParameterParser(lexer).run();
  list.truncated = list.truncated || cut;
  return list;
}

}  // namespace

const std::string* ParameterList::find(std::string_view name) const {
  const auto found = std::ranges::find(items, name, &Parameter::name);
  return found == items.end() ? nullptr : &found->value;
}

std::optional<ContentType> parse_content_type(std::string_view value) {
  Lexer lexer(value.substr(0, max_value_octets), Lexer::mime_specials);
  const Token type = lexer.next_word();
  const Token slash = lexer.next_word();
  const Token subtype = lexer.next_word();
  if (type.kind != Token::Kind::atom || !slash.is('/') || subtype.kind != Token::Kind::atom) return std::nullopt;
  return ContentType{base::to_lower(type.raw), base::to_lower(subtype.raw),
                     parameters_of(lexer, value.size() > max_value_octets)};
}

std::optional<Disposition> parse_disposition(std::string_view value) {
  Lexer lexer(value.substr(0, max_value_octets), Lexer::mime_specials);
  const Token kind = lexer.next_word();
  if (kind.kind != Token::Kind::atom) return std::nullopt;
  return Disposition{base::to_lower(kind.raw), parameters_of(lexer, value.size() > max_value_octets)};
}

std::vector<Parameter> written_parameters(std::string_view value) {
  Lexer lexer(value.substr(0, max_value_octets), Lexer::mime_specials);
  Token token = lexer.next_word();
  while (token.kind != Token::Kind::end && !token.is(';')) token = lexer.next_word();
  return ParameterParser(lexer).run_as_written();
}

std::optional<std::string> filename(const std::optional<Disposition>& disposition, const ContentType& type) {
  const std::string* name = disposition ? disposition->parameters.find("filename") : nullptr;
  if (!name) name = type.parameters.find("name");
  if (!name) return std::nullopt;
  return decode_encoded_words(*name);
}

}  // namespace understudy::mail::mime
