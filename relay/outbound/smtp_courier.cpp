#include "relay/outbound/smtp_courier.hpp"

#include <algorithm>
#include <fstream>

#include "base/log.hpp"
#include "base/text.hpp"
#include "relay/outbound/smtp_conversation.hpp"

namespace understudy::relay {
namespace {
constexpr std::string_view mx_prefix = "mx:";

Outcome deferred(std::string status, std::string text) {
  return outcome_of({451, std::move(status), std::move(text)}, Outcome::Scope::next_hop);
}
}  // namespace

base::Result<mail::sasl::Login> read_login(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line)) return base::fail(file, base::errc::not_found);
  const auto space = line.find(' ');
  if (space == std::string::npos || space == 0 || space + 1 == line.size())
    return base::fail(file + ": one line of user name, space, password is wanted", base::errc::malformed);
  mail::sasl::Login login;
  login.user = line.substr(0, space);
  login.password = line.substr(space + 1);
  return login;
}

net::Task<SmtpCourier::Way> SmtpCourier::find_way(const Settings& settings, const routing::Route* route, std::string domain) {
  Way way;
  if (route) {
    way.tls = route->tls;
    if (route->peer_key.starts_with("sha256:")) way.certificate = route->peer_key;
    way.auth_file = route->auth_file;
  }
  FindOptions options;
  options.own_names = {settings.policy.hostname};
  options.own_endpoints = settings.own_endpoints;
  options.hosts = settings.options.outbound.hosts;
  options.allow_loopback = settings.options.dns.allow_loopback;
  const std::uint16_t port = route ? route->via.port : 25;
  if (route && !route->via.by_mx) {
    way.found = Way::Found::by_name;
    way.hosts = co_await find_static_hosts(parts_.resolver, route->via.host, port, std::move(options));
    co_return way;
  }
  way.hosts = co_await find_mx_hosts(parts_.resolver, parts_.random, std::move(domain), port, std::move(options));
  co_return way;
}

net::Task<Courier::Opened> SmtpCourier::open(routing::Hop hop) {
  const auto settings = parts_.settings.get();
  const bool by_mx = hop.text.starts_with(mx_prefix);
  const std::string domain = by_mx ? hop.text.substr(mx_prefix.size()) : std::string();
  const auto routes = settings->routes.routes_of(hop);
  std::vector<const routing::Route*> ways;
  for (const auto& route : routes) ways.push_back(&route);
  if (ways.empty() && by_mx) ways.push_back(nullptr);
  Opened opened = deferred("4.4.4", "no route leads to " + hop.text);
  for (const auto* route : ways) {
    auto way = co_await find_way(*settings, route, domain);
    auto connected = co_await connect(*settings, std::move(way));
    if (auto* session = std::get_if<std::unique_ptr<SmtpSession>>(&connected)) {
      opened = std::make_unique<SmtpConversation>(parts_.archive, settings, hop, std::move(*session));
      co_return opened;
    }
    opened = std::get<Outcome>(connected);
  }
  co_return opened;
}

net::Task<std::variant<std::unique_ptr<SmtpSession>, Outcome>> SmtpCourier::connect(const Settings& settings, Way way) {
  std::variant<std::unique_ptr<SmtpSession>, Outcome> result =
      way.hosts.trouble.value_or(deferred("4.4.1", "no host answered"));
  constexpr int slow_hosts = 3;  // so many of them may be silent before the rest of a long list waits for another attempt
  if (way.found == Way::Found::by_mx) way.until = parts_.clock.steady() + slow_hosts * settings.options.outbound.waits.open;
  for (const auto& candidate : way.hosts.candidates) {
    if (parts_.clock.steady() >= way.until) break;
    result = co_await try_host(settings, way, candidate, way.tls);
    if (std::holds_alternative<std::unique_ptr<SmtpSession>>(result)) co_return result;
    const auto& outcome = std::get<Outcome>(result);
    base::log::info("delivery.host_failed",
                    {{"host", candidate.host}, {"address", candidate.endpoint.text()}, {"reply", outcome.reply.text()}});
  }
  co_return result;
}

net::Task<std::variant<std::unique_ptr<SmtpSession>, Outcome>> SmtpCourier::try_host(const Settings& settings, const Way& way,
                                                                                     const Candidate& candidate,
                                                                                     routing::TlsPolicy tls) {
  std::variant<std::unique_ptr<SmtpSession>, Outcome> result;
  SessionPlan plan;
  plan.host = candidate.host;
  plan.tls = tls;
  plan.certificate = way.certificate;
  plan.ehlo_name = settings.options.outbound.ehlo_name;
  plan.waits = settings.options.outbound.waits;
  if (!way.auth_file.empty()) {
    auto login = read_login(way.auth_file);
    if (!login) {
      base::log::error("delivery.auth_file", {{"reason", login.error().text()}});
      result = deferred("4.3.5", "the credentials for this route cannot be read here");
      co_return result;
    }
    plan.login = std::move(*login);
  }
  auto link = co_await parts_.connector.connect(candidate.endpoint, std::nullopt, plan.waits.connect);
  if (!link) {
    result = deferred(
        "4.4.1", "no connection to " + candidate.host + " (" + candidate.endpoint.text() + "): " + link.error().code.message());
    co_return result;
  }
  if (way.found == Way::Found::by_mx) plan.open_until = std::min(way.until, parts_.clock.steady() + plan.waits.open);
  auto session = std::make_unique<SmtpSession>(std::move(*link), plan, settings.client_tls, parts_.clock);
  const bool open = co_await session->open();
  if (open) {
    result = std::move(session);
    co_return result;
  }
  if (session->in_handshake() && tls == routing::TlsPolicy::may && !plan.login &&
      plan.certificate.empty()) {  // opportunistic: better in the clear than not at all
    session.reset();
    co_return co_await try_host(settings, way, candidate, routing::TlsPolicy::none);
  }
  mail::smtp::Reply reply{451, "4.4.2", "the session ended early"};
  if (session->failure()) reply = session->failure()->reply;
  if (reply.permanent())
    reply = {451, "4.3.0", "refused at the start of the session: " + reply.text()};  // the host, not the message
  result = outcome_of(reply, Outcome::Scope::next_hop);
  co_return result;
}

}  // namespace understudy::relay
