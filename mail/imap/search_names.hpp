/// The names of search keys and what stands behind each: one table for reading and writing them. RFCs as in search_key.hpp.
#pragma once

#include <string_view>

#include "mail/imap/search_key.hpp"

namespace understudy::mail::imap {

enum class SearchArgument : std::uint8_t {
  none,
  text,
  header,
  flag,
  object_id,
  date,
  octets,
  interval,
  mod_sequence,
  set,
  one_key,
  two_keys,
};
struct SearchName {
  std::string_view name;
  SearchKey::Kind kind;
  SearchArgument argument;
};

/// In any case; nullptr: none. Lists and sequence numbers have no name.
const SearchName* find_search_name(std::string_view name);
const SearchName* find_search_name(SearchKey::Kind kind);

}  // namespace understudy::mail::imap
