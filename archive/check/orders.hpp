/// Whether what is kept of orders to end messages, given and taken, is what the journal and both machines' signatures say.
/// Never changes anything.
#pragma once

#include "archive/check/findings.hpp"
#include "archive/store/store.hpp"
#include "base/result.hpp"

namespace understudy::archive::check {

/// Of one journal partition. Adds to `findings`. Any thread that `reader` allows; it is of one moment. errc::shutting_down.
base::Result<> orders(const store::Reader& reader, std::uint16_t partition, Findings& findings, const GoOn& go_on);

}  // namespace understudy::archive::check
