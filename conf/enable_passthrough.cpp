#include "conf/enable_passthrough.hpp"

#include <algorithm>

#include "conf/edit.hpp"
#include "conf/load.hpp"
#include "conf/report.hpp"

namespace understudy::conf {
namespace {

using Role = EnablePassthrough::Role;
using routing::Switch;

/// The text between two edits. After the first problem it stays as it is.
class Draft {
 public:
  Draft(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  void set(const std::string& table, const std::string& key, const std::string& value) {
    if (!problems_.empty()) return;
    take(apply(text_, file_, {table, key, value}));
  }
  void append(const std::string& list, const std::string& lines) {
    if (problems_.empty()) take(append_to_list(text_, file_, list, lines));
  }

  /// Loads what was made: an edit may not leave a file that does not start.
  std::expected<std::string, Problems> finish() {
    if (!problems_.empty()) return std::unexpected(problems_);
    const auto loaded = load(text_, file_);
    if (!loaded) return std::unexpected(loaded.error());
    return std::move(text_);
  }

 private:
  void take(std::expected<std::string, Problem> next) {
    if (next)
      text_ = std::move(*next);
    else
      problems_.push_back(next.error());
  }

  std::string text_;
  const std::string& file_;
  Problems problems_;
};

void set_switch(Draft& draft, Switch now, std::string_view key, Switch wanted) {
  if (now != wanted) draft.set("passthrough", std::string(key), wanted == Switch::on ? "true" : "false");
}

/// Through the first route of this match, or a new one: behind all others for "*", which would hide them.
void set_route(Draft& draft, const Config& config, const std::string& match, const std::string& via) {
  const auto hop = routing::parse_next_hop(via);
  for (std::size_t r = 0; r < config.routes.size(); ++r) {
    if (config.routes[r].match != match) continue;
    if (!hop || config.routes[r].via != *hop) draft.set("route[" + std::to_string(r) + "]", "via", toml_text(via));
    return;
  }
  draft.append("route", "match = " + toml_text(match) + "\nvia = " + toml_text(via) + "\n");
}

void set_sender_check(Draft& draft, const Config& config) {
  const auto& listeners = config.relay.listeners;
  for (std::size_t l = 0; l < listeners.size(); ++l)
    if (listeners[l].protocol == relay::Protocol::smtp && listeners[l].refuse_nonlocal_claiming_local != Switch::on)
      draft.set("listener[" + std::to_string(l) + "]", "refuse_nonlocal_claiming_local", "true");
}

void add_client(Draft& draft, const Config& config, const EnablePassthrough& wanted) {
  const auto hop = routing::parse_next_hop(wanted.other);
  const auto& clients = config.relay.clients;
  if (!hop || wanted.networks.empty() || std::ranges::find(clients, hop->host, &relay::Client::name) != clients.end()) return;
  const bool primary = wanted.role == Role::primary;
  draft.append("client", "name = " + toml_text(hop->host) + "\nnetworks = " + toml_texts(wanted.networks) + "\nmay = " +
                             (primary ? "[\"local-sender\", \"copy\"]\n"
                                      : "[\"relay\", \"local-sender\", \"copy\"]\nodd_octets = \"keep\"\n"));
}

void make_primary(Draft& draft, const Config& config, const EnablePassthrough& wanted) {
  set_switch(draft, config.passthrough.copy_local_to_outbox, "copy_local_to_outbox", Switch::on);
  set_sender_check(draft, config);
  set_route(draft, config, "*", wanted.other);
  add_client(draft, config, wanted);
}

void make_archive(Draft& draft, const Config& config, const EnablePassthrough& wanted) {
  const auto& now = config.passthrough;
  set_switch(draft, now.copy_to_sender_sent, "copy_to_sender_sent", Switch::on);
  set_switch(draft, now.create_mailbox, "create_mailbox", Switch::on);
  set_switch(draft, now.copy_local_to_outbox, "copy_local_to_outbox", Switch::off);
  set_switch(draft, now.copy_without_received_to_outbox, "copy_without_received_to_outbox", Switch::on);
  if (now.accept_local_from != routing::AcceptLocalFrom::clients) draft.set("passthrough", "accept_local_from", "\"clients\"");
  if (config.undelivered.action != routing::Undelivered::store) draft.set("undelivered", "action", "\"store\"");
  add_client(draft, config, wanted);
}

/// Reports routes of the file that lead elsewhere and that somebody meant.
class Conflicts {
 public:
  Conflicts(const Config& config, const routing::NextHop& hop, Report& report) : config_(config), hop_(hop), report_(report) {}

  /// A route that keeps local mail from the other machine. New tables go to the end, behind it, so that a better one can't be
  /// put there by itself. On a primary the route "*" is about to be changed.
  void local_mail(Role role) {
    for (const auto& domain : config_.domains) {
      const auto route =
          std::ranges::find_if(config_.routes, [&](const routing::Route& each) { return each.matches(domain.name); });
      if (route == config_.routes.end() || route->via == hop_ || (role == Role::primary && route->match == "*")) continue;
      report_.error(place_in("route", static_cast<std::size_t>(route - config_.routes.begin()), "match"),
                    "mail for \"" + domain.name + "\" has the route \"" + route->match + "\"; put [[route]] match = \"" +
                        domain.name + "\", via = \"" + text_of(hop_) + "\" before it");
    }
  }

  /// A smarthost: its credentials and TLS are not for the other machine, and it may be meant to stay.
  void way_out() {
    for (std::size_t r = 0; r < config_.routes.size(); ++r) {
      const auto& route = config_.routes[r];
      if (route.match != "*" || route.via.by_mx || route.via == hop_) continue;
      report_.error(place_in("route", r, "via"), "all mail goes to " + text_of(route.via) +
                                                     " already; remove this route, and name that host as the way out of the "
                                                     "archive instead");
    }
  }

 private:
  static std::string text_of(const routing::NextHop& hop) { return hop.host + ":" + std::to_string(hop.port); }

  const Config& config_;
  const routing::NextHop& hop_;
  Report& report_;
};

}  // namespace

std::expected<std::string, Problems> enable_passthrough(std::string_view text, const std::string& file,
                                                        const EnablePassthrough& wanted) {
  const auto loaded = load(text, file);
  if (!loaded) return std::unexpected(loaded.error());
  const auto hop = routing::parse_next_hop(wanted.other);
  if (!hop || hop->by_mx)
    return std::unexpected(Problems{{Severity::error, file, {}, "route.via", "name the other machine as host or host:port"}});
  const auto& config = loaded->config;
  const auto document = parse_document(text, file);
  if (!document) return std::unexpected(Problems{document.error()});
  Report report(file, *document);
  Conflicts conflicts(config, *hop, report);
  conflicts.local_mail(wanted.role);
  if (wanted.role == Role::primary) conflicts.way_out();
  if (report.has_error()) return std::unexpected(report.take());
  Draft draft(text, file);
  if (wanted.role == Role::primary) {
    make_primary(draft, config, wanted);
    return draft.finish();
  }
  make_archive(draft, config, wanted);
  for (const auto& domain : config.domains) {
    const bool routed =
        std::ranges::any_of(config.routes, [&](const routing::Route& route) { return route.matches(domain.name); });
    if (!routed) set_route(draft, config, domain.name, wanted.other);
  }
  return draft.finish();
}

}  // namespace understudy::conf
