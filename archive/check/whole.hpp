/// The check of a whole store beside the journal of mail: each table is read, and what can be made again from the journal, from
/// the logs or from signatures is compared (docs/proofs.md, *What verify compares*). Never changes anything.
#pragma once

#include "archive/check/findings.hpp"
#include "archive/check/mailboxes.hpp"
#include "archive/store/store.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace understudy::archive::check {

/// `now`: see arrivals.hpp. Any thread that `reader` and `bodies` allow; both are of one moment. errc::shutting_down.
base::Result<Findings> whole(const store::Reader& reader, const store::BodySource& bodies, const MailboxCheck& options,
                             base::WallTime now, const GoOn& go_on);

}  // namespace understudy::archive::check
