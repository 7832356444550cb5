#include "routing/route.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "base/text.hpp"
#include "mail/address/address.hpp"

namespace understudy::routing {
namespace {

constexpr std::string_view static_prefix = "route:";
constexpr std::string_view mx_prefix = "mx:";

bool is_ip_address(const std::string& text) {
  if (text.find('\0') != std::string::npos) return false;  // inet_pton would stop there
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  return inet_pton(AF_INET, text.c_str(), octets.data()) == 1 || inet_pton(AF_INET6, text.c_str(), octets.data()) == 1;
}

base::Result<std::uint16_t> parse_port(std::string_view text) {
  const auto number = base::to_number(text);
  if (!number || *number == 0 || *number > 65535) return base::fail("port of a next hop", base::errc::malformed);
  return static_cast<std::uint16_t>(*number);
}

/// "[address]" or "[address]:port"; the bracket at the front is known to be there.
base::Result<NextHop> parse_bracketed(std::string_view via) {
  const auto close = via.find(']');
  if (close == std::string_view::npos) return base::fail("address of a next hop", base::errc::malformed);
  NextHop hop{.by_mx = false, .host = base::to_lower(via.substr(1, close - 1)), .port = 25};
  if (!is_ip_address(hop.host)) return base::fail("address of a next hop", base::errc::malformed);
  const auto rest = via.substr(close + 1);
  if (rest.empty()) return hop;
  if (rest[0] != ':') return base::fail("port of a next hop", base::errc::malformed);
  const auto port = parse_port(rest.substr(1));
  if (!port) return base::fail("routing.next_hop", port.error());
  hop.port = *port;
  return hop;
}

}  // namespace

std::string NextHop::text() const {
  if (by_mx) return "mx";
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

base::Result<NextHop> parse_next_hop(std::string_view via) {
  if (base::iequals(via, "mx")) return NextHop{.by_mx = true, .host = {}, .port = 25};
  if (via.starts_with('[')) return parse_bracketed(via);
  const auto colon = via.find(':');
  const auto host = mail::address::canonical_domain(via.substr(0, colon));
  if (!host || host->starts_with('[')) return base::fail("host of a next hop", base::errc::malformed);
  NextHop hop{.by_mx = false, .host = *host, .port = 25};
  if (colon == std::string_view::npos) return hop;
  const auto port = parse_port(via.substr(colon + 1));
  if (!port) return base::fail("routing.next_hop", port.error());
  hop.port = *port;
  return hop;
}

bool Route::matches(std::string_view canonical_domain) const {
  if (match == "*") return true;
  if (!match.starts_with("*.")) return match == canonical_domain;
  const auto below = std::string_view(match).substr(1);  // with its dot, so that "*.b.c" takes neither "b.c" nor "ab.c"
  return canonical_domain.size() > below.size() && canonical_domain.ends_with(below);
}

bool Hop::is_static() const {
  return text.starts_with(static_prefix);
}

RouteTable::RouteTable(std::vector<Route> routes) {
  while (!routes.empty()) {
    const std::string match = routes.front().match;
    const auto others = std::stable_partition(routes.begin(), routes.end(), [&](const Route& r) { return r.match == match; });
    std::stable_sort(routes.begin(), others, [](const Route& a, const Route& b) { return a.priority < b.priority; });
    std::move(routes.begin(), others, std::back_inserter(routes_));
    routes.erase(routes.begin(), others);
  }
}

std::span<const Route> RouteTable::group_for(std::string_view canonical_domain) const {
  const auto first = std::ranges::find_if(routes_, [&](const Route& r) { return r.matches(canonical_domain); });
  if (first == routes_.end()) return {};
  return {first, std::find_if(first, routes_.end(), [&](const Route& r) { return r.match != first->match; })};
}

Hop RouteTable::hop_for(std::string_view canonical_domain) const {
  const auto group = group_for(canonical_domain);
  if (group.empty() || group.front().via.by_mx) return {std::string(mx_prefix).append(canonical_domain)};
  return {std::string(static_prefix) + group.front().match};
}

Switch RouteTable::custody_of(const Hop& hop) const {
  const std::string_view text = hop.text;
  if (text.starts_with(mx_prefix)) {
    const auto group = group_for(text.substr(mx_prefix.size()));
    return group.empty() ? Switch::off : group.front().custody;
  }
  if (!hop.is_static()) return Switch::off;
  const auto best = std::ranges::find(routes_, text.substr(static_prefix.size()), &Route::match);
  return best == routes_.end() ? Switch::off : best->custody;
}

std::vector<Route> RouteTable::routes_of(const Hop& hop) const {
  const std::string_view text = hop.text;
  if (text.starts_with(mx_prefix)) {
    const auto group = group_for(text.substr(mx_prefix.size()));
    return {group.begin(), group.end()};
  }
  std::vector<Route> out;
  if (!hop.is_static()) return out;
  std::ranges::copy_if(routes_, std::back_inserter(out),
                       [&](const Route& r) { return r.match == text.substr(static_prefix.size()); });
  return out;
}

}  // namespace understudy::routing
