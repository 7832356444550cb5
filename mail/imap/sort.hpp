/// SORT: the order of messages by the criteria of RFC 5256 §3 and RFC 5957. Pure: takes what is known of the messages, gives
/// their numbers in order. Knows no command and no store. Text is compared by i;unicode-casemap (mail/mime/fold.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::mail::imap {

enum class SortField : std::uint8_t { arrival, cc, date, display_from, display_to, from, size, subject, to };

struct SortCriterion {
  SortField key = SortField::arrival;
  bool reverse = false;  ///< of this criterion alone
};

/// ARRIVAL, CC, DATE, DISPLAYFROM, DISPLAYTO, FROM, SIZE, SUBJECT, TO in any case; nullopt for others (REVERSE too).
std::optional<SortField> parse_sort_field(std::string_view name);

/// One message. Texts are as sort_key() makes them, and need to live during sort() only; what no criterion asks for may stay
/// empty.
struct SortInput {
  std::uint32_t number = 0;  ///< what comes back: a sequence number or a UID
  std::chrono::sys_seconds arrival{};
  std::optional<std::chrono::sys_seconds> sent;  ///< of the Date field in UTC; none: arrival counts (§2.2)
  std::uint64_t size = 0;
  std::string_view subject;
  std::string_view from;  ///< the local part of the first address of From (of a group: its name); empty: none
  std::string_view to;
  std::string_view cc;
  std::string_view display_from;  ///< see display_name()
  std::string_view display_to;
};

/// What RFC 5957 sorts by: the display name, decoded; without one the address. `name` may hold encoded words.
std::string display_name(std::string_view name, std::string_view local, std::string_view domain);

/// Whether it is a text that a message is put in order by, not a number.
bool is_text(SortField field);

/// What texts are compared by: without regard to case, and of a subject its base. `text`: decoded UTF-8; of a subject whole.
std::string sort_key(SortField field, std::string_view text);

/// The numbers in order. `messages` stand in the order of their sequence numbers, which decides between equal ones, also under
/// REVERSE. Without criteria the order stays; one that comes twice counts where it comes first. n log n comparisons,
/// and memory for n messages.
std::vector<std::uint32_t> sort(std::span<const SortInput> messages, std::span<const SortCriterion> criteria);

}  // namespace understudy::mail::imap
