/// Flags of a message as words, as administrators write them: "\Seen", or "seen", which no shell changes; and keywords.
/// RFC 9051 §2.3.2.
#pragma once

#include <string>
#include <vector>

#include "archive/mailbox/change.hpp"

namespace understudy::app {

std::vector<std::string> flag_words(const archive::mailbox::Flags& flags);  ///< "\Seen", "$Junk"
/// System flags in any case, with or without their backslash. errc::malformed: an unknown system flag, or no atom
/// (RFC 9051 §9); errc::too_long: a keyword of more than 100 octets, or more than 100 of them.
base::Result<archive::mailbox::Flags> parse_flags(const std::vector<std::string>& words);
archive::mailbox::Flags with_flags(archive::mailbox::Flags flags, const archive::mailbox::Flags& more);
archive::mailbox::Flags without_flags(archive::mailbox::Flags flags, const archive::mailbox::Flags& fewer);

}  // namespace understudy::app
