/// The version of the program.
#pragma once

#include <string_view>

namespace understudy::app {

inline constexpr std::string_view version = UNDERSTUDY_VERSION;

}  // namespace understudy::app
