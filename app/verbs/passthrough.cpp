#include <algorithm>
#include <ostream>

#include "app/admin/server.hpp"
#include "app/problems.hpp"
#include "app/verbs/ask.hpp"
#include "app/verbs/columns.hpp"
#include "app/verbs/verbs.hpp"
#include "app/write_file.hpp"
#include "conf/describe.hpp"
#include "conf/difference.hpp"
#include "conf/load.hpp"

namespace understudy::app {
namespace {

constexpr std::string_view sections[] = {"passthrough", "undelivered", "route", "client"};

Exit print_settings(Context& context, const boost::json::array& rows) {
  ListPrinter printer(context, columns::settings);
  printer.take(rows);
  return printer.finish();
}

boost::json::array settings_of(const conf::Config& config) {
  boost::json::array rows;
  for (const auto& setting : conf::describe(config)) {
    const bool wanted = std::ranges::any_of(sections, [&](auto section) { return setting.key.starts_with(section); });
    if (!wanted || setting.show == conf::Setting::Show::secret) continue;
    boost::json::object row;
    row["key"] = setting.key;
    row["value"] = setting.value;
    rows.emplace_back(std::move(row));
  }
  return rows;
}

Exit print_problems(Context& context, const conf::Problems& problems) {
  say(context.err, problems);
  return Exit::wrong_usage;
}

/// The file was changed: the server that runs takes it, too.
Exit tell_server(Context& context) {
  const auto loaded = conf::load_file(context.config_file);
  if (!loaded) return print_problems(context, loaded.error());
  auto client = AdminClient::connect_to(admin_socket_path(loaded->config.server.data));
  if (!client) {
    context.err << "understudy: " << context.config_file << " was changed; " << client.error().what << '\n';
    return Exit::done;
  }
  const auto changes = client->ask("server/reload", {});
  if (!changes) return fail(context, changes.error());
  if (context.form == Form::json) return print_value(context, *changes);
  context.out << "the server has taken it:\n";
  if (const auto* lines = changes->if_array())
    for (const auto& line : *lines) context.out << "  " << cell(line) << '\n';
  return Exit::done;
}

}  // namespace

Exit passthrough_show(Context& context) {
  const auto loaded = conf::load_file(context.config_file);
  if (!loaded) return print_problems(context, loaded.error());
  auto client = AdminClient::connect_to(admin_socket_path(loaded->config.server.data));
  if (!client) {
    context.err << "understudy: the settings of the file; " << client.error().what << '\n';
    return print_settings(context, settings_of(loaded->config));
  }
  boost::json::array wanted;
  for (const auto section : sections) wanted.emplace_back(section);
  boost::json::object arguments;
  arguments["sections"] = std::move(wanted);
  const auto rows = client->ask("server/settings", std::move(arguments));
  if (!rows) return fail(context, rows.error());
  if (!rows->is_array()) return fail(context, "the server's answer is no list");
  return print_settings(context, rows->get_array());
}

Exit passthrough_enable(Context& context, const conf::EnablePassthrough& wanted, Write write) {
  const auto before = conf::read_text(context.config_file);
  if (!before) return print_problems(context, {before.error()});
  const auto after = conf::enable_passthrough(*before, context.config_file, wanted);
  if (!after) return print_problems(context, after.error());
  if (*before == *after) {
    if (context.form == Form::table) context.out << context.config_file << ": all is as wanted already\n";
  } else {
    auto& shown = context.form == Form::json ? context.err : context.out;
    shown << conf::unified_diff(*before, *after, context.config_file) << std::flush;
  }
  if (write == Write::no) return Exit::done;
  if (*before != *after) {
    const auto written = write_file(context.config_file, *after, Existing::replace);
    if (!written) return fail(context, "the configuration was not changed: " + written.error().text());
  }
  return tell_server(context);
}

}  // namespace understudy::app
