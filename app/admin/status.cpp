#include "app/admin/handlers.hpp"
#include "archive/journal/reader.hpp"
#include "base/log.hpp"

namespace understudy::app {

net::Task<AdminAnswer> server_status(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto status = parts.status();
  const auto& store = permit.archive().store();
  auto numbers = archive::journal::read_numbers(store, 0);
  if (!numbers) co_return failed(numbers.error());
  boost::json::object journal;
  journal["entries"] = numbers->frontier.size();
  journal["head"] = json_digest(numbers->frontier.root());
  status["journal"] = std::move(journal);
  status["accounts"] = permit.archive().directory().records().size();
  boost::json::object kept;
  kept["engine"] = json_text(store.identity().engine);
  kept["instance"] = json_text(store.identity().instance);
  kept["incarnation"] = json_text(store.identity().incarnation);
  const auto figures = store.figures();
  kept["live_octets"] = figures.live_octets;
  kept["dead_octets"] = figures.dead_octets;
  kept["record_octets"] = figures.record_octets;
  kept["dictionary"] = figures.dictionary;
  kept["free_octets"] = store.free_octets();
  kept["writes"] = permit.archive().stopped() ? "stopped: a write failed, see the log, then restart" : "go on";
  status["store"] = std::move(kept);
  const auto totals = permit.archive().totals();
  boost::json::object commits;
  commits["changes"] = totals.tasks;
  commits["groups"] = totals.groups;
  commits["syncs"] = totals.syncs;
  status["commits"] = std::move(commits);
  co_return done(std::move(status));
}

net::Task<AdminAnswer> server_settings(const AdminParts& parts, const Permit&, Arguments arguments) {
  const auto prefixes = arguments.texts("sections");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  boost::json::array rows;
  for (const auto& setting : parts.settings()) {
    if (setting.show == conf::Setting::Show::secret) continue;
    bool wanted = prefixes.empty();
    for (const auto& prefix : prefixes) wanted = wanted || setting.key.starts_with(prefix);
    if (!wanted) continue;
    boost::json::object row;
    row["key"] = json_text(setting.key);
    row["value"] = json_text(setting.value);
    rows.emplace_back(std::move(row));
  }
  co_return done(std::move(rows));
}

net::Task<AdminAnswer> server_reload(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto lines = co_await parts.acts.reload(permit);
  if (!lines && lines.error().code == base::errc::malformed) co_return wrong_usage(lines.error().context);
  if (!lines) co_return failed(lines.error());
  boost::json::array changes;
  for (const auto& line : *lines) changes.emplace_back(json_text(line));
  co_return done(std::move(changes));
}

}  // namespace understudy::app
