#include "base/codec.hpp"
#include "base/net/http_url.hpp"
#include "base/net/ip.hpp"
#include "base/text.hpp"
#include "conf/readers.hpp"

namespace understudy::conf {
namespace {

constexpr std::string_view key_prefix = "ed25519:";
constexpr std::string_view separators = "+-=_!#$%&*/^|~";  // octets of an atom (RFC 5322 §3.2.3) that no one reads as a letter

bool is_path(const std::string& path) {
  return path.starts_with('/') && path.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos;
}

void read_detail_separator(const Section& server, Server& out) {
  std::string separator(1, out.detail_separator);
  server.text("detail_separator", separator);
  if (separator.empty()) {
    out.detail_separator = 0;
  } else if (separator.size() == 1 && separators.find(separator[0]) != std::string_view::npos) {
    out.detail_separator = separator[0];
  } else {
    server.report().error(server.path("detail_separator"), "must be one of " + std::string(separators) + ", or \"\" for none");
  }
}

/// What lies in memtables is written a second time when they are flushed, at worst all at once.
void warn_of_little_space(const Section& server, const Config& config) {
  if (config.relay.free_space >= config.server.memory / 4) return;
  server.report().warn(server.path("free_space"),
                       "less than a quarter of server.memory: the store may run out of space before mail is put off");
}

std::string read_peer_key(const Section& peer) {
  std::string key;
  peer.text("key", key);
  if (key.empty()) {
    peer.report().warn(
        peer.path("key"),
        "none: the other machine cannot be known by its key, and there is no link; `understudy peer pair` there shows it");
    return key;
  }
  if (key == std::string(key_prefix) + "...") {
    peer.report().warn(
        peer.path("key"),
        "still the placeholder, and there is no link: `understudy peer pair` on the other machine shows its key");
    return {};
  }
  const auto octets =
      key.starts_with(key_prefix) ? base::from_base64(std::string_view(key).substr(key_prefix.size())) : std::nullopt;
  if (octets && octets->size() == 32) return key;
  peer.report().error(peer.path("key"), "must be \"ed25519:\" and 32 octets in Base64");
  return {};
}

void read_journal(const Section& journal, Journal& out) {
  journal.text("key", out.key);
  journal.duration("sign_every", out.sign_every);
  if (!out.key.empty()) check_absolute(journal, "key", out.key);
  journal.text("timestamp", out.timestamp);
  journal.text("timestamp_roots", out.timestamp_roots);
  journal.duration("timestamp_every", out.timestamp_every);
  if (!out.timestamp_roots.empty()) check_absolute(journal, "timestamp_roots", out.timestamp_roots);
  if (out.timestamp.empty()) return;
  if (!net::HttpUrl::parse(out.timestamp))
    journal.report().error(journal.path("timestamp"), "\"" + base::escape(out.timestamp) +
                                                          "\" is no address to post to; write \"http://tsa.example.org/\"");
  if (out.timestamp_roots.empty())
    journal.report().error(journal.path("timestamp"),
                           "nothing says whom to trust; set timestamp_roots to the authority's root certificate, in PEM");
  if (out.sign_every.count() == 0)
    journal.report().error(journal.path("timestamp"),
                           "heads are stamped once they are signed, and none is with sign_every = 0; set it to \"1m\"");
}

/// The program is named by its path: what a PATH would find is not for a file to decide.
void read_master_command(const Section& encryption, archive::keys::Options& out) {
  for (const auto& word : encryption.texts("master_command")) out.master_command.push_back(word.text);
  if (!encryption.has("master_command", Value::Kind::list)) return;
  if (out.master_command.empty() || !is_path(out.master_command.front()))
    encryption.report().error(encryption.path("master_command"),
                              "must begin with the absolute path of a program; its arguments follow, and no shell reads them");
}

void read_encryption(const Section& encryption, const std::string& data, archive::keys::Options& out) {
  if (!encryption.exists()) return;
  encryption.text("master_key", out.master_key);
  check_absolute(encryption, "master_key", out.master_key);
  read_master_command(encryption, out);
  encryption.text("ring", out.ring);
  check_absolute(encryption, "ring", out.ring);
  if (!encryption.exists("master_key") && !encryption.exists("master_command"))
    encryption.report().error(encryption.path(),
                              "says nothing of the master key: set master_key to a file of `understudy encryption new-key`, or "
                              "master_command to a program that prints it; without the table nothing is encrypted");
  if (!out.master_key.empty() && !out.master_command.empty())
    encryption.report().error(encryption.path("master_command"),
                              "there is a master_key, too; one of the two says where the key is");
  if (out.on() && out.ring.empty()) out.ring = data + (data.ends_with('/') ? "keys/ring" : "/keys/ring");
}

}  // namespace

std::string canonical_host(const Text& text, Report& report) {
  const auto domain = mail::address::canonical_domain(text.text);
  if (domain && !domain->starts_with('[') && !net::IpAddress::parse(*domain)) return *domain;
  report.error(text.path, "\"" + text.text + "\" is no host or domain name; write one such as \"mail.example.org\"");
  return {};
}

void check_absolute(const Section& section, std::string_view key, const std::string& path) {
  if (section.has(key) && !is_path(path))
    section.report().error(section.path(key), "must be an absolute path: the server does not run in your directory");
}

void read_server(const Section& root, Config& out) {
  const auto server = root.table("server");
  auto& to = out.server;
  std::string hostname;
  server.text("hostname", hostname);
  if (server.has("hostname")) to.hostname = canonical_host({hostname, server.path("hostname")}, server.report());
  std::string domain_name;
  server.text("domain_name", domain_name);
  if (server.has("domain_name")) to.domain_name = canonical_host({domain_name, server.path("domain_name")}, server.report());
  server.text("data", to.data);
  check_absolute(server, "data", to.data);
  server.text("admin_socket", to.admin_socket);
  check_absolute(server, "admin_socket", to.admin_socket);
  server.text("admin_group", to.admin_group);
  server.word<Safe>("safe", {{"here", Safe::here}, {"both", Safe::both}}, to.safe);
  server.duration("both_wait", to.both_wait);
  server.size("memory", to.memory);
  server.size("free_space", out.relay.free_space);
  warn_of_little_space(server, out);
  server.duration("stop_wait", out.relay.stop_wait);
  read_detail_separator(server, to);

  const auto store = root.table("store");
  store.number("compression", out.store.compression);
  store.flag("check_writes", out.store.check_writes);

  read_journal(root.table("journal"), out.journal);
  read_encryption(root.table("encryption"), to.data, out.encryption);

  const auto tls = root.table("tls");
  tls.text("certificate", out.relay.tls.certificate);
  tls.text("key", out.relay.tls.key);
  check_absolute(tls, "certificate", out.relay.tls.certificate);
  check_absolute(tls, "key", out.relay.tls.key);
}

void read_peer(const Section& root, Config& out) {
  const auto peer = root.table("peer");
  if (!peer.exists()) return;
  relay::peer::Options to;
  peer.text("host", to.host);
  if (const auto address = net::IpAddress::parse(to.host))
    to.host = address->text();
  else if (peer.has("host"))
    to.host = canonical_host({to.host, peer.path("host")}, peer.report());
  peer.number("port", to.port);
  to.key = read_peer_key(peer);
  Once places("address and port", peer.report());
  to.binds = read_endpoints(peer, "bind", places);
  peer.duration("retry", to.retry);
  peer.duration("retry_max", to.retry_max);
  peer.duration("idle", to.idle);
  peer.duration("receipt_wait", to.receipt_wait);
  using relay::peer::Endings;
  peer.word<Endings>("endings", {{"ask", Endings::ask}, {"obey", Endings::obey}}, to.endings);
  peer.size("window", to.window);
  out.peer = std::move(to);
}

}  // namespace understudy::conf
