#include "conf/validate.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/net/ip.hpp"

namespace understudy::conf {
namespace {

bool is_local(const Config& config, std::string_view domain) {
  return std::ranges::find(config.domains, domain, &Domain::name) != config.domains.end();
}

std::set<std::string> local_addresses(const Config& config) {
  std::set<std::string> out;
  for (const auto& account : config.accounts) {
    out.insert(account.address);
    out.insert(account.aliases.begin(), account.aliases.end());
  }
  for (const auto& alias : config.aliases) out.insert(alias.address);
  return out;
}

void check_server(const Config& config, Report& report) {
  const auto& server = config.server;
  if (!server.domain_name.empty() && !is_local(config, server.domain_name))
    report.error("server.domain_name", "no [[domain]] has this name; add one: it is the same on both machines");
  if (server.safe == Safe::both && !config.peer)
    report.error("server.safe", "\"both\" waits for the peer's receipt, and there is no [peer]; add one or write \"here\"");
  if (config.peer && !config.peer->host.empty() && config.peer->host == server.hostname)
    report.error("peer.host", "this is our own hostname; name the other machine");
}

/// Where one person alone could ask, nobody would be left to agree.
void check_audit(const Config& config, Report& report) {
  const auto& audit = config.audit;
  const bool two = audit.operators.size() >= 2;
  constexpr std::string_view lonely = "asks for a second person, and there are no two [[operator]]; add them";
  if (!audit.second_person.empty() && !two) report.error("audit.second_person", std::string(lonely));
  if (audit.administrators_read == archive::audit::Policy::Reading::second_person && !two)
    report.error("audit.administrators_read", std::string(lonely));
  const auto is_auditor = [](const auto& each) { return each.roles.contains(archive::audit::Role::auditor); };
  if (audit.auditors_cases == archive::audit::Policy::Cases::needed && !std::ranges::any_of(audit.operators, is_auditor))
    report.error("audit.auditors_need_case", "no [[operator]] is an auditor; add one, or take it out");
  const auto is_administrator = [](const auto& each) { return each.roles.contains(archive::audit::Role::administrator); };
  if (!audit.operators.empty() && !std::ranges::any_of(audit.operators, is_administrator))
    report.error("operator", "none is an administrator: nobody could change anything any more; add one");
  if (!config.server.admin_group.empty() && audit.operators.empty())
    report.error("server.admin_group", "there is no [[operator]] whom it would let in; add one, or take it out");
}

void check_peer(const Config& config, Report& report) {
  if (!config.peer) return;
  if (config.peer->retry > config.peer->retry_max) report.error("peer.retry", "must not be longer than peer.retry_max");
  for (const auto& listener : config.relay.listeners)
    for (const auto& bind : listener.binds)
      if (std::ranges::find(config.peer->binds, bind) != config.peer->binds.end())
        report.error("peer.bind", bind.text() + " belongs to a [[listener]] already; the link needs a port of its own");
}

void check_postmaster(const Config& config, Report& report) {
  const auto& name = config.server.postmaster;
  const auto mark = name.rfind('@');
  if (mark == std::string::npos || !is_local(config, std::string_view(name).substr(mark + 1))) return;
  if (config.undelivered.action == routing::Undelivered::store || local_addresses(config).contains(name)) return;
  report.error("server.postmaster", "\"" + name +
                                        "\" has no account, and undelivered mail is returned; add [[account]] address = \"" +
                                        name + "\" or name another postmaster");
}

void check_templates(const Config& config, Report& report) {
  const auto& wanted = config.undelivered.create_template;
  if (std::ranges::find(config.templates, wanted, &Template::name) == config.templates.end())
    report.error("undelivered.template", "there is no [[template]] \"" + wanted + "\"; add it or name another");
  for (std::size_t t = 0; t < config.templates.size(); ++t) {
    const auto& folders = config.templates[t].folders;
    for (std::size_t r = 0; r < config.templates[t].retention.size(); ++r) {
      const auto& folder = config.templates[t].retention[r].folder;
      if (folder.empty() || folder == "*" || std::ranges::find(folders, folder) != folders.end()) continue;
      report.error(place_in("template", t, place_in("retention", r, "folder")),
                   "\"" + folder + "\" is none of the template's folders");
    }
  }
}

void check_clients(const Config& config, Report& report) {
  const auto& clients = config.relay.clients;
  std::map<net::Network, std::size_t> first;  // of clients that show no certificate
  for (std::size_t c = 0; c < clients.size(); ++c) {
    if (!clients[c].name.empty() && clients[c].name == config.server.hostname)
      report.error(place_in("client", c, "name"), "this is our own hostname; a client is another machine");
    if (!clients[c].certificate.empty()) continue;
    for (const auto& network : clients[c].networks) {
      const auto [other, fresh] = first.try_emplace(network, c);
      if (!fresh && other->second != c)
        report.error(place_in("client", c, "networks"),
                     network.text() + " belongs to client \"" + clients[other->second].name +
                         "\" already; which one is meant? Demand a certificate or remove one");
    }
  }
}

/// Whether something that is sent to this place arrives at one of our own listeners, as far as the file tells.
bool is_ourselves(const routing::NextHop& hop, const Config& config) {
  const auto address = net::IpAddress::parse(hop.host);
  const bool loopback = hop.host == "localhost" || (address && address->is_loopback());
  const bool named = hop.host == config.server.hostname || hop.host == config.relay.outbound.ehlo_name;
  if (named && hop.port == 25) return true;
  const auto reaches = [&](const net::Endpoint& bind) {
    if (bind.port != hop.port) return false;
    if (named || (address && *address == bind.address)) return true;
    return bind.address.is_unspecified() ? loopback : hop.host == "localhost" && bind.address.is_loopback();
  };
  for (const auto& listener : config.relay.listeners)
    if (std::ranges::any_of(listener.binds, reaches)) return true;
  return false;
}

bool has_validating_resolver(const relay::Dns& dns) {
  return std::ranges::all_of(dns.servers, [](const net::Endpoint& server) { return server.address.is_loopback(); });
}

void check_routes(const Config& config, Report& report) {
  std::map<std::pair<std::string, std::string>, std::size_t> seen;
  for (std::size_t r = 0; r < config.routes.size(); ++r) {
    const auto& route = config.routes[r];
    if (!route.via.by_mx && !route.via.host.empty() && is_ourselves(route.via, config))
      report.error(place_in("route", r, "via"), "leads back to this machine; name the next one");
    const auto hop = route.via.text();
    const auto [first, fresh] = seen.try_emplace({route.match, hop}, r);
    if (!fresh && !route.match.empty() && (route.via.by_mx || !route.via.host.empty()))
      report.error(place_in("route", r, "match"),
                   "the same match and via are in line " +
                       std::to_string(report.place(place_in("route", first->second, "match")).line) + "; remove one of them");
    if (route.tls == routing::TlsPolicy::dane && !has_validating_resolver(config.relay.dns))
      report.error(place_in("route", r, "tls"), "\"dane\" needs a validating resolver on loopback; see [dns] servers");
  }
}

/// A circle of aliases leads to no one. Each alias is followed once, so the work grows with their number only.
class AliasCheck {
 public:
  AliasCheck(const Config& config, Report& report) : config_(config), report_(report) {
    for (std::size_t i = 0; i < config.aliases.size(); ++i) index_.emplace(config.aliases[i].address, i);
  }

  /// An alias reaches someone when one member is no alias, or is one that does: found from the ends backwards.
  void run() {
    std::vector<std::vector<std::size_t>> used_by(config_.aliases.size());
    std::vector<std::size_t> reached;
    std::vector<bool> done(config_.aliases.size());
    const auto reach = [&](std::size_t alias) {
      if (done[alias]) return;
      done[alias] = true;
      reached.push_back(alias);
    };
    for (std::size_t i = 0; i < config_.aliases.size(); ++i) {
      for (const auto& member : config_.aliases[i].to) {
        const auto found = index_.find(member.local + "@" + member.domain);
        if (found == index_.end())
          reach(i);
        else
          used_by[found->second].push_back(i);
      }
    }
    for (std::size_t next = 0; next < reached.size(); ++next)
      for (const auto user : used_by[reached[next]]) reach(user);
    for (std::size_t i = 0; i < done.size(); ++i)
      if (!done[i] && !config_.aliases[i].to.empty())
        report_.error(place_in("alias", i, "to"), "leads in a circle and to no one; name an account or an outside address");
  }

 private:
  const Config& config_;
  Report& report_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace

void validate(const Config& config, Report& report) {
  check_server(config, report);
  check_audit(config, report);
  check_peer(config, report);
  check_postmaster(config, report);
  check_templates(config, report);
  check_clients(config, report);
  check_routes(config, report);
  AliasCheck(config, report).run();
  if (config.relay.queue.retry_first > config.relay.queue.retry_longest)
    report.error("queue.retry_first", "must not be longer than queue.retry_longest");
}

}  // namespace understudy::conf
