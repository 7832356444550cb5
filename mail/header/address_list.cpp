#include "mail/header/address_list.hpp"

#include "base/text.hpp"
#include "mail/header/lexer.hpp"

namespace understudy::mail::header {
namespace {

/// Words of an addr-spec, joined; remembers the last @ that was not quoted, and whether the grammar has such a thing.
class AddrSpec {
 public:
  void add(const Token& token) {
    const bool at = token.is('@');
    if (at) {
      ambiguous_ = ambiguous_ || has_domain();
      at_ = text_.size();
    } else {
      ambiguous_ = ambiguous_ || token.kind == Token::Kind::special || stands_apart(token);
    }
    word_ended_ = !at && !token.raw.ends_with('.');
    text_ += token.text();
  }
  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }
  bool has_domain() const { return at_ != std::string::npos; }
  bool ambiguous() const { return ambiguous_; }
  bool same_as(const AddrSpec& other) const { return !ambiguous_ && base::iequals(text_, other.text_); }
  void clear() { *this = AddrSpec(); }
  void put_into(Mailbox& mailbox) const {
    mailbox.local = text_.substr(0, at_);
    if (has_domain()) mailbox.domain = text_.substr(at_ + 1);
  }

 private:
  /// Two words in a row with no dot between them: not one address.
  bool stands_apart(const Token& token) const { return word_ended_ && !token.raw.starts_with('.'); }

  std::string text_;
  std::size_t at_ = std::string::npos;
  bool word_ended_ = false;
  bool ambiguous_ = false;
};

class ListParser {
 public:
  ListParser(std::string_view value, std::size_t limit) : lexer_(value), limit_(limit) {}

  AddressList run() {
    for (Token token = lexer_.next(); token.kind != Token::Kind::end && !list_.truncated; token = lexer_.next()) take(token);
    finish();
    if (in_group_) end_group();
    return std::move(list_);
  }

 private:
  void take(const Token& token) {
    if (token.kind == Token::Kind::comment) {
      comment_ = token.text();
    } else if (token.is('<')) {
      odd_ = odd_ || has_angle_;
      in_angle_ = has_angle_ = true;
      angle_.clear();
    } else if (token.is('>')) {
      odd_ = odd_ || !in_angle_;
      in_angle_ = false;
    } else if (in_angle_) {
      take_in_angle(token);
    } else if (token.is(',')) {
      finish();
    } else if (token.is(';')) {
      finish();
      if (in_group_) end_group();
    } else if (token.is(':') && !in_group_ && !has_angle_ && !bare_.has_domain()) {
      start_group();
    } else {
      add_word(token);
    }
  }

  /// RFC 5322 §4.4: everything up to the colon was a route, which is no part of the address. Few know them any more.
  void take_in_angle(const Token& token) {
    if (token.is(':')) {
      odd_ = true;
      if (angle_.text().starts_with('@')) route_ = angle_.text();
      angle_.clear();
    } else {
      angle_.add(token);
    }
  }

  void add_word(const Token& token) {
    odd_ = odd_ || has_angle_;
    if (token.space_before && !phrase_.empty()) phrase_.push_back(' ');
    phrase_ += token.text();
    bare_.add(token);
  }

  void finish() {
    Mailbox mailbox;
    if (has_angle_ && !(angle_.empty() && bare_.has_domain())) {
      angle_.put_into(mailbox);
      mailbox.name = phrase_.empty() ? comment_ : phrase_;
      mailbox.route = route_;
      const bool two = bare_.has_domain() && !bare_.same_as(angle_);
      mailbox.ambiguous = odd_ || in_angle_ || two || angle_.ambiguous();
    } else if (bare_.has_domain()) {
      bare_.put_into(mailbox);
      mailbox.name = comment_;
      mailbox.ambiguous = odd_ || has_angle_ || bare_.ambiguous();
    } else {
      mailbox.local = phrase_;
      mailbox.name = comment_;
    }
    if (has_angle_ || !bare_.empty()) keep(std::move(mailbox));
    reset();
  }

  void start_group() {
    keep({.kind = Mailbox::Kind::group_start, .name = phrase_});
    in_group_ = true;
    reset();
  }

  void end_group() {
    in_group_ = false;
    if (!list_.truncated) list_.entries.push_back({.kind = Mailbox::Kind::group_end});
  }

  void keep(Mailbox entry) {
    if (list_.entries.size() >= limit_) {
      list_.truncated = true;
    } else {
      list_.entries.push_back(std::move(entry));
    }
  }

  void reset() {
    phrase_.clear();
    comment_.clear();
    route_.clear();
    bare_.clear();
    angle_.clear();
    in_angle_ = has_angle_ = odd_ = false;
  }

  Lexer lexer_;
  std::size_t limit_;
  AddressList list_;
  std::string phrase_;   // words outside angle brackets, for a display name
  std::string comment_;  // the last one
  AddrSpec bare_;        // the same words as an address without brackets
  AddrSpec angle_;
  std::string route_;  // what stood in front of a colon in the brackets
  bool in_angle_ = false;
  bool has_angle_ = false;
  bool odd_ = false;  // brackets that do not pair, or something where nothing should be
  bool in_group_ = false;
};

}  // namespace

AddressList parse_address_list(std::string_view value, std::size_t limit) {
  return ListParser(value, limit).run();
}

}  // namespace understudy::mail::header
