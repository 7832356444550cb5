/// What SEARCH, SORT and THREAD look for, as a tree: RFC 9051 §6.4.4 and RFC 3501 §6.4.4 (NEW, OLD, RECENT), MODSEQ (RFC 7162),
/// OLDER and YOUNGER (RFC 5032), EMAILID and THREADID (RFC 8474), SAVED... (RFC 8514). Says what was asked, never the answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/imap/sequence_set.hpp"

namespace understudy::mail::imap {

struct SearchKey {
  enum class Kind : std::uint8_t {
    // without arguments
    all,
    answered,
    deleted,
    draft,
    flagged,
    fresh,
    old,
    recent,
    seen,
    unanswered,
    undeleted,
    undraft,
    unflagged,
    unseen,
    save_date_supported,
    // `keys`
    both,     ///< a list: each of any number of keys holds; the top of every search is one
    either,   ///< OR: two keys
    negated,  ///< NOT: one key
    // `text`: the octets as sent, in the charset of the command
    bcc,
    body,
    cc,
    from,
    subject,
    text,
    to,
    header,  ///< `name`: the field; an empty `text`: that the field is there
    keyword,
    unkeyword,  ///< `text`: the flag
    email_id,
    thread_id,  ///< `text`: the object id
    // `day`
    before,
    on,
    since,
    sent_before,
    sent_on,
    sent_since,
    saved_before,
    saved_on,
    saved_since,
    // `number`
    larger,
    smaller,  ///< octets
    older,
    younger,       ///< seconds, at least 1
    mod_sequence,  ///< at least this one; `name`: the entry, or empty; `entry_type`
    // `set`
    numbers,  ///< message sequence numbers
    uids,
  };
  enum class EntryType : std::uint8_t { none, priv, shared, all };

  Kind kind = Kind::all;
  EntryType entry_type = EntryType::none;
  std::uint64_t number = 0;
  std::chrono::sys_days day{};
  std::string text;
  std::string name;
  SequenceSet set;
  std::vector<SearchKey> keys;
  bool operator==(const SearchKey&) const = default;
};

/// A window on a result, counted from 1: from its start, or from its end (RFC 9394).
struct PartialRange {
  std::uint32_t first = 1;
  std::uint32_t last = 1;  ///< never less than `first`
  bool from_end = false;   ///< "-1:-100": 1 is the newest
  bool operator==(const PartialRange&) const = default;
};

/// RETURN (...): RFC 4731, RFC 5182, RFC 5267, RFC 9394. `given` with nothing else cannot be: RETURN () is ALL.
struct ReturnOptions {
  bool given = false;  ///< then the answer is ESEARCH
  bool min = false, max = false, all = false, count = false, save = false;
  std::optional<PartialRange> partial;
  bool operator==(const ReturnOptions&) const = default;
};

struct SortKey {
  enum class Kind : std::uint8_t { arrival, cc, date, from, size, subject, to, display_from, display_to };
  Kind kind = Kind::arrival;
  bool reverse = false;
  bool operator==(const SortKey&) const = default;
};

/// Each text of the tree from `charset` to UTF-8; an empty charset is UTF-8 where it is well-formed, else guessed. False, and
/// the tree as it was: the charset is not known (NO [BADCHARSET]).
bool to_utf8(SearchKey& key, std::string_view charset);

/// As a client would write it; texts as quoted strings or literals. For tests and logs.
std::string text_of(const SearchKey& key);

}  // namespace understudy::mail::imap
