/// Which commands bring out octets of messages, so that they are written down where an auditor gives them. Pure.
#pragma once

#include "mail/imap/fetch_item.hpp"
#include "mail/imap/search_key.hpp"

namespace understudy::archive::access::imap {

/// Not what a list shows by its records alone: flags, sizes, dates, envelopes, structures.
bool gives_octets(const mail::imap::FetchItem& item);
/// Whether it looks for words in the octets of messages.
bool looks_into_octets(const mail::imap::SearchKey& key);

}  // namespace understudy::archive::access::imap
