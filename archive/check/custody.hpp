/// Whether the books of custody are what the journal and the other machine's signatures say: what is owed, what was received,
/// receipts, marks. Never changes anything.
#pragma once

#include "archive/check/findings.hpp"
#include "archive/store/store.hpp"
#include "base/result.hpp"

namespace understudy::archive::check {

/// Of one journal partition. Each fault names the number or the entry. Adds to `findings`. Any thread that `reader` allows; it
/// is of one moment. errc::shutting_down.
base::Result<> custody(const store::Reader& reader, std::uint16_t partition, Findings& findings, const GoOn& go_on);

}  // namespace understudy::archive::check
