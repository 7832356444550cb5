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

/// A world's MX must not make us talk to what only this machine can reach (rebinding).
bool is_forbidden(const net::IpAddress& address, bool allow_loopback) {
  if (allow_loopback) return false;
  return address.is_loopback() || address.is_unspecified() || address.is_multicast() || address.is_link_local();
}

bool is_ourselves(const net::Endpoint& endpoint, const FindOptions& options) {
  return !options.allow_loopback && std::ranges::find(options.own_endpoints, endpoint) != options.own_endpoints.end();
}

FoundHosts leads_back(const std::string& domain) {
  return trouble(554, "5.4.6", "the mail exchangers of " + domain + " lead back to this machine");
}

struct MxHosts {
  routing::MxChoice choice;
  std::optional<FoundHosts> trouble;
};

MxHosts choose_hosts(const std::string& domain, const net::MxAnswer& answer, const FindOptions& options, base::Random& random) {
  if (answer.status == net::DnsStatus::temporary) return {{}, dns_trouble(domain, answer.detail)};
  if (answer.status == net::DnsStatus::no_such_domain)
    return {{}, trouble(550, "5.1.2", "the domain " + domain + " does not exist")};
  std::vector<routing::MxRecord> records;
  for (const auto& record : answer.records) records.push_back({record.preference, record.exchange});
  auto choice = routing::choose_mx(domain, records, options.own_names, options.hosts, random);
  if (choice.kind == routing::MxChoice::Kind::null_mx)
    return {{}, trouble(556, "5.1.10", "the domain " + domain + " takes no mail (null MX)")};
  if (choice.kind == routing::MxChoice::Kind::none_left) return {{}, leads_back(domain)};
  return {std::move(choice), std::nullopt};
}

/// What the names of MX hosts resolve to.
struct Resolved {
  std::vector<std::vector<net::IpAddress>> addresses;  ///< of each host that was chosen
  std::vector<routing::Leads> leads;                   ///< likewise
  bool temporary = false;                              ///< of one at least nothing is known for now
};

net::Task<Resolved> resolve(net::Resolver& resolver, const std::vector<std::string>& hosts, std::uint16_t port,
                            const FindOptions& options) {
  Resolved found;
  for (const auto& host : hosts) {
    auto answer = co_await resolver.addresses(host, net::Families::both);
    const bool known = answer && answer->status != net::DnsStatus::temporary;
    if (!known) found.temporary = true;
    auto& addresses = found.addresses.emplace_back();
    if (known) addresses = std::move(answer->addresses);
    const bool ours = std::ranges::any_of(addresses, [&](const net::IpAddress& address) {
      return is_ourselves({address, port}, options);
    });
    found.leads.push_back(ours ? routing::Leads::to_ourselves : routing::Leads::on);
  }
  co_return found;
}

/// Those of one host's addresses that are tried. `usable` has neither forbidden ones nor our own.
void add_candidates(const std::string& host, const std::vector<net::IpAddress>& usable, std::uint16_t port, FoundHosts& found) {
  std::vector<routing::AddressFamily> families;
  for (const auto& address : usable)
    families.push_back(address.family() == net::Family::ipv6 ? routing::AddressFamily::ipv6 : routing::AddressFamily::ipv4);
  for (const auto i : routing::by_turns(families, max_addresses_of_a_host))
    found.candidates.push_back({host, {usable[i], port}});
}

}  // namespace

net::Task<FoundHosts> find_mx_hosts(net::Resolver& resolver, base::Random& random, std::string domain, std::uint16_t port,
                                    FindOptions options) {
  if (const auto literal = literal_address(domain)) {
    if (is_forbidden(*literal, options.allow_loopback) || is_ourselves({*literal, port}, options))
      co_return trouble(554, "5.4.6", domain + " is an address of this machine");
    FoundHosts found;
    found.candidates.push_back({domain, {*literal, port}});
    co_return found;
  }
  auto answer = co_await resolver.mx(domain);
  if (!answer) co_return dns_trouble(domain, answer.error().text());
  auto chosen = choose_hosts(domain, *answer, options, random);
  if (chosen.trouble) co_return std::move(*chosen.trouble);

  auto resolved = co_await resolve(resolver, chosen.choice.hosts, port, options);
  const auto choice = routing::without_ourselves(std::move(chosen.choice), resolved.leads);

  if (choice.kind == routing::MxChoice::Kind::none_left) co_return leads_back(domain);

  FoundHosts found;
  bool forbidden = false;
  for (std::size_t i = 0; i < choice.hosts.size(); ++i) {
    const auto dropped = std::erase_if(
        resolved.addresses[i], [&](const net::IpAddress& address) { return is_forbidden(address, options.allow_loopback); });
    forbidden = forbidden || dropped > 0;
    add_candidates(choice.hosts[i], resolved.addresses[i], port, found);
  }
  if (!found.candidates.empty()) co_return found;
  if (resolved.temporary) co_return dns_trouble("the mail exchangers of " + domain, {});
  if (forbidden) co_return leads_back(domain);
  co_return trouble(550, "5.4.4", "no mail exchanger of " + domain + " has an address");
}

net::Task<FoundHosts> find_static_hosts(net::Resolver& resolver, std::string host, std::uint16_t port, FindOptions options) {
  FoundHosts found;
  bool ours = false;
  const auto add = [&](std::vector<net::IpAddress> addresses) {
    const auto own = std::erase_if(addresses, [&](const net::IpAddress& address) {
      return is_ourselves({address, port}, options);
    });
    ours = own > 0;
    add_candidates(host, addresses, port, found);
  };
  const auto back = [&] { return trouble(451, "4.4.6", "the next hop " + host + " of the route is this machine itself"); };
  if (auto address = net::IpAddress::parse(host)) {
    add({*address});
    co_return ours ? back() : found;
  }
  auto addresses = co_await resolver.addresses(host, net::Families::both);
  if (!addresses) co_return dns_trouble(host, addresses.error().text());
  add(addresses->addresses);
  if (!found.candidates.empty()) co_return found;
  if (ours) co_return back();
  if (addresses->status == net::DnsStatus::temporary) co_return dns_trouble(host, addresses->detail);
  co_return trouble(451, "4.4.4", "the next hop " + host + " of the route has no address");
}

}  // namespace understudy::relay
