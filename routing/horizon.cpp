#include "routing/horizon.hpp"

#include "base/text.hpp"
#include "mail/address/address.hpp"

namespace understudy::routing {
namespace {

/// A client's name is a label: where it is no domain it is compared as it stands.
std::string comparable(std::string_view name) {
  const auto domain = mail::address::canonical_domain(name);
  return domain ? *domain : base::to_lower(name);
}

Heading heading(const Route& route, const Origin& origin, std::string_view hostname) {
  if (route.via.by_mx) return Heading::on;
  const std::string host = comparable(route.via.host);
  const bool same_name = origin.is_client() && comparable(origin.client) == host;
  const bool same_key = !route.peer_key.empty() && route.peer_key == origin.client_key;
  if (same_name || same_key) return Heading::back;
  return !hostname.empty() && comparable(hostname) == host ? Heading::ourselves : Heading::on;
}

}  // namespace

Heading heading_of_any(const Hop& hop, const RouteTable& routes, const Origin& origin, std::string_view hostname) {
  for (const Route& route : routes.routes_of(hop)) {
    const Heading found = heading(route, origin, hostname);
    if (found != Heading::on) return found;
  }
  return Heading::on;
}

Heading heading_of_best(const Hop& hop, const RouteTable& routes, const Origin& origin, std::string_view hostname) {
  const auto all = routes.routes_of(hop);
  return all.empty() ? Heading::on : heading(all.front(), origin, hostname);
}

}  // namespace understudy::routing
