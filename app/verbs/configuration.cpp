#include <algorithm>
#include <ostream>
#include <span>

#include <boost/json/serialize.hpp>

#include "app/admin/server.hpp"
#include "app/problems.hpp"
#include "app/verbs/ask.hpp"
#include "app/verbs/columns.hpp"
#include "app/verbs/verbs.hpp"
#include "base/net/interfaces.hpp"
#include "base/text.hpp"
#include "conf/check_files.hpp"
#include "conf/load.hpp"

namespace understudy::app {
namespace {

constexpr std::size_t compared_at_once = 500;

boost::json::object row_of(const conf::Problem& problem) {
  boost::json::object row;
  row["severity"] = problem.severity == conf::Severity::error ? "error" : "warning";
  row["file"] = problem.file;
  row["line"] = problem.at.line;
  row["column"] = problem.at.column;
  row["key"] = problem.key;
  row["message"] = problem.message;
  return row;
}

boost::json::object seed_of(const conf::Account& account) {
  boost::json::object seed;
  seed["address"] = account.address;
  boost::json::array aliases;
  for (const auto& alias : account.aliases) aliases.emplace_back(alias);
  seed["aliases"] = std::move(aliases);
  seed["verifier"] = account.password;
  return seed;
}

/// What [[account]] says and the running server does not; nothing where no server runs.
Asked<boost::json::array> account_differences(const conf::Config& config) {
  boost::json::array differences;
  auto client = AdminClient::connect_to(admin_socket(config.server).path);
  if (!client) return differences;
  std::span<const conf::Account> left(config.accounts);
  while (!left.empty()) {
    const auto part = left.first(std::min(left.size(), compared_at_once));
    left = left.subspan(part.size());
    boost::json::array seeds;
    for (const auto& account : part) seeds.emplace_back(seed_of(account));
    boost::json::object arguments;
    arguments["accounts"] = std::move(seeds);
    auto found = client->ask("account/compare", std::move(arguments));
    if (!found) return std::unexpected(found.error());
    if (const auto* lines = found->if_array()) std::ranges::copy(*lines, std::back_inserter(differences));
  }
  return differences;
}

/// What there is not without the other machine, and what this configuration needs of it and does not find there; nothing where
/// no server runs.
Asked<boost::json::array> peer_differences(const conf::Config& config) {
  boost::json::array differences;
  auto client = AdminClient::connect_to(admin_socket(config.server).path);
  if (!client) return differences;
  auto status = client->ask("peer/status", {});
  if (!status) return std::unexpected(status.error());
  const auto* peer = status->if_object();
  const auto* link = peer ? peer->if_contains("link") : nullptr;
  const std::string missing = "custody, witness and takeover are missing";
  if (link && *link == "none") differences.emplace_back("there is no peer link: " + missing);
  if (link && *link == "down") differences.emplace_back("the peer link is down: " + missing + "; see `peer status`");
  const auto* needed = peer ? peer->if_contains("needed") : nullptr;
  if (!needed || !needed->is_array()) return differences;
  for (const auto& feature : needed->get_array())
    differences.emplace_back("the other machine (" + cell(peer->at("hostname")) + ", " + cell(peer->at("program")) +
                             ") lacks " + cell(feature) + ", which this configuration needs");
  return differences;
}

/// Orders to end that nobody has decided; nothing where no server runs.
Asked<boost::json::array> waiting_orders(const conf::Config& config) {
  boost::json::array lines;
  auto client = AdminClient::connect_to(admin_socket(config.server).path);
  if (!client) return lines;
  auto status = client->ask("server/status", {});
  if (!status) return std::unexpected(status.error());
  const auto* object = status->if_object();
  const auto* waiting = object ? object->if_contains("orders_waiting") : nullptr;
  if (!waiting || !waiting->is_object()) return lines;
  const auto& orders = waiting->get_object();
  const auto say = [&](std::string_view which, const std::string& what) {
    const auto* count = orders.if_contains(which);
    if (count && *count != 0) lines.emplace_back(cell(*count) + what + "; `understudy journal orders` lists them");
  };
  say("given", " orders to end mail have no answer of the other machine yet");
  say("taken", " orders of the other machine to end mail wait for somebody to decide");
  return lines;
}

Exit print_check(Context& context, const conf::Problems& problems, const boost::json::array& differences) {
  const bool bad = conf::has_error(problems);
  if (context.form == Form::json) {
    boost::json::object all;
    boost::json::array rows;
    for (const auto& problem : problems) rows.emplace_back(row_of(problem));
    all["good"] = !bad;
    all["problems"] = std::move(rows);
    all["differences"] = differences;
    context.out << boost::json::serialize(all) << '\n';
  }
  say(context.err, problems);
  if (bad) return Exit::wrong_usage;
  if (context.form == Form::json) return Exit::done;
  context.out << context.config_file << ": good\n";
  for (const auto& line : differences) context.out << cell(line) << '\n';
  return Exit::done;
}

}  // namespace

Exit check(Context& context) {
  const auto loaded = conf::load_and_check(context.config_file, net::interface_addresses());
  if (!loaded) return print_check(context, loaded.error(), {});
  auto differences = account_differences(loaded->config);
  if (!differences) return fail(context, differences.error());
  const auto of_peer = peer_differences(loaded->config);
  if (!of_peer) return fail(context, of_peer.error());
  std::ranges::copy(*of_peer, std::back_inserter(*differences));
  const auto orders = waiting_orders(loaded->config);
  if (!orders) return fail(context, orders.error());
  std::ranges::copy(*orders, std::back_inserter(*differences));
  return print_check(context, loaded->warnings, *differences);
}

Exit reload(Context& context) {
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  const auto changes = client->ask("server/reload", {});
  if (!changes) return fail(context, changes.error());
  if (context.form == Form::json) return print_value(context, *changes);
  const auto* lines = changes->if_array();
  if (!lines || lines->empty()) context.out << "nothing has changed\n";
  if (lines)
    for (const auto& line : *lines) context.out << cell(line) << '\n';
  return Exit::done;
}

Exit paths(Context& context) {
  const auto loaded = conf::load_file(context.config_file);
  if (!loaded) return print_check(context, loaded.error(), {});
  boost::json::object all;
  all["config"] = context.config_file;
  all["data"] = loaded->config.server.data;
  all["admin_socket"] = admin_socket_path(loaded->config.server.data);
  all["certificate"] = loaded->config.relay.tls.certificate;
  all["key"] = loaded->config.relay.tls.key;
  return print_value(context, all);
}

}  // namespace understudy::app
