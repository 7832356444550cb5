/// How many files and connections this process may have open at a time: RLIMIT_NOFILE, setrlimit(2).
#pragma once

#include <cstdint>

namespace understudy::base {

/// What the process may have at most (the hard limit); the largest number where there is none.
std::uint64_t most_descriptors();

/// Raises the limit in force (the soft one) to most_descriptors(), for the whole process. Returns what holds now: less where
/// the system does not allow it. Before threads start.
std::uint64_t raise_descriptors();

}  // namespace understudy::base
