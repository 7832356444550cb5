#include <algorithm>
#include <set>

#include "conf/convert.hpp"
#include "conf/validate.hpp"

namespace understudy::conf {
namespace {

using mail::smtp::ServerTls;
using relay::Protocol;
using routing::Switch;

void advise_server(const Config& config, Report& report) {
  if (config.server.hostname.find('.') == std::string::npos)
    report.warn("server.hostname", "no fully qualified name: other servers may refuse our EHLO");
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
      const auto path = place_in("client", c, place_in("networks", n));
      if (network.prefix() == 0 && clients[c].certificate.empty())
        report.warn(path, network.text() + " is the whole world: everyone is client \"" + clients[c].name + "\"");
      else if (is_wide(network))
        report.warn(
            path, network.text() + " is a wide network: each machine in it may do what client \"" + clients[c].name + "\" may");
    }
    if (clients[c].may == routing::Permissions{})
      report.warn(place_in("client", c, "name"), "may do nothing that the world may not; see may");
  }
  if (clients.empty() && config.passthrough.accept_local_from == routing::AcceptLocalFrom::clients)
    report.warn("passthrough.accept_local_from",
                "\"clients\", and there is no [[client]]: nobody may hand over mail; add the primary");
}

bool is_exposed(const relay::Listener& listener) {
  return std::ranges::any_of(listener.binds, [](const net::Endpoint& bind) { return !bind.address.is_loopback(); });
}

void advise_listeners(const Config& config, Report& report) {
  const relay::Listener* imap = nullptr;
  for (std::size_t l = 0; l < config.relay.listeners.size(); ++l) {
    const auto& listener = config.relay.listeners[l];
    if (listener.protocol != Protocol::smtp && listener.tls == ServerTls::none && is_exposed(listener))
      report.warn(place_in("listener", l, "tls"), "without TLS nobody can log in: passwords are never taken in clear text");
    if (listener.protocol == Protocol::imap) {
      if (imap && imap->limits.message_size != listener.limits.message_size)
        report.warn(place_in("listener", l, "limits.message_size"),
                    "the message_size of the last listener for \"imap\" counts for all of them");
      imap = &listener;
    }
    const auto needless = [&](Switch state, std::string_view key) {
      if (state == Switch::on && listener.protocol != Protocol::smtp)
        report.warn(place_in("listener", l, key), "without effect: only a listener for \"smtp\" takes mail from strangers");
    };
    needless(listener.refuse_nonlocal_claiming_local.value_or(Switch::off), "refuse_nonlocal_claiming_local");
    needless(listener.refuse_nonlocal_from_local, "refuse_nonlocal_from_local");
  }
}

/// Settings of mail access that nobody comes by, or that are hardly meant.
void advise_access(const Config& config, Report& report) {
  using archive::access::Serve;
  const auto& listeners = config.relay.listeners;
  const auto speaks_imap = [](const relay::Listener& each) { return each.protocol == Protocol::imap; };
  const auto serves = [](const relay::Listener& each) {
    return !relay::speaks_smtp(each.protocol) && each.protocol != Protocol::http;
  };
  const auto serves_by_tls = [&](const relay::Listener& each) { return serves(each) && each.tls != ServerTls::none; };
  const bool is_archive = first_role(config) == routing::Role::archive;
  if (config.access.in_archive_role != Serve::nothing) {
    if (!is_archive)
      report.warn("access.archive_role", "without effect: this machine is no archive, and serves its users in any case");
    else if (std::ranges::none_of(listeners, serves))
      report.warn("access.archive_role", "without effect: there is no [[listener]] for \"imap\" or \"pop3\"");
    else if (config.access.in_archive_role == Serve::everything)
      report.warn(
          "access.archive_role",
          "\"everything\": what users do with their mailboxes here is done here alone; what they delete here is still on "
          "the primary, and the other way round. \"read-only\" lets them read");
  }
  if (!config.access.client_authorities.empty() && std::ranges::none_of(listeners, serves_by_tls))
    report.warn(
        "access.client_authorities",
        "without effect: there is no [[listener]] with TLS for \"imap\" or \"pop3\", where a certificate could be shown");
  const auto& operators = config.audit.operators;
  if (std::ranges::any_of(listeners, speaks_imap)) return;
  for (std::size_t o = 0; o < operators.size(); ++o)
    if (!operators[o].verifier.empty())
      report.warn(place_in("operator", o, "password"),
                  "without effect: it is for reading by IMAP, and there is no [[listener]] for \"imap\"");
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

/// A machine that hands over copies, and to which this route leads, as far as the file tells.
const relay::Client* copying_client(const Config& config, const routing::Route& route) {
  const auto address = net::IpAddress::parse(route.via.host);
  const auto is_it = [&](const relay::Client& client) {
    const auto holds = [&](const net::Network& network) { return address && network.contains(*address); };
    const bool same_certificate = !route.peer_key.empty() && client.certificate == route.peer_key;
    return client.may.copy &&
           (client.name == route.via.host || same_certificate || std::ranges::any_of(client.networks, holds));
  };
  const auto found = std::ranges::find_if(config.relay.clients, is_it);
  return found == config.relay.clients.end() ? nullptr : &*found;
}

/// The switches of an archive that were left as they are on a primary.
void advise_archive(const Config& config, Report& report) {
  const auto& switches = config.passthrough;
  if (config.undelivered.action == routing::Undelivered::store && switches.create_mailbox == Switch::off)
    report.warn("undelivered.action",
                "\"store\" makes a mailbox for every local address that gets mail, although passthrough.create_mailbox is "
                "false; set that to true, or this to \"return\"");
  if (first_role(config) != routing::Role::archive || switches.copy_local_to_outbox == Switch::off) return;
  for (const auto& domain : config.domains) {
    const auto route = std::ranges::find_if(config.routes, [&](const auto& each) { return each.matches(domain.name); });
    const auto* client = route == config.routes.end() ? nullptr : copying_client(config, *route);
    if (client != nullptr && switches.covers(domain.name))
      report.warn("passthrough.copy_local_to_outbox", "the route of \"" + domain.name + "\" leads back to client \"" +
                                                          client->name +
                                                          "\", which hands over the copies; an archive sets this to false");
  }
}

/// A hop of named hosts has no domain whose MX could be asked.
bool stands_behind_a_host(const routing::RouteTable& routes, const routing::Route& route) {
  const auto group = routes.routes_of({"route:" + route.match});
  return !group.empty() && !group.front().via.by_mx;
}

void advise_routes(const Config& config, Report& report) {
  const auto routes = to_routes(config);
  std::ptrdiff_t all = -1;
  for (std::size_t r = 0; r < config.routes.size(); ++r) {
    const auto& route = config.routes[r];
    if (all >= 0 && route.match != "*")
      report.warn(place_in("route", r, "match"),
                  "never reached: the route \"*\" in line " +
                      std::to_string(report.place(place_in("route", static_cast<std::size_t>(all), "match")).line) +
                      " matches first");
    if (route.match == "*" && all < 0) all = static_cast<std::ptrdiff_t>(r);
    if (route.via.by_mx && stands_behind_a_host(routes, route))
      report.warn(place_in("route", r, "via"),
                  "never used: \"mx\" does not stand in for a named host of the same match; remove this route");
    if (!route.auth_file.empty() && route.tls == routing::TlsPolicy::encrypt && route.peer_key.empty())
      report.warn(place_in("route", r, "tls"),
                  "\"encrypt\" with auth: the password goes to whoever answers there under TLS; \"verify\" is safer");
    if (route.tls == routing::TlsPolicy::dane && config.relay.dns.servers.empty())
      report.warn(place_in("route", r, "tls"), "\"dane\" needs a validating resolver on loopback; name it in [dns] servers");
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
      if (local && !known.contains(name))
        report.warn(place_in("alias", i, "to"), "\"" + name + "\" has no [[account]] in this file");
    }
  }
}

/// Who is named wants to know who did what; alone, a machine keeps that from nobody who has it.
void advise_audit(const Config& config, Report& report) {
  if (!config.audit.operators.empty() && !config.peer)
    report.warn("operator",
                "there is no [peer]: no other machine witnesses the audit journal, and root on this one could write its past "
                "anew (docs/audit.md)");
  for (const auto kind : config.audit.second_person)
    if (kind == archive::audit::Kind::end && config.peer && config.peer->endings == relay::peer::Endings::obey)
      report.warn("audit.second_person",
                  "\"end\" asks for a second person here, and peer.endings = \"obey\" for none where the other machine ends "
                  "mail; have it ask for one, too");
  const auto asks_for = [&config](archive::audit::Kind kind) { return config.audit.second_person.contains(kind); };
  const auto has_password = [](const auto& each) { return !each.verifier.empty(); };
  if (asks_for(archive::audit::Kind::give) && !asks_for(archive::audit::Kind::read) &&
      std::ranges::any_of(config.audit.operators, has_password))
    report.warn("audit.second_person",
                "\"export\" asks for a second person, and an operator with a password reads any number of messages by his mail "
                "program alone; add \"read\"");
}

}  // namespace

void advise(const Config& config, Report& report) {
  advise_server(config, report);
  advise_clients(config, report);
  advise_listeners(config, report);
  advise_access(config, report);
  advise_copies(config, report);
  advise_archive(config, report);
  advise_routes(config, report);
  advise_aliases(config, report);
  advise_audit(config, report);
}

}  // namespace understudy::conf
