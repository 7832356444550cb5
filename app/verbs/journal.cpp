#include <chrono>
#include <ostream>
#include <thread>

#include "app/verbs/ask.hpp"
#include "app/verbs/columns.hpp"
#include "app/verbs/verbs.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

constexpr auto between_questions = std::chrono::milliseconds(200);
constexpr auto first_pause = std::chrono::milliseconds(10);

std::uint64_t number_of(const boost::json::object& object, std::string_view key) {
  boost::system::error_code unfit;
  const auto* value = object.if_contains(key);
  const auto number = value ? value->to_number<std::uint64_t>(unfit) : 0;
  return unfit ? 0 : number;
}

bool is_true(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_bool() && value->get_bool();
}

void show_progress(Context& context, const boost::json::object& told, std::uint16_t partition) {
  if (context.err_is == Context::Terminal::no) return;
  context.err << "\rpartition " << partition << ": " << number_of(told, "done") << " of " << number_of(told, "all")
              << " entries" << std::flush;
}

/// Runs the verification of one partition to its end.
Asked<boost::json::object> verify(Context& context, AdminClient& client, std::uint16_t partition, const Verification& wanted) {
  boost::json::object arguments;
  arguments["partition"] = partition;
  arguments["bodies"] = wanted.depth == Verification::Depth::bodies ? 1 : 0;
  if (wanted.from) arguments["from"] = *wanted.from;
  if (wanted.to) arguments["to"] = *wanted.to;
  const auto started = client.ask("journal/verify", std::move(arguments));
  if (!started) return std::unexpected(started.error());
  if (!started->is_object()) return std::unexpected(Failure{Exit::failed, "the server's answer is no object"});
  boost::json::object job;
  job["job"] = number_of(started->get_object(), "job");
  for (auto pause = first_pause;; pause = between_questions) {
    std::this_thread::sleep_for(pause);
    auto told = client.ask("journal/progress", job);
    if (!told) return std::unexpected(told.error());
    if (!told->is_object()) return std::unexpected(Failure{Exit::failed, "the server's answer is no object"});
    show_progress(context, told->get_object(), partition);
    if (is_true(told->get_object(), "finished")) return std::move(told->get_object());
  }
}

Asked<std::vector<std::uint16_t>> partitions(AdminClient& client) {
  const auto list = client.ask("journal/partitions", {});
  if (!list) return std::unexpected(list.error());
  std::vector<std::uint16_t> numbers;
  if (const auto* rows = list->if_array())
    for (const auto& row : *rows)
      if (const auto* object = row.if_object()) numbers.push_back(static_cast<std::uint16_t>(number_of(*object, "partition")));
  return numbers;
}

/// What a person reads of one verdict. Its faults go to `err`.
std::size_t print_verdict(Context& context, std::uint16_t partition, const boost::json::object& verdict,
                          Verification::Depth wanted) {
  if (context.err_is == Context::Terminal::yes) context.err << '\n';
  const auto* faults = verdict.if_contains("faults");
  const std::size_t count = faults && faults->is_array() ? faults->get_array().size() : 0;
  for (std::size_t i = 0; i < count; ++i)
    context.err << "partition " << partition << ": " << cell(faults->get_array()[i]) << '\n';
  if (context.form == Form::json) return count;
  context.out << "partition " << partition << ": " << number_of(verdict, "entries") << " entries, ";
  if (wanted == Verification::Depth::bodies) {
    context.out << number_of(verdict, "bodies") << " bodies read, ";
  } else {
    context.out << "bodies not looked at (--bodies reads them), ";
  }
  if (const auto heads = number_of(verdict, "heads"); heads > 0) context.out << heads << " signed heads, ";
  if (const auto records = number_of(verdict, "records"); records > 0)
    context.out << number_of(verdict, "messages") << " messages in mailboxes, " << records << " other records, ";
  if (const auto unreadable = number_of(verdict, "unreadable"); unreadable > 0)
    context.out << unreadable << " parts unreadable: their key was destroyed, ";
  context.out << count << " faults";
  if (const auto* root = verdict.if_contains("root")) context.out << ", tree head " << cell(*root);
  context.out << '\n';
  return count;
}

}  // namespace

Exit journal_list(Context& context, const JournalRange& range) {
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  boost::json::object arguments;
  if (!range.from.empty()) arguments["from"] = range.from;
  arguments["partition"] = range.partition;
  if (range.limit > 0) arguments["limit"] = range.limit;
  std::optional<ListPrinter> printer;
  std::uint64_t left = range.limit;
  const auto take = [&](const boost::json::array& rows) {
    if (!printer) printer.emplace(context, columns::journal);
    if (range.limit == 0) return printer->take(rows);
    boost::json::array wanted(rows.begin(),
                              rows.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(left, rows.size())));
    left -= wanted.size();
    return printer->take(wanted) && left > 0;
  };
  const auto listed = client->ask_list("journal/list", std::move(arguments), take);
  if (!listed) return fail(context, listed.error());
  return printer->finish();
}

Exit journal_verify(Context& context, const Verification& wanted) {
  if (wanted.from && wanted.to && *wanted.from > *wanted.to) return fail(context, "--from lies behind --to", Exit::wrong_usage);
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  std::vector<std::uint16_t> numbers;
  if (wanted.partition) {
    numbers.push_back(*wanted.partition);
  } else {
    auto all = partitions(*client);
    if (!all) return fail(context, all.error());
    numbers = std::move(*all);
  }
  std::size_t faults = 0;
  boost::json::array verdicts;
  for (const auto number : numbers) {
    auto verdict = verify(context, *client, number, wanted);
    if (!verdict) return fail(context, verdict.error());
    faults += print_verdict(context, number, *verdict, wanted.depth);
    (*verdict)["partition"] = number;
    verdicts.emplace_back(std::move(*verdict));
  }
  if (context.form == Form::json) print_value(context, verdicts);
  if (numbers.empty() && context.form == Form::table) context.out << "the journal is empty\n";
  return faults == 0 ? Exit::done : Exit::failed;
}

}  // namespace understudy::app
