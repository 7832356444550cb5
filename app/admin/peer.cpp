#include "app/admin/peer.hpp"

#include "app/admin/handlers.hpp"
#include "base/codec.hpp"
#include "relay/peer/peer_link.hpp"

namespace understudy::app {
namespace {

boost::json::array json_texts(const std::vector<std::string>& texts) {
  boost::json::array list;
  for (const auto& text : texts) list.emplace_back(json_text(text));
  return list;
}

boost::json::value or_null(const std::optional<std::uint64_t>& number) {
  return number ? boost::json::value(*number) : boost::json::value(nullptr);
}

void add_connection(const relay::peer::Connected& connected, boost::json::object& out) {
  out["connected_since"] = json_time(connected.since);
  out["dialled"] = connected.dialled == relay::peer::Dialled::here ? "here" : "there";
  out["address"] = connected.at.text();
  out["hostname"] = json_text(connected.other.hostname);
  out["program"] = json_text(connected.other.program);
  out["instance"] = base::to_hex(connected.other.instance);
  out["incarnation"] = base::to_hex(connected.other.incarnation);
  out["features"] = json_texts(connected.other.features);
}

boost::json::array topics_of(const relay::peer::Status& status) {
  boost::json::array rows;
  for (const auto& topic : status.topics) {
    boost::json::object row;
    row["topic"] = json_text(topic.topic);
    row["sent"] = topic.sent;
    row["acknowledged"] = or_null(topic.acknowledged);
    row["behind"] = or_null(topic.behind);
    row["received"] = topic.received;
    rows.emplace_back(std::move(row));
  }
  return rows;
}

/// One address and port of this machine by which the other one may dial it.
std::uint16_t port_of(const relay::peer::Options& options) {
  return options.binds.empty() ? relay::peer::Options().port : options.binds.front().port;
}

}  // namespace

boost::json::object peer_status_of(const Machine& machine) {
  boost::json::object out;
  out["key"] = machine.peer_key().text();
  const auto* link = machine.peer_link();
  out["link"] = "none";
  if (!link) return out;
  const auto status = link->status();
  out["link"] = status.connected ? "up" : "down";
  if (status.connected)
    add_connection(*status.connected, out);
  else
    out["trouble"] = json_text(status.trouble);
  out["paired"] = !machine.config().peer->key.empty();
  out["offered"] = status.offered ? boost::json::value(status.offered->text()) : nullptr;
  out["missing_there"] = json_texts(status.missing_there);
  out["missing_here"] = json_texts(status.missing_here);
  out["needed"] = json_texts(status.needed);
  out["topics"] = topics_of(status);
  boost::json::object refused;
  for (const auto& [reason, count] : status.refused) refused[reason] = count;
  out["refused"] = std::move(refused);
  return out;
}

std::string peer_line_of(const Machine& machine) {
  const std::string missing = "custody, witness and takeover are missing";
  const auto* link = machine.peer_link();
  if (!link) return "none: " + missing;
  const auto status = link->status();
  if (!status.connected) return "down: " + missing + " (" + status.trouble + ")";
  return "up: " + status.connected->other.hostname + ", " + status.connected->other.program;
}

boost::json::object peer_pair_of(const conf::Config& config, const base::PublicKey& key) {
  boost::json::object out;
  out["key"] = key.text();
  boost::json::object there;
  there["host"] = json_text(config.server.hostname);
  there["port"] = config.peer ? port_of(*config.peer) : relay::peer::Options().port;
  there["key"] = key.text();
  out["peer"] = std::move(there);
  out["pinned"] = config.peer && !config.peer->key.empty() ? boost::json::value(config.peer->key) : nullptr;
  return out;
}

net::Task<AdminAnswer> peer_status(const AdminParts& parts, const Permit&, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  co_return done(parts.peer_status());
}

net::Task<AdminAnswer> peer_pair(const AdminParts& parts, const Permit&, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  co_return done(parts.peer_pair());
}

}  // namespace understudy::app
