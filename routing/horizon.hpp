/// Where a hop leads as seen from here: on, straight back to the machine that handed the message over, or to ourselves.
/// RFC 5321 §6.3 (loops). Equal addresses alone prove nothing, and what is not known is taken as "on".
#pragma once

#include "routing/facts.hpp"
#include "routing/route.hpp"

namespace understudy::routing {

enum class Heading { on, back, ourselves };

/// Of any route of the hop, for a copy: one that may go back when another route is down must not be queued at all.
Heading heading_of_any(const Hop& hop, const RouteTable& routes, const Origin& origin, std::string_view hostname);
/// Of the best route, for mail in transit: the others are for the time when that one is down.
Heading heading_of_best(const Hop& hop, const RouteTable& routes, const Origin& origin, std::string_view hostname);

}  // namespace understudy::routing
