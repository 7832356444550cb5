/// Signed tree heads as the verbs give them, of the mail journal and of the audit journal alike.
#pragma once

#include <string>

#include "app/admin/answers.hpp"
#include "archive/journal/head.hpp"
#include "archive/journal/log.hpp"
#include "archive/store/store.hpp"

namespace understudy::app {

/// The answer of who had one signed.
AdminAnswer signed_head(const archive::journal::SignedHead& head);
/// A page of them, oldest first, from `after` on: what the last page said comes next; "0": from the first.
AdminAnswer list_heads(const archive::store::Reader& reader, archive::journal::Log log, const std::string& after);
/// That the head over `to` entries (0: the newest) continues the one over `from` entries.
AdminAnswer consistency_of(const archive::store::Reader& reader, archive::journal::Log log, std::uint64_t from,
                           std::uint64_t to);

}  // namespace understudy::app
