/// What a machine is told by its configuration: the settings of sessions and deliveries, and those of the directory.
#include <filesystem>

#include "app/machine.hpp"
#include "app/tls_pair.hpp"
#include "conf/convert.hpp"

namespace understudy::app {
namespace {

/// Of the configuration, or our own.
base::Result<net::TlsKeyFiles> key_files(const conf::Config& config) {
  if (!config.relay.tls.certificate.empty()) return net::TlsKeyFiles{config.relay.tls.certificate, config.relay.tls.key};
  return own_tls_pair(std::filesystem::path(config.server.data) / "tls", config.server.hostname);
}

/// The peer's key belongs to the routes that lead to it, so that split horizon knows the machine by it.
routing::RouteTable routes_of(const conf::Config& config) {
  if (!config.peer || config.peer->key.empty()) return conf::to_routes(config);
  auto routes = conf::to_routes(config).all();
  for (auto& route : routes)
    if (route.peer_key.empty() && !route.via.by_mx && route.via.host == config.peer->host) route.peer_key = config.peer->key;
  return routing::RouteTable(std::move(routes));
}

}  // namespace

namespace {
/// By the order of the keys where the other machine is known; else by what this one is in the passthrough.
archive::directory::Parity parity_of(const conf::Config& config, const base::PublicKey& own) {
  using archive::directory::Parity;
  const auto other = config.peer ? base::PublicKey::parse(config.peer->key) : std::nullopt;
  if (other) return own < *other ? Parity::even : Parity::odd;
  return conf::first_role(config) == routing::Role::archive ? Parity::odd : Parity::even;
}
}  // namespace

archive::directory::Options directory_options(const conf::Config& config, const base::PublicKey& own) {
  archive::directory::Options options;
  for (const auto& domain : config.domains) {
    options.domains[domain.name] = domain.name;
    for (const auto& alias : domain.aliases) options.domains[alias] = domain.name;
  }
  for (const auto& alias : config.aliases) options.lists[alias.address] = alias.to;
  for (const auto& from : config.templates) options.templates[from.name] = {from.folders, from.quota, from.login};
  options.create_template = config.undelivered.create_template;
  for (const auto& account : config.accounts) options.seeds.push_back({account.address, account.aliases, account.password});
  options.postmaster = config.server.postmaster;
  options.undelivered = config.undelivered.account;
  options.create_limit = config.passthrough.create_limit;
  options.detail_separator = config.server.detail_separator;
  options.uid_validity = parity_of(config, own);
  return options;
}

namespace {
/// Clients are asked for a certificate where one would tell who they are.
base::Result<std::shared_ptr<const net::TlsContext>> access_tls(const conf::Config& config) {
  auto files = key_files(config);
  if (!files) return std::unexpected(files.error());
  using Certificate = net::TlsServerOptions::ClientCertificate;
  net::TlsServerOptions options{*files, Certificate::ignore, {}};
  if (!config.access.client_authorities.empty()) {
    options.client_certificate = Certificate::ask;
    options.client_roots = config.access.client_authorities;
  }
  return net::TlsContext::server(options);
}
}  // namespace

base::Result<std::shared_ptr<const archive::access::Settings>> access_settings(const conf::Config& config, routing::Role role) {
  auto access = std::make_shared<archive::access::Settings>();
  access->options = config.access;
  for (const auto& listener : config.relay.listeners)
    if (listener.protocol == relay::Protocol::imap) access->options.message_size = listener.limits.message_size;
  access->serve = role == routing::Role::in_charge ? archive::access::Serve::everything : config.access.in_archive_role;
  access->hostname = config.server.hostname;
  access->domain_name = config.server.domain_name;
  access->logins = config.relay.logins;
  auto tls = access_tls(config);
  if (!tls) return std::unexpected(tls.error());
  access->tls = std::move(*tls);
  return std::shared_ptr<const archive::access::Settings>(std::move(access));
}

base::Result<std::shared_ptr<const relay::Settings>> make_settings(const conf::Config& config, routing::Role role,
                                                                   const std::vector<net::IpAddress>& addresses) {
  auto settings = std::make_shared<relay::Settings>();
  settings->options = conf::to_relay_options(config);
  settings->policy = conf::to_policy(config, role);
  settings->routes = routes_of(config);
  settings->domain_name = config.server.domain_name;
  settings->postmaster = config.server.postmaster;
  settings->own_endpoints = conf::own_endpoints(config, addresses);
  auto files = key_files(config);
  if (!files) return std::unexpected(files.error());
  auto server = net::TlsContext::server({*files, net::TlsServerOptions::ClientCertificate::ask, {}});
  if (!server) return std::unexpected(server.error());
  net::TlsClientOptions client;
  client.files = *files;  // so that a next hop that lists our certificate knows us by it
  auto client_context = net::TlsContext::client(client);
  if (!client_context) return std::unexpected(client_context.error());
  settings->server_tls = std::move(*server);
  settings->client_tls = std::move(*client_context);
  return std::shared_ptr<const relay::Settings>(std::move(settings));
}

}  // namespace understudy::app
