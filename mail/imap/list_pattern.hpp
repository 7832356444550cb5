/// Patterns of LIST and LSUB: "*" is anything, "%" anything within one level (RFC 9051 §6.3.9). The time for a name is its
/// length times that of the pattern by 64, whatever stands in either. Works on UTF-8; knows no mailboxes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::mail::imap {

class ListPattern {  // made once, asked for each name; matches() may be called from any number of threads
 public:
  /// `pattern` in UTF-8, as interpret() gives it. Cost: length of the pattern times the number of different characters by 64.
  explicit ListPattern(std::string_view pattern);
  /// INBOX, alone or as the first level of `name`, is compared without case; all else octet by octet.
  bool matches(std::string_view name) const;
  /// Whether it matches `name` or could match a name below it. False: nothing under "name/" is wanted.
  bool reaches(std::string_view name) const;

 private:
  using Bits = std::vector<std::uint64_t>;
  Bits run(std::string_view name) const;
  void step(Bits& states, unsigned char c, bool any_case) const;
  void open(Bits& states) const;

  std::size_t length_ = 0;                // of the pattern, runs of wildcards being one
  Bits stars_, percents_;                 // the places of wildcards
  std::array<std::uint16_t, 256> row_{};  // 1 + which of rows_ is for this octet; 0: the octet is nowhere in the pattern
  std::vector<Bits> rows_;                // the places where an octet stands
};

/// The pattern that a reference and a pattern name together: one after the other, but a pattern that begins with "/" alone.
std::string interpret(std::string_view reference, std::string_view pattern);

}  // namespace understudy::mail::imap
