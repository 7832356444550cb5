#include "conf/init.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "conf/config.hpp"
#include "conf/edit.hpp"

namespace understudy::conf {
namespace {

using Role = InitAnswers::Role;

constexpr std::size_t comment_column = 41;

class Writer {
 public:
  void comment(std::string_view text) { out_.append("# ").append(text).append("\n"); }
  /// "[server]" or "[[client]]", with an empty line before it.
  void table(std::string_view header, std::string_view comment = {}) {
    if (begins_.empty()) out_ += "\n";
    line(std::string(header), comment);
  }
  /// What follows is written as comments until resume(): it would only be warned of. `what` is missing in this version.
  void park(std::string_view what) { hold_back("Not in this version: " + std::string(what)); }
  /// As park(), for values that hold anyway, and for what has to be filled in first.
  void defaults(std::string_view of) { hold_back(std::string(of)); }
  void resume() { begins_ = ""; }
  void text(std::string_view key, const std::string& value, std::string_view comment = {}) {
    set(key, toml_text(value), comment);
  }
  void texts(std::string_view key, const std::vector<std::string>& values, std::string_view comment = {}) {
    set(key, toml_texts(values), comment);
  }
  void set(std::string_view key, const std::string& value, std::string_view comment = {}) {
    line(std::string(key) + " = " + value, comment);
  }
  std::string take() { return std::move(out_); }

 private:
  void hold_back(const std::string& why) {
    out_.append("\n# ").append(why).append("\n");
    begins_ = "# ";
  }
  void line(std::string text, std::string_view comment) {
    text.insert(0, begins_);
    if (!comment.empty()) {
      text.append(text.size() < comment_column - 1 ? comment_column - text.size() : 1, ' ');
      text.append("# ").append(comment);
    }
    out_ += text + "\n";
  }

  std::string out_;
  std::string_view begins_;
};

std::string postmaster_of(const InitAnswers& answers) {
  return answers.postmaster.empty() ? "postmaster@" + answers.domain : answers.postmaster;
}

void write_server(const InitAnswers& answers, Writer& out) {
  const bool primary = answers.role == Role::primary;
  out.comment(primary ? "The mail server of " + base::escape(answers.domain) + ", by `understudy init`."
                      : "The archive and standby of " + base::escape(answers.domain) + ", by `understudy init`.");
  out.comment("docs/configuration.md explains every key; `understudy check` reads this file and changes nothing.");
  out.table("[server]");
  out.text("hostname", answers.hostname, "said in EHLO and Received:");
  out.text("domain_name", answers.domain, "the same on both machines");
  out.text("data", answers.data);
  out.text("postmaster", postmaster_of(answers));
  out.text("safe", "here", "what 250 waits for: our own disk");
  out.text("memory", "128M", "memtables and caches together");
  if (!answers.certificate.empty() || !answers.key.empty()) {
    out.table("[tls]");
    out.text("certificate", answers.certificate);
    out.text("key", answers.key);
  }
}

void write_store(Writer& out) {
  const Store store;
  out.defaults("How mail is kept, and the defaults.");
  out.table("[store]");
  out.set("compression", std::to_string(store.compression), "level of zstd, to 19; 0: none");
  out.set("check_writes", store.check_writes ? "true" : "false", "true: compare what was written before 250");
  out.resume();
}

void write_journal(Writer& out) {
  out.defaults("An authority outside that stamps the journal's signed heads (RFC 3161); none by default.");
  out.table("[journal]");
  out.text("timestamp", "http://tsa.example.org/", "who is asked; sees a hash, and nothing of the mail");
  out.text("timestamp_roots", "/etc/understudy/tsa-ca.pem", "the certificate that its own leads to");
  out.text("timestamp_every", "1h");
  out.resume();
}

void write_encryption(const InitAnswers& answers, Writer& out) {
  if (answers.master_key.empty())
    out.defaults("Encryption of all that is kept; off by default. Lost with the master key: keep a copy of it elsewhere.");
  out.table("[encryption]");
  out.text("master_key", answers.master_key.empty() ? "/etc/understudy/master.key" : answers.master_key,
           "of `understudy encryption new-key`");
  if (answers.master_key.empty()) out.resume();
}

void write_peer(const InitAnswers& answers, Writer& out) {
  const bool primary = answers.role == Role::primary;
  if (!answers.peer_host.empty() && !answers.peer_networks.empty()) {
    out.table("[[client]]", primary ? "the archive, when it brings mail home" : "the primary");
    out.text("name", answers.peer_host);
    out.texts("networks", answers.peer_networks);
    out.texts("may", primary ? std::vector<std::string>{"local-sender", "copy"}
                             : std::vector<std::string>{"relay", "local-sender", "copy"});
    if (!primary) out.text("odd_octets", "keep", "what it copies is evidence, whatever its shape");
  }
  for (const auto& client : answers.clients) {
    out.table("[[client]]", "may do more than the world");
    out.text("name", client.name);
    out.texts("networks", client.networks);
    out.texts("may", client.may, "relay | local-sender | copy");
  }
  if (answers.peer_host.empty() || answers.peer_is == InitAnswers::Link::foreign) return;
  out.defaults("The link between the two machines: take it in with the key that `understudy peer pair` shows there.");
  out.table("[peer]");
  out.text("host", answers.peer_host);
  out.set("port", std::to_string(answers.peer_port));
  out.text("key", answers.peer_key, "pins the other machine's key");
  out.texts("bind", {"0.0.0.0:" + std::to_string(answers.peer_port)}, "it dials this machine here; none: only we dial");
  out.text("endings", "ask", "ask | obey: what it orders to be ended here");
  out.resume();
}

void write_dns(const InitAnswers& answers, Writer& out) {
  const bool loopback = answers.mx_to_loopback == InitAnswers::Loopback::allow;
  if (answers.dns_servers.empty() && !loopback) return;
  out.table("[dns]");
  if (!answers.dns_servers.empty()) out.texts("servers", answers.dns_servers);
  if (loopback) out.set("allow_loopback", "true", "for tests only");
}

void write_listener(std::string_view protocol, const std::vector<std::string>& binds, std::string_view tls, Writer& out) {
  if (binds.empty()) return;
  out.table("[[listener]]");
  out.text("protocol", std::string(protocol), protocol == "submission" ? "authentication required" : "");
  out.texts("bind", binds);
  out.text("tls", std::string(tls));
}

/// Users connect to the primary. Auditors read here, once there is a listener.
void write_readers_of_archive(const InitAnswers& answers, Writer& out) {
  write_listener("imap", answers.imap_binds, "implicit", out);
  write_listener("pop3", answers.pop3_binds, "implicit", out);
  out.defaults("Who reads here: an [[operator]] with a password by IMAP (docs/audit.md); users, where archive_role lets them.");
  out.table("[access]");
  out.text("archive_role", "nothing", "nothing | read-only | everything");
  if (answers.imap_binds.empty()) write_listener("imap", {"0.0.0.0:993"}, "implicit", out);
  out.resume();
}

void write_listeners(const InitAnswers& answers, Writer& out) {
  write_listener("smtp", answers.smtp_binds, "starttls", out);
  if (answers.role == Role::archive) return write_readers_of_archive(answers, out);
  if (!answers.smtp_binds.empty()) out.set("refuse_nonlocal_claiming_local", "true", "nobody outside sends as one of ours");
  write_listener("submission", answers.submission_binds, "starttls", out);
  write_listener("imap", answers.imap_binds, "implicit", out);
  write_listener("pop3", answers.pop3_binds, "implicit", out);
  if (!answers.pop3_binds.empty()) return;
  out.defaults("For programs that fetch mail by POP3; off by default.");
  write_listener("pop3", {"0.0.0.0:995"}, "implicit", out);
  out.resume();
}

void write_accounts(const InitAnswers& answers, Writer& out) {
  out.table("[[domain]]");
  out.text("name", answers.domain);
  if (!answers.domain_aliases.empty()) out.texts("aliases", answers.domain_aliases, "the same accounts under another name");
  auto accounts = answers.accounts;
  const auto postmaster = postmaster_of(answers);
  const bool known = std::ranges::any_of(accounts, [&](const InitAccount& account) {
    return base::iequals(account.address, postmaster) ||
           std::ranges::any_of(account.aliases, [&](const std::string& alias) { return base::iequals(alias, postmaster); });
  });
  const bool local = base::to_lower(postmaster).ends_with("@" + base::to_lower(answers.domain));
  if (answers.role == Role::primary && !known && local) accounts.insert(accounts.begin(), InitAccount{postmaster});
  for (const auto& account : accounts) {
    out.table("[[account]]", account.password.empty() ? "no login until `understudy account passwd`" : "");
    out.text("address", account.address);
    if (!account.aliases.empty()) out.texts("aliases", account.aliases);
    if (!account.password.empty()) out.text("password", account.password);
  }
}

void write_passthrough(const InitAnswers& answers, Writer& out) {
  const bool archive = answers.role == Role::archive;
  const bool copies = !archive && !answers.peer_host.empty();
  const auto flag = [](bool on) { return std::string(on ? "true" : "false"); };
  out.table("[passthrough]");
  out.texts("domains", {"*"});
  out.set("copy_to_sender_sent", flag(archive));
  out.set("create_mailbox", flag(archive));
  out.set("copy_local_to_outbox", flag(copies), copies ? "a copy of all local mail goes to the archive" : "");
  out.set("copy_without_received_to_outbox", flag(archive), archive ? "bounces made here reach the users" : "");
  out.text("accept_local_from", archive ? "clients" : "anyone");
  out.text("resend_window", "14d");
  out.set("create_limit", "200", "mailboxes a day per domain");
  out.table("[undelivered]");
  out.text("action", archive ? "store" : "return", "return | store");
  if (!archive) return;
  out.text("template", "default");
  out.table("[[template]]");
  out.text("name", "default");
  out.texts("folders", {"INBOX", "Sent", "Drafts", "Junk", "Trash", "Archive"});
  out.text("quota", "0", "no limit");
  out.set("login", "false", "until the directory says otherwise");
  out.park("retention. All messages stay in their folders.");
  out.table("[[template.retention]]");
  out.text("folder", "*");
  out.text("after", "90d");
  out.text("then", "archive", "archive | bin");
  out.resume();
}

void write_route(const std::string& match, const std::string& via, std::string_view comment, Writer& out) {
  out.table("[[route]]", comment);
  out.text("match", match);
  out.text("via", via);
  out.text("tls", "may", "none | may | encrypt | verify | dane | implicit");
}

void write_routes(const InitAnswers& answers, Writer& out) {
  const auto peer = answers.peer_via.empty() ? answers.peer_host + ":25" : answers.peer_via;
  if (answers.role == Role::archive) {
    write_route(answers.domain, peer, "mail made here goes home", out);
    write_route("*", answers.outside_via, "to the world", out);
  } else {
    write_route("*", answers.peer_host.empty() ? answers.outside_via : peer, "first match wins; no match: MX", out);
  }
}

}  // namespace

std::string render_init(const InitAnswers& answers) {
  Writer out;
  write_server(answers, out);
  write_store(out);
  write_journal(out);
  write_encryption(answers, out);
  write_peer(answers, out);
  write_dns(answers, out);
  write_listeners(answers, out);
  write_accounts(answers, out);
  write_passthrough(answers, out);
  write_routes(answers, out);
  return out.take();
}

}  // namespace understudy::conf
