/// Fields by name, and what the common ones say: RFC 5322 §3.6, RFC 3834 §5 (Auto-Submitted), RFC 2919 (List-Id), RFC 2369.
/// One rule for duplicates everywhere: of a field that may stand once the first counts; address fields add up.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/header/address_list.hpp"
#include "mail/header/scan.hpp"

namespace understudy::mail::header {

/// Names are compared without regard to case. Views are into header.text.
const Field* first(const Header& header, std::string_view name);
std::vector<const Field*> all(const Header& header, std::string_view name);
/// The first field's value as it stands, folding included.
std::optional<std::string_view> first_value(const Header& header, std::string_view name);

/// All fields of the name together; at most `limit` entries.
AddressList addresses(const Header& header, std::string_view name, std::size_t limit = max_addresses);

/// The id without its angle brackets and white space: of "<a@b> (comment)" a@b. Without brackets: the first word.
/// nullopt where there is none, or one with control characters or of more than 995 octets, which fits on no line.
std::optional<std::string> parse_message_id(std::string_view value);
/// The ids of References or In-Reply-To, at most `limit`, the first ones.
std::vector<std::string> parse_message_ids(std::string_view value, std::size_t limit = 1'000);

/// Made by a program or sent to many: nobody waits for an answer, and none may be made (RFC 3834 §2).
bool is_automatic(const Header& header);

}  // namespace understudy::mail::header
