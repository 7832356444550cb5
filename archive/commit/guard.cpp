#include "archive/commit/guard.hpp"

#include <exception>

#include "base/log.hpp"

namespace understudy::archive::commit {

void log_thrown(std::string_view event) noexcept {
  try {
    try {
      throw;
    } catch (const std::exception& thrown) {
      base::log::error(event, {{"what", thrown.what()}});
    } catch (...) {
      base::log::error(event, {{"what", "no standard exception"}});
    }
  } catch (...) {  // no memory for the line either
    return;
  }
}

}  // namespace understudy::archive::commit
