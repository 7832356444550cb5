/// Static routes ([[route]]): which next hop an outside, copied or homeward forward-path takes. The first match wins; no match:
/// the MX of its domain (RFC 5321 §5). Never looks anything up.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "routing/policy.hpp"

namespace understudy::routing {

enum class TlsPolicy : std::uint8_t { none, may, encrypt, verify, dane, implicit };
enum class IfDown : std::uint8_t { wait, direct };

/// Where a route leads: host and port, or the MX of the forward-path's own domain.
struct NextHop {
  bool by_mx = false;
  std::string host;  ///< host name or address (without brackets); empty where by_mx
  std::uint16_t port = 25;
  std::string text() const;  ///< as parse_next_hop() reads it, always with the port
  bool operator==(const NextHop&) const = default;
};
/// "host:port", "host", "[address]:port" or "mx".
base::Result<NextHop> parse_next_hop(std::string_view via);

struct Route {
  std::string match;  ///< "*", a canonical domain, or "*.domain" (below it, not itself)
  NextHop via;
  TlsPolicy tls = TlsPolicy::may;
  std::string auth_file;        ///< path of the credentials; empty: none
  std::uint16_t priority = 10;  ///< among routes of the same match the lowest first, the others when it is down
  IfDown if_down = IfDown::wait;
  Switch custody = Switch::off;  ///< what leaves here is numbered, and owed until the next hop has given a receipt
  /// Of the machine behind `via`, as in Origin::client_key; empty: not known. "sha256:…" is its certificate: nothing is sent to
  /// a host that shows another.
  std::string peer_key;

  bool matches(std::string_view canonical_domain) const;
};

/// The queue that a forward-path joins. Entries of one hop share connections and back-off.
/// Text form: "route:<match>" for a static next hop, "mx:<domain>" otherwise. Stored with outbox entries; stands for the
/// route by its `match`, so that a corrected `via` is used by what is queued already.
struct Hop {
  std::string text;
  /// Leads to a configured machine, not to the MX of a domain.
  bool is_static() const;
  bool operator==(const Hop&) const = default;
  auto operator<=>(const Hop&) const = default;
};

class RouteTable {
 public:
  RouteTable() = default;
  explicit RouteTable(std::vector<Route> routes);  ///< in the order of the file; stable by priority within one match

  /// For a canonical domain (or an address literal). An address literal without a matching route goes to itself: "mx:[…]".
  /// Of several routes for one match the one of lowest priority decides whether the hop is static.
  Hop hop_for(std::string_view canonical_domain) const;
  /// The routes of a hop, best first; empty for "mx:" hops without a route of their own and for routes that are gone.
  /// An "mx:" hop gets the routes that match its domain now: a smarthost configured today takes what was queued yesterday.
  std::vector<Route> routes_of(const Hop& hop) const;
  /// As the best route of the hop has it.
  Switch custody_of(const Hop& hop) const;
  const std::vector<Route>& all() const { return routes_; }

 private:
  std::span<const Route> group_for(std::string_view canonical_domain) const;  // all routes of the first match, best first

  std::vector<Route> routes_;  // in the order of the file; routes of one match side by side, by priority
};

}  // namespace understudy::routing
