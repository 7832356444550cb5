/// What texts have in common. Pure.
#pragma once

#include <string>
#include <string_view>

#include "archive/store/content/sample.hpp"

namespace understudy::archive::store::content {

/// Octets of a run that is looked for.
inline constexpr std::size_t common_run = 12;

/// What is left of `content` in order when every octet is taken out that stands in no run of common_run octets that at least
/// `texts` texts have. Time in proportion to both, memory in proportion to `content`.
std::string keep_common(std::string_view content, const SampleShare& share, unsigned texts);

}  // namespace understudy::archive::store::content
