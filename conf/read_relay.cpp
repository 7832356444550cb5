#include <algorithm>

#include "base/codec.hpp"
#include "base/text.hpp"
#include "conf/readers.hpp"

namespace understudy::conf {
namespace {

using mail::smtp::ServerTls;
using relay::Protocol;

constexpr std::string_view fingerprint_prefix = "sha256:";

void read_limits(const Section& section, relay::Limits& to) {
  section.size("message_size", to.message_size);
  section.number("recipients", to.recipients);
  section.number("command_line", to.command_line);
  section.number("header_fields", to.header_fields);
  section.number("errors", to.errors);
  section.duration("command_wait", to.command_wait);
  section.duration("data_wait", to.data_wait);
  section.number("data_rate", to.data_rate);
  section.duration("transaction_wait", to.transaction_wait);
}

ServerTls usual_tls(Protocol protocol) {
  return relay::speaks_smtp(protocol) ? ServerTls::starttls : ServerTls::implicit;
}

/// What somebody limits here for nothing.
void warn_of_needless_limits(const Section& limits, Protocol protocol) {
  if (relay::speaks_smtp(protocol) || protocol == Protocol::http) return;
  for (const std::string_view key : {"message_size", "recipients", "command_line", "header_fields", "errors", "command_wait",
                                     "data_wait", "data_rate", "transaction_wait"}) {
    if (!limits.exists(key) || (protocol == Protocol::imap && key == "message_size")) continue;
    limits.report().warn(limits.path(key), "without effect on a listener for mail access; see [access]");
  }
}

relay::Listener read_listener(const Section& section, const relay::Limits& limits, Once& places) {
  relay::Listener to;
  to.limits = limits;
  section.word<Protocol>("protocol",
                         {{"smtp", Protocol::smtp},
                          {"submission", Protocol::submission},
                          {"imap", Protocol::imap},
                          {"pop3", Protocol::pop3},
                          {"http", Protocol::http}},
                         to.protocol);
  to.binds = read_endpoints(section, "bind", places);
  to.tls = usual_tls(to.protocol);
  section.word<ServerTls>(
      "tls", {{"none", ServerTls::none}, {"starttls", ServerTls::starttls}, {"implicit", ServerTls::implicit}}, to.tls);
  if (to.protocol == Protocol::http && to.tls == ServerTls::starttls)
    section.report().error(section.path("tls"), "HTTP has no starttls; write \"implicit\" or \"none\"");
  if (section.has("refuse_nonlocal_claiming_local", Value::Kind::flag))
    section.flag("refuse_nonlocal_claiming_local", to.refuse_nonlocal_claiming_local.emplace());
  section.flag("refuse_nonlocal_from_local", to.refuse_nonlocal_from_local);
  read_limits(section.table("limits"), to.limits);
  warn_of_needless_limits(section.table("limits"), to.protocol);
  return to;
}

std::vector<net::Network> read_networks(const Section& section) {
  std::vector<net::Network> out;
  for (const auto& text : section.texts("networks")) {
    if (const auto network = net::Network::parse(text.text))
      out.push_back(*network);
    else
      section.report().error(text.path, "\"" + text.text +
                                            "\" is no network; write an address and a prefix, such as 192.0.2.0/24, with zeros "
                                            "behind the prefix");
  }
  return out;
}

std::string read_fingerprint(const Section& section) {
  std::string text;
  section.text("certificate", text);
  if (!section.has("certificate")) return {};
  text = base::to_lower(text);
  const auto octets = text.starts_with(fingerprint_prefix)
                          ? base::from_hex(std::string_view(text).substr(fingerprint_prefix.size()))
                          : std::nullopt;
  if (octets && octets->size() == 32) return text;
  section.report().error(section.path("certificate"),
                         "must be \"sha256:\" and 64 hexadecimal digits, as `openssl x509 -fingerprint "
                         "-sha256` shows them, without colons");
  return {};
}

/// A list that was reported for its type counts: one complaint is enough.
bool has_items(const Section& section, std::string_view key) {
  return section.exists(key) && !(section.has(key, Value::Kind::list) && section.texts(key).empty());
}

relay::Client read_client(const Section& section) {
  relay::Client to;
  std::string name;
  section.text("name", name);
  if (const auto address = net::IpAddress::parse(name))
    to.name = address->text();  // of a machine that a route's `via` names by its address
  else if (section.has("name"))
    to.name = canonical_host({name, section.path("name")}, section.report());
  to.networks = read_networks(section);
  to.certificate = read_fingerprint(section);
  if (!has_items(section, "networks") && !section.has("certificate"))
    section.report().error(section.path(), "needs networks, a certificate or both: who else would it be?");
  for (const auto& may : section.texts("may")) {
    to.may.relay |= may.text == "relay";
    to.may.local_sender |= may.text == "local-sender";
    to.may.copy |= may.text == "copy";
  }
  using Odd = mail::smtp::OddOctets;
  section.word<Odd>("odd_octets", {{"refuse", Odd::refuse}, {"keep", Odd::keep}}, to.odd_octets);
  return to;
}

std::string read_match(const Section& section) {
  std::string match;
  section.text("match", match);
  if (match == "*" || !section.has("match")) return match;
  const bool below = match.starts_with("*.");
  const auto domain = mail::address::canonical_domain(below ? std::string_view(match).substr(2) : match);
  if (domain && !(below && domain->starts_with('['))) return (below ? "*." : "") + *domain;
  section.report().error(section.path("match"), "must be \"*\", a domain, or \"*.domain\" for what is below one");
  return {};
}

routing::NextHop read_via(const Section& section) {
  std::string via;
  section.text("via", via);
  if (!section.has("via")) return {};
  if (const auto hop = routing::parse_next_hop(via)) return *hop;
  section.report().error(section.path("via"), "\"" + via + "\" is no next hop; write host:port, [address]:port or \"mx\"");
  return {};
}

/// Where the file is silent: of the routes that lead to the other machine of the pair.
routing::Switch read_custody(const Section& section, const routing::NextHop& via,
                             const std::optional<relay::peer::Options>& peer) {
  auto custody = peer && !via.by_mx && via.host == peer->host ? routing::Switch::on : routing::Switch::off;
  section.flag("custody", custody);
  if (custody == routing::Switch::on && via.by_mx)
    section.report().error(section.path("custody"), "receipts are given by one machine; name it in via");
  return custody;
}

routing::Route read_route(const Section& section, const std::optional<relay::peer::Options>& peer) {
  using routing::TlsPolicy;
  routing::Route to;
  to.match = read_match(section);
  to.via = read_via(section);
  section.word<TlsPolicy>("tls",
                          {{"none", TlsPolicy::none},
                           {"may", TlsPolicy::may},
                           {"encrypt", TlsPolicy::encrypt},
                           {"verify", TlsPolicy::verify},
                           {"dane", TlsPolicy::dane},
                           {"implicit", TlsPolicy::implicit}},
                          to.tls);
  section.text("auth", to.auth_file);
  check_absolute(section, "auth", to.auth_file);
  section.number("priority", to.priority);
  using routing::IfDown;
  section.word<IfDown>("if_down", {{"wait", IfDown::wait}, {"direct", IfDown::direct}}, to.if_down);
  to.custody = read_custody(section, to.via, peer);
  to.peer_key = read_fingerprint(section);
  if (!to.peer_key.empty() && to.tls == TlsPolicy::none)
    section.report().error(section.path("certificate"), "without TLS the host shows none; set tls to \"encrypt\"");
  if (!to.peer_key.empty() && to.tls == TlsPolicy::may) to.tls = TlsPolicy::encrypt;  // nothing less can show one
  if (!to.auth_file.empty() && to.tls == TlsPolicy::none)
    section.report().error(section.path("auth"),
                           "credentials are never sent in clear text; set tls to \"verify\" or \"encrypt\"");
  if (to.via.by_mx && to.tls == TlsPolicy::implicit)
    section.report().error(section.path("tls"), "an MX host speaks STARTTLS, not implicit TLS; name a host and port in via");
  if (to.via.by_mx && !to.auth_file.empty())
    section.report().error(section.path("auth"), "credentials are for one host; name it in via");
  if (to.via.by_mx && !to.peer_key.empty())
    section.report().error(section.path("certificate"), "a certificate is of one host; name it in via");
  return to;
}

}  // namespace

std::vector<net::Endpoint> read_endpoints(const Section& section, std::string_view key, Once& places) {
  std::vector<net::Endpoint> out;
  for (const auto& text : section.texts(key)) {
    const auto endpoint = net::Endpoint::parse(text.text);
    if (!endpoint) {
      section.report().error(text.path, "\"" + text.text + "\" is no address and port; write 192.0.2.1:25 or [2001:db8::1]:25");
    } else if (endpoint->port == 0) {
      section.report().error(text.path, "port 0 is none; write one from 1 to 65535");
    } else {
      places.claim(endpoint->text(), text.path);
      out.push_back(*endpoint);
    }
  }
  if (section.has(key, Value::Kind::list) && section.texts(key).empty())
    section.report().error(section.path(key), "must name at least one address and port");
  return out;
}

void read_listeners(const Section& root, Config& out) {
  relay::Limits limits;
  const auto section = root.table("limits");
  read_limits(section, limits);
  section.number("hops", out.hops);
  section.number("connections", out.relay.connections.total);
  section.number("connections_per_address", out.relay.connections.per_address);
  section.number("login_failures_per_account", out.relay.logins.failures_per_account);
  section.number("login_failures_per_address", out.relay.logins.failures_per_address);
  section.duration("login_forgive", out.relay.logins.forgive);
  Once places("address and port", root.report());
  for (const auto& listener : root.tables("listener")) out.relay.listeners.push_back(read_listener(listener, limits, places));
}

void read_clients(const Section& root, Config& out) {
  Once names("client", root.report());
  for (const auto& section : root.tables("client")) {
    out.relay.clients.push_back(read_client(section));
    const auto& name = out.relay.clients.back().name;
    if (!name.empty()) names.claim(name, section.path("name"));
  }
}

void read_routes(const Section& root, Config& out) {
  for (const auto& section : root.tables("route")) out.routes.push_back(read_route(section, out.peer));
}

void read_outbound(const Section& root, Config& out) {
  const auto section = root.table("outbound");
  auto& to = out.relay.outbound;
  to.ehlo_name = out.server.hostname;
  section.text("ehlo_name", to.ehlo_name);
  if (section.has("ehlo_name")) to.ehlo_name = canonical_host({to.ehlo_name, section.path("ehlo_name")}, section.report());
  section.number("hosts", to.hosts);
  section.number("connections", to.connections);
  section.number("connections_per_hop", to.connections_per_hop);
  section.number("messages_per_connection", to.messages_per_connection);
  section.duration("keep_open", to.keep_open);
  section.duration("connect_wait", to.waits.connect);
  section.duration("greeting_wait", to.waits.greeting);
  section.duration("command_wait", to.waits.command);
  section.duration("data_start_wait", to.waits.data_start);
  section.duration("data_block_wait", to.waits.data_block);
  section.duration("data_end_wait", to.waits.data_end);
  section.duration("open_wait", to.waits.open);

  const auto queue = root.table("queue");
  auto& entries = out.relay.queue;
  queue.duration("retry_first", entries.retry_first);
  queue.duration("retry_longest", entries.retry_longest);
  queue.number("retry_jitter", entries.retry_jitter);
  queue.duration("expiry", entries.expiry);
  queue.duration("delay_notice", entries.delay_notice);

  const auto dns = root.table("dns");
  Once servers("DNS server", root.report());
  out.relay.dns.servers = read_endpoints(dns, "servers", servers);
  dns.flag("allow_loopback", out.relay.dns.allow_loopback);
}

}  // namespace understudy::conf
