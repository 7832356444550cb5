/// What SEARCH, SORT and THREAD ask of a message (RFC 9051 §6.4.4, RFC 5256, RFC 5957), made ready for being asked of many:
/// texts decoded and folded, ids as numbers; and as a record. Made of the message's summary; never looks at octets.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "mail/imap/sort.hpp"
#include "mail/imap/summary_record.hpp"
#include "mail/imap/thread.hpp"

namespace understudy::mail::imap {

/// Of views, into whatever holds it.
struct HeadingView {
  enum class Field : std::uint8_t { subject, from, to, cc };
  static constexpr std::array<const char*, 4> names = {"Subject", "From", "To", "Cc"};
  /// Behind each value of a field. In no folded text that a client looks for, which is UTF-8.
  static constexpr char mark = '\xff';
  static constexpr std::size_t most_searched =
      4 * 1024;                                        ///< octets of the values of one field; of longer ones nothing is known
  static constexpr std::size_t most_key = 1000;        ///< octets; texts are told apart by nothing behind them
  static constexpr std::size_t most_references = 100;  ///< the last ones; a thread hangs together by those between, too

  std::optional<std::chrono::sys_seconds> sent;  ///< of the Date field, in UTC
  std::optional<std::chrono::sys_days> sent_on;  ///< the day that is written there, of whatever zone
  bool is_reply_or_forward = false;              ///< by its subject
  ThreadId base_subject = 0;
  ThreadId message_id = 0;
  std::string_view references;  ///< eight octets each, as ThreadInput::references
  std::array<std::optional<std::string_view>, 4>
      searched;                          ///< by Field: searchable_value() of each, and the mark; nullopt: not known
  std::array<std::string_view, 6> keys;  ///< by key_of(): see sort_key()

  /// The place of a text among the keys; is_text(field).
  static std::size_t key_of(SortField field);
  /// The field whose text most often holds it.
  static Field field_of(std::size_t key);

  /// damaged, or unsupported: a version of another kind.
  static base::Result<HeadingView> decode(std::string_view record);
  std::string encode() const;
};

/// The record of a message's heading, at most some 25 KiB. What the summary does not tell is not known, or empty.
std::string heading_of(const SummaryView& summary);

}  // namespace understudy::mail::imap
