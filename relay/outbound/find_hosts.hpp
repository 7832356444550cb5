/// From a next hop to the addresses that are tried, in their order: RFC 5321 §5.1 (MX, implicit MX), RFC 7505 (null MX).
/// Never connects.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/net/dns.hpp"
#include "base/net/link.hpp"
#include "base/random.hpp"
#include "relay/schedule/attempt.hpp"
#include "routing/route.hpp"

namespace understudy::relay {

struct Candidate {
  std::string host;  ///< as named by MX or route; checked against the certificate
  net::Endpoint endpoint;
};

/// Of each host, so that one with many addresses that are dead leaves it to the next (RFC 5321 §5.1: at least two).
inline constexpr std::size_t max_addresses_of_a_host = 4;

struct FoundHosts {
  std::vector<Candidate> candidates;  ///< best first, at most `hosts` * max_addresses_of_a_host; empty: `trouble` says why
  std::optional<Outcome> trouble;     ///< scope next_hop: concerns all entries of the hop
};

struct FindOptions {
  std::vector<std::string> own_names;        ///< canonical; an MX record that names one of them ends the list (loop rule)
  std::vector<net::Endpoint> own_endpoints;  ///< where we take mail ourselves: an MX that leads there is one of our own names
  std::size_t hosts = 5;                     ///< MX hosts that are tried; the resolver is asked for the addresses of these only
  bool allow_loopback = false;               ///< MX that lead to this machine's loopback, or to ourselves: for tests only
};

/// Addresses of the MX hosts of `domain` (canonical, or an address literal with brackets).
net::Task<FoundHosts> find_mx_hosts(net::Resolver& resolver, base::Random& random, std::string domain, std::uint16_t port,
                                    FindOptions options);
/// Addresses of a static next hop. A name that does not resolve, or that is ourselves, is the administrator's mistake or
/// trouble with DNS: deferred.
net::Task<FoundHosts> find_static_hosts(net::Resolver& resolver, std::string host, std::uint16_t port, FindOptions options);

}  // namespace understudy::relay
