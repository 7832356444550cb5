#include "relay/outbound/find_hosts.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "routing/mx.hpp"

namespace understudy::relay {
namespace {

FoundHosts trouble(int code, std::string status, std::string text) {
  FoundHosts found;
  found.trouble = outcome_of({code, std::move(status), std::move(text)}, Outcome::Scope::next_hop);
  return found;
}

FoundHosts dns_trouble(const std::string& name, const std::string& detail) {
  return trouble(451, "4.4.3", "DNS gave no answer for " + name + (detail.empty() ? std::string() : " (" + detail + ")"));
}

/// "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 §4.1.3).
std::optional<net::IpAddress> literal_address(std::string_view domain) {
  if (!domain.starts_with('[') || !domain.ends_with(']')) return std::nullopt;
  domain = domain.substr(1, domain.size() - 2);
  if (base::istarts_with(domain, "IPv6:")) domain.remove_prefix(5);
  auto address = net::IpAddress::parse(domain);
  if (!address) return std::nullopt;
  return *address;
}

/// A world's MX must not make us talk to ourselves, nor to what only this machine can reach (rebinding).
bool is_forbidden(const net::IpAddress& address, bool allow_loopback) {
  if (allow_loopback) return false;
  return address.is_loopback() || address.is_unspecified() || address.is_multicast() || address.is_link_local();
}

struct MxHosts {
  std::vector<std::string> hosts;
  std::optional<FoundHosts> trouble;
};

MxHosts choose_hosts(const std::string& domain, const net::MxAnswer& answer, const FindOptions& options, base::Random& random) {
  if (answer.status == net::DnsStatus::temporary) return {{}, dns_trouble(domain, answer.detail)};
  if (answer.status == net::DnsStatus::no_such_domain)
    return {{}, trouble(550, "5.1.2", "the domain " + domain + " does not exist")};
  std::vector<routing::MxRecord> records;
  for (const auto& record : answer.records) records.push_back({record.preference, record.exchange});
  auto choice = routing::choose_mx(domain, records, options.own_names, options.limit, random);
  if (choice.kind == routing::MxChoice::Kind::null_mx)
    return {{}, trouble(556, "5.1.10", "the domain " + domain + " takes no mail (null MX)")};
  if (choice.kind == routing::MxChoice::Kind::none_left)
    return {{}, trouble(554, "5.4.6", "the mail exchangers of " + domain + " lead back to this machine")};
  return {std::move(choice.hosts), std::nullopt};
}

}  // namespace

net::Task<FoundHosts> find_mx_hosts(net::Resolver& resolver, base::Random& random, std::string domain, std::uint16_t port,
                                    FindOptions options) {
  if (const auto literal = literal_address(domain)) {
    if (is_forbidden(*literal, options.allow_loopback))
      co_return trouble(554, "5.4.6", domain + " is an address of this machine");
    FoundHosts found;
    found.candidates.push_back({domain, {*literal, port}});
    co_return found;
  }
  auto answer = co_await resolver.mx(domain);
  if (!answer) co_return dns_trouble(domain, answer.error().text());
  auto chosen = choose_hosts(domain, *answer, options, random);
  if (chosen.trouble) co_return std::move(*chosen.trouble);

  FoundHosts found;
  bool temporary = false;
  bool forbidden = false;
  for (const auto& host : chosen.hosts) {
    auto addresses = co_await resolver.addresses(host, net::Families::both);
    if (!addresses || addresses->status == net::DnsStatus::temporary) {
      temporary = true;
      continue;
    }
    for (const auto& address : addresses->addresses) {
      if (is_forbidden(address, options.allow_loopback)) {
        forbidden = true;
      } else if (found.candidates.size() < options.limit) {
        found.candidates.push_back({host, {address, port}});
      }
    }
  }
  if (!found.candidates.empty()) co_return found;
  if (temporary) co_return dns_trouble("the mail exchangers of " + domain, {});
  if (forbidden) co_return trouble(554, "5.4.6", "the mail exchangers of " + domain + " lead back to this machine");
  co_return trouble(550, "5.4.4", "no mail exchanger of " + domain + " has an address");
}

net::Task<FoundHosts> find_static_hosts(net::Resolver& resolver, std::string host, std::uint16_t port, std::size_t limit) {
  FoundHosts found;
  if (auto address = net::IpAddress::parse(host)) {
    found.candidates.push_back({host, {*address, port}});
    co_return found;
  }
  auto addresses = co_await resolver.addresses(host, net::Families::both);
  if (!addresses) co_return dns_trouble(host, addresses.error().text());
  for (const auto& address : addresses->addresses)
    if (found.candidates.size() < limit) found.candidates.push_back({host, {address, port}});
  if (!found.candidates.empty()) co_return found;
  if (addresses->status == net::DnsStatus::temporary) co_return dns_trouble(host, addresses->detail);
  co_return trouble(451, "4.4.4", "the next hop " + host + " of the route has no address");
}

}  // namespace understudy::relay
