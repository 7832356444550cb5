#include "conf/describe.hpp"
#include "conf/validate.hpp"

namespace understudy::conf {
namespace {

void say_link(const Config& config, Report& report) {
  if (config.server.safe == Safe::both)
    report.warn("server.safe",
                "\"both\" needs receipts of the other machine, which this version does not wait for: it is kept to as "
                "\"here\"");
  if (config.in_charge) report.warn("passthrough.in_charge", "this version never changes its role: nothing here takes effect");
}

void say_listeners(const Config& config, Report& report) {
  for (std::size_t l = 0; l < config.relay.listeners.size(); ++l) {
    const auto& listener = config.relay.listeners[l];
    if (listener.protocol != relay::Protocol::http) continue;
    report.warn(place_in("listener", l, "protocol"),
                "this version does not serve \"" + std::string(name_of(listener.protocol)) +
                    "\": nothing will answer there; `understudy message` shows what is in a mailbox");
  }
}

void say_templates(const Config& config, Report& report) {
  for (std::size_t t = 0; t < config.templates.size(); ++t) {
    const auto& each = config.templates[t];
    if (!each.retention.empty())
      report.warn(place_in("template", t, "retention[0]"),
                  "this version moves and deletes nothing by age: all messages stay in their folders");
  }
}

void say_routes(const Config& config, Report& report) {
  for (std::size_t r = 0; r < config.routes.size(); ++r) {
    if (config.routes[r].tls == routing::TlsPolicy::dane)
      report.warn(place_in("route", r, "tls"), "\"dane\" is not there in this version: it is kept to as \"verify\"");
    if (config.routes[r].if_down == routing::IfDown::direct)
      report.warn(place_in("route", r, "if_down"), "\"direct\" is not there in this version: it is kept to as \"wait\"");
  }
}

}  // namespace

void say_not_yet(const Config& config, Report& report) {
  say_link(config, report);
  say_listeners(config, report);
  say_templates(config, report);
  say_routes(config, report);
}

}  // namespace understudy::conf
