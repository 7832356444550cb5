/// `journal custody`: the lists of both books, and the report of a period.
#include <chrono>
#include <cstdio>
#include <ostream>

#include <boost/json/serialize.hpp>

#include "app/verbs/ask.hpp"
#include "app/verbs/columns.hpp"
#include "app/verbs/verbs.hpp"
#include "app/write_file.hpp"

namespace understudy::app {
namespace {

/// Milliseconds since 1970 of "2026-03-01" or "2026-03-01T12:00:00Z"; nullopt: it is neither.
std::optional<std::uint64_t> time_of(const std::string& text) {
  int year = 0, used = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &used) != 3) return std::nullopt;
  if (static_cast<std::size_t>(used) != text.size()) {
    int more = 0;
    const char* rest = text.c_str() + used;
    if (std::sscanf(rest, "T%2u:%2u:%2uZ%n", &hour, &minute, &second, &more) != 3) return std::nullopt;
    if (static_cast<std::size_t>(used + more) != text.size() || more == 0) return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok() || year < 1970 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const auto seconds =
      std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(seconds).time_since_epoch().count());
}

/// "since" and "until" where they were given. false: one of them is no time, and that was said.
bool add_times(Context& context, const CustodyWords& words, boost::json::object& arguments) {
  for (const auto& [name, text] : {std::pair{"since", &words.since}, std::pair{"until", &words.until}}) {
    if (text->empty()) continue;
    const auto time = time_of(*text);
    if (!time) {
      fail(context, std::string("--") + name + ": a day as 2026-03-01, or a moment as 2026-03-01T12:00:00Z (UTC)",
           Exit::wrong_usage);
      return false;
    }
    arguments[name] = *time;
  }
  return true;
}

std::string text_of(const boost::json::object& row, std::string_view key) {
  const auto* value = row.if_contains(key);
  return value ? cell(*value) : "-";
}

/// "12" or "12 to 14", and what each book says.
void print_rows(Context& context, std::string_view title, const boost::json::value* rows) {
  if (!rows || !rows->is_array() || rows->get_array().empty()) return;
  context.out << title << '\n';
  for (const auto& each : rows->get_array()) {
    if (!each.is_object()) continue;
    const auto& row = each.get_object();
    const auto from = text_of(row, "from"), to = text_of(row, "to");
    context.out << "  " << from << (from == to ? "" : " to " + to) << ": " << text_of(row, "giver") << " by who handed over, "
                << text_of(row, "taker") << " by who received\n";
  }
}

void print_told(Context& context, const boost::json::object& told, const std::string& file) {
  context.out << "signed by " << text_of(told, "signed_by");
  if (const auto* trouble = told.if_contains("trouble"); trouble && trouble->is_string())
    context.out << " alone: " << cell(*trouble);
  context.out << '\n';
  if (const auto* agree = told.if_contains("agree"); agree && agree->is_bool())
    context.out << (agree->get_bool() ? "the books agree\n" : "the books do not agree\n");
  print_rows(context, "different:", told.if_contains("differences"));
  print_rows(context, "not there, as both say:", told.if_contains("missing"));
  print_rows(context, "there, and without a receipt:", told.if_contains("unclosed"));
  if (!file.empty()) context.out << "written to " << file << "; check-report.py checks it\n";
}

/// Exit::failed where the books contradict each other.
Exit report(Context& context, const CustodyWords& words) {
  boost::json::object arguments;
  if (!add_times(context, words, arguments)) return Exit::wrong_usage;
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  auto answer = client->ask("journal/report", std::move(arguments));
  if (!answer) return fail(context, answer.error());
  const auto* told = answer->if_object();
  const auto* made = told ? told->if_contains("report") : nullptr;
  if (!made) return fail(context, "the server's answer is no report");
  const auto octets = boost::json::serialize(*made) + "\n";
  if (auto written = write_file(words.report, octets, Existing::refuse); !written) return fail(context, written.error().text());
  if (context.form == Form::json)
    print_value(context, *answer);
  else
    print_told(context, *told, words.report);
  const auto* agree = told->if_contains("agree");
  return agree && agree->is_bool() && !agree->get_bool() ? Exit::failed : Exit::done;
}

}  // namespace

Exit journal_custody(Context& context, const CustodyWords& words) {
  if (!words.report.empty()) return report(context, words);
  boost::json::object arguments;
  if (words.again) {
    arguments["number"] = *words.again;
    if (!words.incarnation.empty()) arguments["incarnation"] = words.incarnation;
    return do_it(context, "journal/again", std::move(arguments), "it is owed again, and on its way");
  }
  if (words.what == CustodyWords::What::received) {
    if (!add_times(context, words, arguments)) return Exit::wrong_usage;
    return show_list(context, "journal/received", std::move(arguments), columns::custody_clients);
  }
  if (!words.since.empty() || !words.until.empty())
    return fail(context, "--since and --until go with --report or --received", Exit::wrong_usage);
  if (words.what == CustodyWords::What::missing)
    return show_list(context, "journal/missing", std::move(arguments), columns::custody_gaps);
  arguments["all"] = words.what == CustodyWords::What::all ? 1 : 0;
  return show_list(context, "journal/custody", std::move(arguments), columns::custody);
}

}  // namespace understudy::app
