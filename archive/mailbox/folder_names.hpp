/// Names of folders and the special uses that go with them (RFC 9051 §5.1, RFC 6154). Never does I/O.
#pragma once

#include <string_view>

#include "archive/mailbox/account_state.hpp"

namespace understudy::archive::mailbox {

inline constexpr std::string_view inbox = "INBOX";

/// Levels separated by '/', no empty level, no control character, well-formed UTF-8, at most 1,000 octets and 100 levels.
base::Result<> check_folder_name(std::string_view name);
/// The special use that a folder of this usual name has (RFC 6154): Sent, Drafts, Junk, Trash, Archive.
std::string_view usual_special_use(std::string_view name);
std::string_view usual_name(std::string_view special_use);  ///< "\Sent" -> "Sent"
/// The special use that goes with a usual name, unless a folder has it already under another name.
std::string_view free_special_use(const AccountState& state, std::string_view name);

}  // namespace understudy::archive::mailbox
