/// `audit verify`: whether the audit journal is what it was, by the same check as the mail journal's, and whether cases and
/// requests are what its entries say. Never changes anything.
#pragma once

#include <functional>

#include "archive/journal/verify.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::audit {

/// As journal::verify of the whole audit journal; countersignatures of its heads, too.
base::Result<journal::Verdict> verify(const store::Reader& reader, const store::BodySource& bodies,
                                      const std::function<bool(std::uint64_t, std::uint64_t)>& progress);

}  // namespace understudy::archive::audit
