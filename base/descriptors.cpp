#include "base/descriptors.hpp"

#include <limits>

#include <sys/resource.h>

namespace understudy::base {
namespace {

constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();

std::uint64_t number_of(rlim_t limit) {
  return limit == RLIM_INFINITY ? unlimited : limit;
}

}  // namespace

std::uint64_t most_descriptors() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? number_of(limit.rlim_max) : unlimited;
}

std::uint64_t raise_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return unlimited;
  if (limit.rlim_cur == limit.rlim_max) return number_of(limit.rlim_cur);  // a sandbox may forbid the call itself
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  return number_of(::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur);
}

}  // namespace understudy::base
