/// What SEARCH or SORT has found, as the client asked to hear of it: * SEARCH, * SORT, * ESEARCH (RFC 3501 §7.2.5, RFC 4731,
/// RFC 5256 §4, RFC 5267 §3, RFC 7162 §3.1.6, RFC 9394 §3.1), and what of it "$" stands for (RFC 5182 §2.4). Never looks into
/// a message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archive/mailbox/image.hpp"
#include "mail/imap/search_key.hpp"

namespace understudy::archive::access::imap {

/// References outlive it. One thread at a time.
class Results {
 public:
  enum class As : std::uint8_t { sequence_numbers, uids };

  /// `order`: sequence numbers of the view, in the order of the answer.
  Results(const mail::imap::ReturnOptions& options, const mailbox::Image& view, std::vector<std::uint32_t> order, As as)
      : options_(options), view_(view), order_(std::move(order)), as_(as) {}

  /// Whether the client has asked for "$" alone, and hears nothing (RFC 5182 §2.1).
  bool only_saved() const;
  /// UIDs for "$".
  mailbox::Uids saved() const;
  /// The highest MODSEQ of what the answer names; 0: it names nothing.
  mailbox::ModSeq highest() const;
  /// `* SEARCH 2 3 (MODSEQ 7)`; `highest` 0: it was not asked for.
  void put_list(std::string& out, std::string_view name, mailbox::ModSeq highest) const;
  /// `all`: as with ALL, which was not asked for (IMAP4rev2's answer to SEARCH without RETURN).
  void put_esearch(std::string& out, std::string_view tag, bool all, mailbox::ModSeq highest) const;

 private:
  /// Sequence numbers of those that MIN, MAX and PARTIAL name where nothing else is asked for, or of all.
  std::vector<std::uint32_t> named() const;
  std::uint32_t number(std::uint32_t sequence_number) const;
  std::vector<std::uint32_t> numbers() const;

  const mail::imap::ReturnOptions& options_;
  const mailbox::Image& view_;
  std::vector<std::uint32_t> order_;
  As as_;
};

/// "3,7:9,2" of numbers in their order; what grows by one each time is a range.
std::string text_in_order(const std::vector<std::uint32_t>& numbers);

}  // namespace understudy::archive::access::imap
