/// A sequence set as a client writes it: "1:3,7,*", "5:*", or "$", the result that a SEARCH saved (RFC 9051 §4.1.1, §6.4.4.1;
/// RFC 5182). Keeps what was asked; which messages that is, resolve() says. Never looks at a mailbox.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "mail/imap/ranges.hpp"

namespace understudy::mail::imap {

class SequenceSet {  // a value
 public:
  struct Limits {
    std::size_t ranges = 10'000;      ///< a client that needs more splits its command
    std::size_t octets = 128 * 1024;  ///< of its text
  };
  /// The empty set: what no client can write.
  SequenceSet() = default;
  /// The whole of `text`. The error is a sentence for the client.
  static std::expected<SequenceSet, std::string> parse(std::string_view text, const Limits& limits);

  bool saved() const { return saved_; }  ///< "$": the caller puts in what it saved
  bool has_star() const;                 ///< "*" stands somewhere in it
  bool empty() const { return !saved_ && ranges_.empty(); }
  /// As sorted ranges, "*" being `largest`: the number of messages, or the largest UID. "9:*" holds `largest` also where that
  /// is less than 9. Where `largest` is 0 (no messages), whatever has a "*" in it is nothing. Numbers beyond `largest` stay: of
  /// sequence numbers they are an error (max() > largest), of UIDs just not there. Of "$" it is empty. O(n log n).
  Ranges resolve(std::uint32_t largest) const;
  std::string text() const;  ///< as written, ranges in their order
  bool operator==(const SequenceSet&) const = default;

 private:
  static constexpr std::uint32_t star = 0;
  std::vector<Ranges::Range> ranges_;  // as written: any order, `star` at either end
  bool saved_ = false;
};

}  // namespace understudy::mail::imap
