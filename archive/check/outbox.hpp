/// Whether what waits in the outbox is what journal entries sent there. What came of attempts is in no other book: it is read,
/// and not compared. Never changes anything.
#pragma once

#include "archive/check/findings.hpp"
#include "archive/check/tables.hpp"
#include "archive/store/store.hpp"
#include "base/result.hpp"

namespace understudy::archive::check {

/// Of all hops. Each fault names the outbox entry, whose name begins with that of the journal entry. Adds to `findings`. Any
/// thread that `reader` allows; it is of one moment. errc::shutting_down.
base::Result<> outbox(const store::Reader& reader, Findings& findings, const GoOn& go_on);

}  // namespace understudy::archive::check
