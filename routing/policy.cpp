#include "routing/policy.hpp"

#include <algorithm>

namespace understudy::routing {

bool Passthrough::covers(std::string_view local_domain) const {
  return std::ranges::any_of(domains, [&](const std::string& d) { return d == "*" || d == local_domain; });
}

}  // namespace understudy::routing
