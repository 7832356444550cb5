/// Tag and name at the front of a command (RFC 9051 §9), for the parser and for the reader, which must know an APPEND before it
/// is whole. Never fails, copies nothing.
#pragma once

#include <string_view>

namespace understudy::mail::imap {

/// Empty: there is none, or one of more than `most` octets.
std::string_view tag_of(std::string_view text, std::size_t most);

struct CommandName {
  std::string_view name;  ///< as sent, without UID; cut where it is longer than any that we know
  bool uid = false;
  std::size_t arguments = 0;  ///< where it ends: the space in front of the arguments
};
/// Of a text that begins with a tag of `tag` octets.
CommandName name_of(std::string_view text, std::size_t tag);

}  // namespace understudy::mail::imap
