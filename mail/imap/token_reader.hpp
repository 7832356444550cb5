/// The tokens of commands: atoms, strings, literals in place, numbers, sets, dates, flags, names (RFC 9051 §9, RFC 6855 §3).
/// The first thing that is wrong stays in error(): readers may be chained by && and the whole be judged once. Does no I/O,
/// never goes back but where it says so; each octet is looked at a bounded number of times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/imap/command.hpp"

namespace understudy::mail::imap {

class TokenReader {  // one thread; keeps views of the text and of the context
 public:
  TokenReader(std::string_view text, std::size_t at, const ParseContext& context) : text_(text), at_(at), context_(context) {}

  std::size_t at() const { return at_; }
  bool at_end() const { return at_ == text_.size(); }
  bool is(char c) const { return !at_end() && text_[at_] == c; }
  std::string_view text() const { return text_; }
  void take_rest() { at_ = text_.size(); }
  const ParseLimits& limits() const { return context_.limits; }
  const ParseContext& context() const { return context_; }

  /// Notes what is wrong, unless something was before. Always false.
  bool fail(std::string_view sentence);
  const std::string& error() const { return error_; }  ///< empty: all was well so far
  /// It failed because the text ended: more of it could mend that.
  bool ran_out() const { return ran_out_; }

  bool take(char c);  ///< where it is the next octet; else nothing is taken and nothing is wrong
  bool follows(std::string_view octets) const { return text_.substr(at_).starts_with(octets); }
  bool take_word(std::string_view w);  ///< the same for a whole keyword, in any case of letters
  bool expect(char c);
  bool space() { return expect(' '); }
  /// 1*(letter, digit, ".", "-", "_", "+"): less than an atom, so that it ends before "[" and "<". Empty: none; nothing is
  /// wrong.
  std::string_view peek_word() const;
  std::string_view word();  ///< takes it; upper case is the caller's matter. Empty where it failed

  // Each of these gives nothing where it failed.
  std::optional<std::string_view> atom();
  std::optional<std::string> astring();
  std::optional<std::string> string();  ///< quoted or literal
  /// `out` is nothing for NIL.
  enum class Binary : std::uint8_t { no, allowed };
  bool nstring(std::optional<std::string>& out, Binary binary = Binary::no);
  std::optional<std::string> list_mailbox();  ///< astring with wildcards in it (LIST)
  std::optional<std::uint64_t> number(std::uint64_t least, std::uint64_t most);
  std::optional<std::uint32_t> nz_number();
  std::optional<std::uint64_t> number64();  ///< 63 bits
  std::optional<SequenceSet> sequence_set();
  std::optional<Ranges> known_set();  ///< a sequence set of numbers alone
  std::optional<MailboxName> mailbox();
  std::optional<MailboxName> pattern();
  std::optional<std::string> flag();  ///< system flags spelled as in RFC 9051
  /// Adds to `out` what is not there yet in any case: "(" flags ")", also none; or, where `bare`, flags without parentheses.
  enum class Bare : std::uint8_t { no, allowed };
  bool flags(std::vector<std::string>& out, Bare bare);
  std::optional<PartialRange> partial_range();

  /// The head of a literal, "{3}" CRLF with or without "~" and "+". Takes no octet behind it.
  struct Head {
    std::uint64_t octets = 0;
    bool binary = false;
  };
  std::optional<Head> literal_head(Binary binary);

  /// "(" item *(SP item) ")", at most `most` of them: calls `item` in front of each, which is to take it. An empty list fails
  /// unless `empty` allows it.
  enum class Empty : std::uint8_t { no, allowed };
  template <class Item>
  bool list(std::size_t most, Empty empty, Item item) {
    if (!expect('(')) return false;
    if (empty == Empty::allowed && take(')')) return true;
    for (std::size_t count = 1;; ++count) {
      if (count > most) return fail("Too many items in a list");
      if (!item()) return fail("Item of a list not understood");
      if (take(')')) return true;
      if (!space()) return false;
    }
  }

 private:
  std::string_view span(bool (*wanted)(unsigned char)) const;
  std::optional<std::string> quoted();
  std::optional<std::string> literal(Binary binary);

  std::string_view text_;
  std::size_t at_;
  const ParseContext& context_;
  std::string error_;
  bool ran_out_ = false;
};

}  // namespace understudy::mail::imap
