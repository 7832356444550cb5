#include <algorithm>
#include <set>

#include "conf/convert.hpp"
#include "conf/validate.hpp"

namespace understudy::conf {
namespace {

using mail::smtp::ServerTls;
using relay::Protocol;
using routing::Switch;

std::string at(std::string_view list, std::size_t index, std::string_view key) {
  return std::string(list) + "[" + std::to_string(index) + "]." + std::string(key);
}

void advise_server(const Config& config, Report& report) {
  if (config.server.hostname.find('.') == std::string::npos)
    report.warn("server.hostname", "no fully qualified name: other servers may refuse our EHLO");
  if (!config.peer)
    report.warn("peer", "no peer: there is no custody of copies, no witness and no takeover; see `understudy peer pair`");
  if (config.server.safe == Safe::both)
    report.warn("server.safe", "\"both\" needs the peer link, which this version does not make: it is kept to as \"here\"");
  if (config.relay.listeners.empty()) report.warn("listener", "no listener: nobody can hand over mail");
  if (config.relay.dns.allow_loopback)
    report.warn("dns.allow_loopback", "mail follows MX records to this machine's own network; for tests only");
  const auto& queue = config.relay.queue;
  if (queue.expiry < std::chrono::days(4))
    report.warn("queue.expiry", "RFC 5321 section 4.5.4.1 asks for at least 4 to 5 days");
  if (queue.delay_notice >= queue.expiry)
    report.warn("queue.delay_notice", "not shorter than queue.expiry: the notice would come with the bounce");
}

bool is_wide(const net::Network& network) {
  return network.prefix() < (network.address().family() == net::Family::ipv4 ? 24u : 64u);
}

void advise_clients(const Config& config, Report& report) {
  const auto& clients = config.relay.clients;
  for (std::size_t c = 0; c < clients.size(); ++c) {
    for (std::size_t n = 0; n < clients[c].networks.size(); ++n) {
      const auto& network = clients[c].networks[n];
      const auto path = at("client", c, "networks[" + std::to_string(n) + "]");
      if (network.prefix() == 0 && clients[c].certificate.empty())
        report.warn(path, network.text() + " is the whole world: everyone is client \"" + clients[c].name + "\"");
      else if (is_wide(network))
        report.warn(
            path, network.text() + " is a wide network: each machine in it may do what client \"" + clients[c].name + "\" may");
    }
    if (clients[c].may == routing::Permissions{})
      report.warn(at("client", c, "name"), "may do nothing that the world may not; see may");
  }
  if (clients.empty() && config.passthrough.accept_local_from == routing::AcceptLocalFrom::clients)
    report.warn("passthrough.accept_local_from",
                "\"clients\", and there is no [[client]]: nobody may hand over mail; add the primary");
}

bool is_exposed(const relay::Listener& listener) {
  return std::ranges::any_of(listener.binds, [](const net::Endpoint& bind) { return !bind.address.is_loopback(); });
}

void advise_listeners(const Config& config, Report& report) {
  for (std::size_t l = 0; l < config.relay.listeners.size(); ++l) {
    const auto& listener = config.relay.listeners[l];
    if (listener.protocol != Protocol::smtp && listener.tls == ServerTls::none && is_exposed(listener))
      report.warn(at("listener", l, "tls"), "without TLS nobody can log in: passwords are never taken in clear text");
    if (listener.protocol == Protocol::submission && listener.refuse_nonlocal_claiming_local == Switch::on)
      report.warn(at("listener", l, "refuse_nonlocal_claiming_local"), "needless: submission demands authentication");
  }
}

/// Whether a message for this domain would leave by a static route. By MX it would come back to us.
bool has_route(const Config& config, const std::string& domain) {
  const auto first = std::ranges::find_if(config.routes, [&](const routing::Route& route) { return route.matches(domain); });
  return first != config.routes.end() && !first->via.by_mx;
}

void advise_copies(const Config& config, Report& report) {
  const auto& switches = config.passthrough;
  const auto warn = [&](Switch state, std::string_view key) {
    if (state == Switch::off) return;
    for (const auto& domain : config.domains)
      if (switches.covers(domain.name) && !has_route(config, domain.name))
        report.warn(
            "passthrough." + std::string(key),
            "no [[route]] leads \"" + domain.name + "\" to another machine: its copies would follow the MX, back to here");
  };
  warn(switches.copy_local_to_outbox, "copy_local_to_outbox");
  warn(switches.copy_without_received_to_outbox, "copy_without_received_to_outbox");
}

void advise_routes(const Config& config, Report& report) {
  std::ptrdiff_t all = -1;
  for (std::size_t r = 0; r < config.routes.size(); ++r) {
    const auto& route = config.routes[r];
    if (all >= 0 && route.match != "*")
      report.warn(at("route", r, "match"),
                  "never reached: the route \"*\" in line " +
                      std::to_string(report.place(at("route", static_cast<std::size_t>(all), "match")).line) +
                      " matches first");
    if (route.match == "*" && all < 0) all = static_cast<std::ptrdiff_t>(r);
    if (!route.auth_file.empty() && route.tls == routing::TlsPolicy::encrypt)
      report.warn(at("route", r, "tls"),
                  "\"encrypt\" with auth: the password goes to whoever answers there under TLS; \"verify\" is safer");
    if (route.tls == routing::TlsPolicy::dane)
      report.warn(at("route", r, "tls"), "\"dane\" is not there yet: it is kept to as \"verify\"");
    if (route.if_down == routing::IfDown::direct)
      report.warn(at("route", r, "if_down"), "\"direct\" is not there yet: it is kept to as \"wait\"");
    if (route.tls == routing::TlsPolicy::dane && config.relay.dns.servers.empty())
      report.warn(at("route", r, "tls"), "\"dane\" needs a validating resolver on loopback; name it in [dns] servers");
  }
}

void advise_aliases(const Config& config, Report& report) {
  std::set<std::string> known;
  for (const auto& account : config.accounts) {
    known.insert(account.address);
    known.insert(account.aliases.begin(), account.aliases.end());
  }
  for (const auto& alias : config.aliases) known.insert(alias.address);
  for (std::size_t i = 0; i < config.aliases.size(); ++i) {
    for (const auto& member : config.aliases[i].to) {
      const auto name = member.local + "@" + member.domain;
      const bool local = std::ranges::find(config.domains, member.domain, &Domain::name) != config.domains.end();
      if (local && !known.contains(name)) report.warn(at("alias", i, "to"), "\"" + name + "\" has no [[account]] in this file");
    }
  }
}

}  // namespace

void advise(const Config& config, Report& report) {
  advise_server(config, report);
  advise_clients(config, report);
  advise_listeners(config, report);
  advise_copies(config, report);
  advise_routes(config, report);
  advise_aliases(config, report);
}

}  // namespace understudy::conf
