/// IMAP URLs as CATENATE names what is here already (RFC 5092 §5, §7.2, RFC 4469 §3): relative ones, since another server is
/// never asked. Sans-IO: says what was named, looks nothing up.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "mail/imap/fetch_item.hpp"

namespace understudy::mail::imap {

struct Url {
  std::string mailbox;  ///< UTF-8, as MailboxName::utf8; empty: the one that is selected
  std::optional<std::uint32_t> uid_validity;
  std::uint32_t uid = 0;  ///< never 0
  Section section;        ///< with its partial; of a partial without a length the count is UINT64_MAX
};

/// "/Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=1.2/;PARTIAL=0.1024", or from ";UID=" on, for the selected mailbox. What is
/// encoded with percent signs (RFC 3986 §2.1) is taken for what it means. The error is a sentence for the client. Linear.
std::expected<Url, std::string> parse_url(std::string_view text);

}  // namespace understudy::mail::imap
