/// What a fuzz target does where something does not hold: it ends the process, so that libFuzzer keeps the input.
#pragma once

#include <cstdlib>

namespace understudy::tests {

inline void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace understudy::tests
