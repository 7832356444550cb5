#include "app/admin/machine_parts.hpp"

#include "app/admin/answers.hpp"
#include "app/admin/peer.hpp"
#include "app/version.hpp"
#include "routing/describe.hpp"

namespace understudy::app {
namespace {

boost::json::array listeners_of(const Machine& machine) {
  boost::json::array listeners;
  for (const auto& bound : machine.bound()) {
    boost::json::object listener;
    listener["protocol"] = conf::name_of(bound.protocol);
    listener["address"] = bound.endpoint.text();
    listeners.emplace_back(std::move(listener));
  }
  return listeners;
}

boost::json::array hops_of(Machine& machine) {
  boost::json::array hops;
  for (const auto& status : machine.scheduler().hops()) {
    boost::json::object hop;
    hop["hop"] = json_text(status.hop);
    hop["entries"] = status.entries;
    hop["connections"] = status.workers;
    hop["last_failure"] = json_text(status.last_failure);
    hop["held_until"] = status.held_until ? boost::json::value(json_time(*status.held_until)) : nullptr;
    hops.emplace_back(std::move(hop));
  }
  return hops;
}

std::map<std::string, HeldHop> held_hops_of(Machine& machine) {
  std::map<std::string, HeldHop> held;
  for (const auto& status : machine.scheduler().hops())
    if (status.held_until) held[status.hop] = {*status.held_until, status.last_failure};
  return held;
}

boost::json::object access_of(const archive::access::ProtocolCounts& counts) {
  using archive::access::Standing;
  boost::json::object out;
  out["strangers"] = counts.now(Standing::stranger);
  out["users"] = counts.now(Standing::user);
  out["idle"] = counts.now(Standing::idle);
  out["logins"] = counts.logins.load();
  out["commands"] = counts.commands.load();
  out["refused"] = counts.refused.load();
  return out;
}

boost::json::object status_of(Machine& machine) {
  const auto& config = machine.config();
  boost::json::object status;
  status["role"] = routing::name_of(machine.role());
  status["version"] = version;
  status["hostname"] = json_text(config.server.hostname);
  status["domain_name"] = json_text(config.server.domain_name);
  status["peer_link"] = json_text(peer_line_of(machine));
  status["listeners"] = listeners_of(machine);
  status["sessions"] = machine.sessions();
  status["space_low"] = machine.space() == relay::Space::low;
  const auto& taken = machine.inbound_counts();
  boost::json::object messages;
  messages["accepted"] = taken.accepted.load();
  messages["resent"] = taken.resent.load();
  messages["refused"] = taken.refused.load();
  status["messages"] = std::move(messages);
  boost::json::object custody_refused;
  custody_refused["damaged"] = taken.custody_damaged.load();
  custody_refused["replayed"] = taken.custody_replayed.load();
  custody_refused["exhausted"] = taken.custody_exhausted.load();
  status["custody_refused"] = std::move(custody_refused);
  const auto& read = machine.access_counts();
  status["logins_refused"] = taken.logins_refused.load() + read.logins_refused.load();
  boost::json::object access;
  access["imap"] = access_of(read.imap);
  access["pop3"] = access_of(read.pop3);
  access["appended"] = read.appended.load();
  access["work_memory"] = read.work_memory.held();
  access["heading_memory"] = read.headings.octets();
  status["access"] = std::move(access);
  const auto counts = machine.scheduler().counts();
  boost::json::object deliveries;
  deliveries["delivered"] = counts.delivered;
  deliveries["deferred"] = counts.deferred;
  deliveries["failed"] = counts.failed;
  deliveries["held"] = counts.held;
  deliveries["custody_hidden"] = counts.hidden;
  status["deliveries"] = std::move(deliveries);
  status["hops"] = hops_of(machine);
  if (const auto waiting = machine.endings().waiting()) {
    boost::json::object orders;
    orders["given"] = waiting->given;
    orders["taken"] = waiting->taken;
    status["orders_waiting"] = std::move(orders);
  }
  return status;
}

/// The best route's; without one the domain's own hosts.
std::string next_hop_of(Machine& machine, const routing::Hop& hop) {
  constexpr std::string_view by_mx = "mx:";
  const auto settings = machine.settings().get();
  const auto routes = settings->routes.routes_of(hop);
  if (!routes.empty() && !routes.front().via.by_mx) return routes.front().via.text();
  if (hop.text.starts_with(by_mx)) return "mx of " + hop.text.substr(by_mx.size());
  return {};
}

net::Task<bool> pause_for(Machine* machine, std::chrono::milliseconds wait) {
  const auto timer = machine->timers().make(machine->home());
  co_return co_await timer->wait(wait) == net::Waited::expired;
}

Acts acts_of(Machine& machine, Reloader& reloader) {
  auto retry = [&machine](const archive::outbox::Id& id) { machine.scheduler().retry(id); };
  auto report = [&machine](base::WallTime since, base::WallTime until) {
    return machine.custody_reports().make({since, until});
  };
  return Acts({machine.head_signer(), machine.witness(), machine.audit_witness(), &machine.endings(),
               [&machine] { machine.scheduler().retry_all(); }, std::move(retry),
               [&machine] { return machine.replace_journal_key(); }, [&reloader] { return reloader.reload(); },
               std::move(report)});
}

}  // namespace

AdminParts admin_parts(Machine& machine, Reloader& reloader) {
  return {acts_of(machine, reloader),
          machine.door(),
          machine.witness(),
          machine.audit_witness(),
          &machine.endings(),
          machine.clock(),
          [&machine] { return status_of(machine); },
          [&machine] { return conf::describe(machine.config()); },
          [&machine] { return machine.settings().get()->policy; },
          [&machine] { return held_hops_of(machine); },
          [&machine](const routing::Hop& hop) { return next_hop_of(machine, hop); },
          [&machine](std::chrono::milliseconds wait) { return pause_for(&machine, wait); },
          [&machine] { return machine.witness_counts(); },
          [&machine] { return machine.audit_witness_counts(); },
          [&machine] { return machine.receipt_counts(); },
          [&machine] {
            const auto* watch = machine.custody_watch();
            return watch ? AdminParts::Missing{watch->missing(), watch->lost(), watch->broken()} : AdminParts::Missing();
          },
          [&machine] { return machine.timestamp_counts(); },
          [&machine] { return peer_status_of(machine); },
          [&machine] {
            auto pair = peer_pair_of(machine.config(), machine.peer_key());
            if (const auto* link = machine.peer_link())
              if (const auto offered = link->status().offered) pair["offered"] = offered->text();
            return pair;
          },
          &machine.workers(),
          [&machine] {
            const auto* watch = machine.gap_watch();
            return watch ? watch->gaps() : std::map<std::string, std::uint64_t>();
          },
          (machine.config().peer ? *machine.config().peer : relay::peer::Options()).receipt_wait};
}

}  // namespace understudy::app
