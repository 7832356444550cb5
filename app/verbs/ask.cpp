#include "app/verbs/ask.hpp"

#include <ostream>

#include <boost/json/serialize.hpp>

#include "app/problems.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

std::vector<Table::Column> titles_of(std::span<const Column> columns) {
  std::vector<Table::Column> titles;
  for (const auto& column : columns) titles.push_back({std::string(column.title), column.align});
  return titles;
}

/// Told by the server, perhaps with something that came by mail: each line by itself, escaped.
void print_lines(std::ostream& err, std::string_view what) {
  std::string_view before = "understudy: ";
  for (const auto line : base::split(what, '\n')) {
    err << before << base::escape(line, 4096) << '\n';
    before = "";
  }
}

}  // namespace

Exit fail(Context& context, std::string_view what, Exit how) {
  print_lines(context.err, what);
  return how;
}

Exit fail(Context& context, const Failure& failure) {
  if (!failure.problems.empty()) {
    say(context.err, failure.problems);
    return failure.how;
  }
  return fail(context, failure.what, failure.how);
}

ListPrinter::ListPrinter(Context& context, std::span<const Column> columns)
    : context_(context), columns_(columns), table_(titles_of(columns)) {
  if (context_.form == Form::json) context_.out << '[';
}

bool ListPrinter::take(const boost::json::array& rows) {
  for (const auto& row : rows) {
    if (context_.form == Form::json) {
      context_.out << (first_ ? "\n" : ",\n") << boost::json::serialize(row);
      first_ = false;
      continue;
    }
    if (!row.is_object()) continue;
    std::vector<std::string> cells;
    for (const auto& column : columns_) {
      const auto* value = row.get_object().if_contains(column.key);
      cells.push_back(column.show ? column.show(row.get_object()) : value ? cell(*value) : "-");
    }
    table_.add(std::move(cells));
  }
  if (context_.form == Form::table) table_.flush(context_.out);
  return context_.out.good();
}

Exit ListPrinter::finish() {
  if (context_.form == Form::json) context_.out << (first_ ? "]\n" : "\n]\n");
  context_.out.flush();
  return context_.out.good() ? Exit::done : fail(context_, "cannot write the list");
}

Exit show_list(Context& context, std::string_view verb, boost::json::object arguments, std::span<const Column> columns) {
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  // Nothing is printed before the first page is there: a failure leaves no half list on standard output.
  std::optional<ListPrinter> printer;
  const auto take = [&](const boost::json::array& rows) {
    if (!printer) printer.emplace(context, columns);
    return printer->take(rows);
  };
  auto asked = client->ask_list(verb, std::move(arguments), take);
  if (!asked) return fail(context, asked.error());
  return printer->finish();
}

Exit print_value(Context& context, const boost::json::value& value) {
  if (context.form == Form::json || !value.is_object()) {
    context.out << boost::json::serialize(value) << '\n';
  } else {
    print_object(context.out, value.get_object());
  }
  context.out.flush();
  return context.out.good() ? Exit::done : fail(context, "cannot write the answer");
}

Exit show_object(Context& context, std::string_view verb, boost::json::object arguments) {
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  auto value = client->ask(verb, std::move(arguments));
  if (!value) return fail(context, value.error());
  return print_value(context, *value);
}

Exit do_it(Context& context, std::string_view verb, boost::json::object arguments, std::string_view sentence) {
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  auto value = client->ask(verb, std::move(arguments));
  if (!value) return fail(context, value.error());
  if (context.form == Form::json) return print_value(context, *value);
  context.out << base::escape(sentence, 4096) << '\n';
  return Exit::done;
}

}  // namespace understudy::app
