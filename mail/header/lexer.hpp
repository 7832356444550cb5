/// Tokens of structured header fields (RFC 5322 §3.2 with the obsolete forms of §4.1, RFC 2045 §5.1): atoms, quoted strings,
/// domain literals, comments nested to any depth. Folding is white space. Never fails: a quote, bracket or comment that does
/// not end is a character of its own, and what follows is read as usual. Linear; no recursion.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace understudy::mail::header {

struct Token {
  enum class Kind : std::uint8_t { end, atom, quoted, literal, comment, special };
  Kind kind = Kind::end;
  std::string_view raw;       ///< with its delimiters
  bool space_before = false;  ///< white space stood between this and the token before

  bool is(char special) const { return kind == Kind::special && raw.front() == special; }
  /// The octets meant: without delimiters, quoting and line ends. Literals keep their brackets.
  std::string text() const;
};

class Lexer {
 public:
  /// Characters that stand alone; parentheses, quotes and square brackets are known in every set.
  static constexpr std::string_view address_specials = "<>@,;:";
  static constexpr std::string_view mime_specials = "<>@,;:/?=";

  explicit Lexer(std::string_view in, std::string_view specials = address_specials) : in_(in), specials_(specials) {}
  Token next();
  /// The next token that is no comment.
  Token next_word();
  /// What no token has taken yet.
  std::string_view rest() const { return in_.substr(at_); }

 private:
  std::size_t end_of_quoted() const;
  std::size_t end_of_comment() const;
  std::size_t end_of_atom() const;
  Token take(Token::Kind kind, std::size_t end, bool space_before);

  std::string_view in_;
  std::string_view specials_;
  std::size_t at_ = 0;
  // Once a search for an end has failed it is not made again: it would look at all that is left each time.
  bool quotes_end_ = true;
  bool comments_end_ = true;
  bool literals_end_ = true;
};

}  // namespace understudy::mail::header
