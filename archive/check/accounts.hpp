/// Whether the directory is what its log says, what this installation knows of itself can be, and each key that was destroyed
/// was told by the journal. Never changes anything.
#pragma once

#include "archive/check/arrivals.hpp"
#include "archive/check/findings.hpp"
#include "archive/store/store.hpp"
#include "base/result.hpp"

namespace understudy::archive::check {

/// Adds to `findings`. `told`: by the mail journal, all partitions. Any thread that `reader` allows; it is of one moment.
/// errc::shutting_down.
base::Result<> accounts(const store::Reader& reader, const ToldOfAccounts& told, Findings& findings, const GoOn& go_on);

}  // namespace understudy::archive::check
