#include "conf/describe.hpp"

#include "conf/values.hpp"

namespace understudy::conf {
namespace {

using mail::smtp::ServerTls;
using routing::Switch;

std::string word(bool on) {
  return on ? "true" : "false";
}
std::string word(Switch state) {
  return word(state == Switch::on);
}
std::string word(routing::AcceptLocalFrom from) {
  return from == routing::AcceptLocalFrom::anyone ? "anyone" : "clients";
}
std::string word(routing::Undelivered what) {
  return what == routing::Undelivered::store ? "store" : "return";
}
std::string word(ServerTls tls) {
  return tls == ServerTls::none ? "none" : tls == ServerTls::starttls ? "starttls" : "implicit";
}

std::string word(routing::TlsPolicy tls) {
  switch (tls) {
    case routing::TlsPolicy::none:
      return "none";
    case routing::TlsPolicy::may:
      return "may";
    case routing::TlsPolicy::encrypt:
      return "encrypt";
    case routing::TlsPolicy::verify:
      return "verify";
    case routing::TlsPolicy::dane:
      return "dane";
    case routing::TlsPolicy::implicit:
      return "implicit";
  }
  return {};
}

std::string word(routing::Permissions may) {
  std::string out;
  const auto add = [&](bool has, std::string_view name) {
    if (has) out.append(out.empty() ? "" : ", ").append(name);
  };
  add(may.relay, "relay");
  add(may.local_sender, "local-sender");
  add(may.copy, "copy");
  return out;
}

std::string word(const routing::NextHop& hop) {
  return hop.text();
}

const std::string& word(const std::string& text) {
  return text;
}
template <class T>
requires requires(const T& value) {
  value.text();
}
std::string word(const T& value) {
  return value.text();
}
template <class T>
std::string word(const std::vector<T>& list) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : ", ") + word(item);
  return out;
}

class Description {
 public:
  void in(std::string prefix) { prefix_ = std::move(prefix) + "."; }
  template <class T>
  void say(std::string_view key, const T& value) {
    if constexpr (std::is_same_v<T, std::chrono::milliseconds> || std::is_same_v<T, std::chrono::seconds>)
      add(key, format_duration(value));
    else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
      add(key, std::to_string(value));
    else
      add(key, word(value));
  }
  void size(std::string_view key, std::uint64_t octets) { add(key, format_size(octets)); }
  void secret(std::string_view key, const std::string& value) {
    out_.push_back({prefix_ + std::string(key), value, Setting::Show::secret});
  }
  std::vector<Setting> take() { return std::move(out_); }

 private:
  void add(std::string_view key, std::string value) { out_.push_back({prefix_ + std::string(key), std::move(value)}); }

  std::string prefix_;
  std::vector<Setting> out_;
};

void say_server(const Config& config, Description& out) {
  const auto& server = config.server;
  out.in("server");
  out.say("hostname", server.hostname);
  out.say("domain_name", server.domain_name);
  out.say("data", server.data);
  out.say("admin_socket", server.admin_socket);
  out.say("admin_group", server.admin_group);
  out.say("postmaster", server.postmaster);
  out.say("safe", std::string(server.safe == Safe::both ? "both" : "here"));
  out.say("both_wait", server.both_wait);
  out.size("memory", server.memory);
  out.size("free_space", config.relay.free_space);
  out.say("stop_wait", config.relay.stop_wait);
  out.say("detail_separator", server.detail_separator == 0 ? std::string() : std::string(1, server.detail_separator));
  out.in("store");
  out.say("compression", config.store.compression);
  out.say("check_writes", config.store.check_writes);
  out.in("journal");
  out.say("key", config.journal.key);
  out.say("sign_every", config.journal.sign_every);
  out.say("timestamp", config.journal.timestamp);
  out.say("timestamp_roots", config.journal.timestamp_roots);
  out.say("timestamp_every", config.journal.timestamp_every);
  out.in("encryption");
  out.say("master_key", config.encryption.master_key);
  out.say("master_command", config.encryption.master_command);
  out.say("ring", config.encryption.ring);
  out.in("tls");
  out.say("certificate", config.relay.tls.certificate);
  out.say("key", config.relay.tls.key);
  out.in("peer");
  if (config.peer) {
    out.say("host", config.peer->host);
    out.say("port", config.peer->port);
    out.say("key", config.peer->key);
    out.say("bind", config.peer->binds);
    out.say("retry", config.peer->retry);
    out.say("retry_max", config.peer->retry_max);
    out.say("idle", config.peer->idle);
    out.say("receipt_wait", config.peer->receipt_wait);
    out.say("endings", std::string(config.peer->endings == relay::peer::Endings::obey ? "obey" : "ask"));
    out.size("window", config.peer->window);
  }
  out.in("dns");
  out.say("servers", config.relay.dns.servers);
  out.say("allow_loopback", config.relay.dns.allow_loopback);
}

std::string word(archive::audit::Policy::Reading reading) {
  using Reading = archive::audit::Policy::Reading;
  return reading == Reading::never ? "never" : reading == Reading::audited ? "audited" : "second-person";
}

std::string_view word(archive::audit::Kind kind) {
  static constexpr std::string_view words[] = {"",       "plain",  "inspect",   "search", "read",
                                               "export", "change", "configure", "end"};
  const auto at = static_cast<std::size_t>(kind);
  return at < std::size(words) ? words[at] : "";
}

void say_audit(const Config& config, Description& out) {
  const auto& audit = config.audit;
  out.in("audit");
  out.say("administrators_read", word(audit.administrators_read));
  std::string kinds;
  for (const auto kind : audit.second_person) kinds.append(kinds.empty() ? "" : ", ").append(word(kind));
  out.say("second_person", kinds);
  out.say("auditors_need_case", audit.auditors_cases == archive::audit::Policy::Cases::needed);
  out.say("approval_valid", audit.approval_valid);
  for (const auto& each : audit.operators) {
    out.in("operator " + each.name);
    out.say("user", each.user);
    std::string roles;
    for (const auto role : each.roles)
      roles.append(roles.empty() ? "" : ", ").append(role == archive::audit::Role::auditor ? "auditor" : "administrator");
    out.say("roles", roles);
    out.secret("password", each.verifier);
  }
}

void say_limits(const relay::Limits& limits, Description& out) {
  out.size("message_size", limits.message_size);
  out.say("recipients", limits.recipients);
  out.say("command_line", limits.command_line);
  out.say("header_fields", limits.header_fields);
  out.say("errors", limits.errors);
  out.say("command_wait", limits.command_wait);
  out.say("data_wait", limits.data_wait);
  out.say("data_rate", limits.data_rate);
  out.say("transaction_wait", limits.transaction_wait);
}

void say_clients(const Config& config, Description& out) {
  for (const auto& client : config.relay.clients) {
    out.in("client " + client.name);
    out.say("networks", client.networks);
    out.say("certificate", client.certificate);
    out.say("may", client.may);
    out.say("odd_octets", std::string(client.odd_octets == mail::smtp::OddOctets::keep ? "keep" : "refuse"));
  }
}

void say_listeners(const Config& config, Description& out) {
  for (const auto& listener : config.relay.listeners) {
    const auto name = "listener " + std::string(name_of(listener.protocol)) + " " + word(listener.binds);
    out.in(name);
    out.say("tls", listener.tls);
    const auto& refuse = listener.refuse_nonlocal_claiming_local;
    out.say("refuse_nonlocal_claiming_local", refuse ? word(*refuse) : std::string("by role"));
    out.say("refuse_nonlocal_from_local", listener.refuse_nonlocal_from_local);
    out.in(name + ".limits");
    say_limits(listener.limits, out);
  }
}

void say_directory(const Config& config, Description& out) {
  for (const auto& domain : config.domains) {
    out.in("domain " + domain.name);
    out.say("aliases", domain.aliases);
  }
  for (const auto& account : config.accounts) {
    out.in("account " + account.address);
    out.say("aliases", account.aliases);
    out.secret("password", account.password);
  }
  for (const auto& alias : config.aliases) {
    out.in("alias " + alias.address);
    out.say("to", alias.to);
  }
}

void say_switches(const routing::Passthrough& switches, Description& out) {
  out.say("domains", switches.domains);
  out.say("copy_to_sender_sent", switches.copy_to_sender_sent);
  out.say("create_mailbox", switches.create_mailbox);
  out.say("copy_local_to_outbox", switches.copy_local_to_outbox);
  out.say("copy_without_received_to_outbox", switches.copy_without_received_to_outbox);
  out.say("accept_local_from", switches.accept_local_from);
  out.say("resend_window", switches.resend_window);
  out.say("create_limit", switches.create_limit);
}

void say_policy(const Config& config, Description& out) {
  out.in("passthrough");
  say_switches(config.passthrough, out);
  if (config.in_charge) {
    out.in("passthrough.in_charge");
    say_switches(config.in_charge->passthrough, out);
    out.say("undelivered", config.in_charge->undelivered);
  }
  out.in("undelivered");
  out.say("action", config.undelivered.action);
  out.say("template", config.undelivered.create_template);
  out.say("account", config.undelivered.account);
  for (const auto& each : config.templates) {
    out.in("template " + each.name);
    out.say("folders", each.folders);
    out.size("quota", each.quota);
    out.say("login", each.login);
    for (const auto& rule : each.retention)
      out.say("retention " + rule.folder, format_duration(rule.after) + (rule.then == Then::bin ? ", bin" : ", archive"));
  }
}

void say_routes(const Config& config, Description& out) {
  for (std::size_t r = 0; r < config.routes.size(); ++r) {
    const auto& route = config.routes[r];
    out.in("route " + std::to_string(r + 1));
    out.say("match", route.match);
    out.say("via", route.via);
    out.say("tls", route.tls);
    out.say("certificate", route.peer_key);
    out.say("auth", route.auth_file);
    out.say("priority", route.priority);
    out.say("if_down", std::string(route.if_down == routing::IfDown::direct ? "direct" : "wait"));
    out.say("custody", route.custody);
  }
}

void say_access(const Config& config, Description& out) {
  using archive::access::Serve;
  const auto serve = config.access.in_archive_role;
  out.in("access");
  out.say("archive_role", std::string(serve == Serve::nothing     ? "nothing"
                                      : serve == Serve::read_only ? "read-only"
                                                                  : "everything"));
  out.say("connections", config.access.connections);
  out.say("connections_per_address", config.access.connections_per_address);
  out.say("login_wait", config.access.login_wait);
  out.say("idle_wait", config.access.idle_wait);
  out.say("write_wait", config.access.write_wait);
  out.say("data_wait", config.access.data_wait);
  out.say("metadata_entries", config.access.metadata_entries);
  out.size("metadata_size", config.access.metadata_size);
  out.size("metadata_value", config.access.metadata_value);
  out.say("shared_mailboxes", config.access.shared_mailboxes);
  out.say("client_authorities", config.access.client_authorities);
  out.say("errors", config.access.errors);
  out.say("errors_before_login", config.access.errors_before_login);
  out.size("work_memory", config.access.work_memory);
  out.size("heading_memory", config.access.heading_memory);
}

void say_outbound(const Config& config, Description& out) {
  out.in("limits");
  out.say("hops", config.hops);
  out.say("connections", config.relay.connections.total);
  out.say("connections_per_address", config.relay.connections.per_address);
  out.say("login_failures_per_account", config.relay.logins.failures_per_account);
  out.say("login_failures_per_address", config.relay.logins.failures_per_address);
  out.say("login_forgive", config.relay.logins.forgive);
  const auto& outbound = config.relay.outbound;
  out.in("outbound");
  out.say("ehlo_name", outbound.ehlo_name);
  out.say("hosts", outbound.hosts);
  out.say("connections", outbound.connections);
  out.say("connections_per_hop", outbound.connections_per_hop);
  out.say("messages_per_connection", outbound.messages_per_connection);
  out.say("keep_open", outbound.keep_open);
  out.say("connect_wait", outbound.waits.connect);
  out.say("greeting_wait", outbound.waits.greeting);
  out.say("command_wait", outbound.waits.command);
  out.say("data_start_wait", outbound.waits.data_start);
  out.say("data_block_wait", outbound.waits.data_block);
  out.say("data_end_wait", outbound.waits.data_end);
  out.say("open_wait", outbound.waits.open);
  const auto& queue = config.relay.queue;
  out.in("queue");
  out.say("retry_first", queue.retry_first);
  out.say("retry_longest", queue.retry_longest);
  out.say("retry_jitter", queue.retry_jitter);
  out.say("expiry", queue.expiry);
  out.say("delay_notice", queue.delay_notice);
}

}  // namespace

std::string_view name_of(relay::Protocol protocol) {
  switch (protocol) {
    case relay::Protocol::smtp:
      return "smtp";
    case relay::Protocol::submission:
      return "submission";
    case relay::Protocol::imap:
      return "imap";
    case relay::Protocol::pop3:
      return "pop3";
    case relay::Protocol::http:
      return "http";
  }
  return {};
}

std::vector<Setting> describe(const Config& config) {
  Description out;
  say_server(config, out);
  say_audit(config, out);
  say_clients(config, out);
  say_listeners(config, out);
  say_access(config, out);
  say_directory(config, out);
  say_policy(config, out);
  say_routes(config, out);
  say_outbound(config, out);
  return out.take();
}

}  // namespace understudy::conf
