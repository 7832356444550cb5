#include "mail/header/lexer.hpp"

namespace understudy::mail::header {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_white(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

std::string Token::text() const {
  if (kind == Kind::atom || kind == Kind::special || kind == Kind::end) return std::string(raw);
  std::string_view inner = kind == Kind::literal ? raw : raw.substr(1, raw.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '\\' && i + 1 < inner.size()) ++i;
    if (inner[i] != '\r' && inner[i] != '\n') out.push_back(inner[i]);
  }
  return out;
}

Token Lexer::take(Token::Kind kind, std::size_t end, bool space_before) {
  const Token token{kind, in_.substr(at_, end - at_), space_before};
  at_ = end;
  return token;
}

std::size_t Lexer::end_of_quoted() const {
  for (auto i = at_ + 1; i < in_.size(); ++i) {
    if (in_[i] == '\\') {
      ++i;
    } else if (in_[i] == '"') {
      return i + 1;
    }
  }
  return npos;
}

std::size_t Lexer::end_of_comment() const {
  std::size_t depth = 0;
  for (auto i = at_; i < in_.size(); ++i) {
    if (in_[i] == '\\') {
      ++i;
    } else if (in_[i] == '(') {
      ++depth;
    } else if (in_[i] == ')' && --depth == 0) {
      return i + 1;
    }
  }
  return npos;
}

std::size_t Lexer::end_of_atom() const {
  auto i = at_;
  while (i < in_.size() && !is_white(in_[i]) && std::string_view("()\"[]").find(in_[i]) == npos &&
         specials_.find(in_[i]) == npos)
    ++i;
  return i;
}

Token Lexer::next() {
  const auto start = at_;
  while (at_ < in_.size() && is_white(in_[at_])) ++at_;
  const bool space = at_ > start;
  if (at_ == in_.size()) return take(Token::Kind::end, at_, space);
  const char c = in_[at_];
  if (c == '"' && quotes_end_) {
    if (const auto end = end_of_quoted(); end != npos) return take(Token::Kind::quoted, end, space);
    quotes_end_ = false;
  }
  if (c == '(' && comments_end_) {
    if (const auto end = end_of_comment(); end != npos) return take(Token::Kind::comment, end, space);
    comments_end_ = false;
  }
  if (c == '[' && literals_end_) {
    if (const auto end = in_.find(']', at_); end != npos) return take(Token::Kind::literal, end + 1, space);
    literals_end_ = false;
  }
  const auto end = end_of_atom();
  if (end == at_) return take(Token::Kind::special, at_ + 1, space);
  return take(Token::Kind::atom, end, space);
}

Token Lexer::next_word() {
  Token token = next();
  while (token.kind == Token::Kind::comment) {
    const bool space = token.space_before;
    token = next();
    token.space_before = token.space_before || space;
  }
  return token;
}

}  // namespace understudy::mail::header
