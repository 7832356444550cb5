/// Keeps what is thrown on the committing thread from ending the process: an exception means a bug or no memory, and costs
/// whoever it concerns, nobody else.
#pragma once

#include <string_view>

namespace understudy::archive::commit {

/// Within a handler only: logs the exception under `event`.
void log_thrown(std::string_view event) noexcept;

/// Runs `work`. false: it threw, and that was logged under `event`.
template <class Work>
[[nodiscard]] bool guarded(std::string_view event, Work work) noexcept {
  try {
    work();
    return true;
  } catch (...) {
    log_thrown(event);
    return false;
  }
}

}  // namespace understudy::archive::commit
