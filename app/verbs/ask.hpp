/// A verb that is a question to the running server: asks it, and prints what comes as a table or as JSON.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "app/verbs/client.hpp"
#include "app/verbs/context.hpp"
#include "app/verbs/table.hpp"

namespace understudy::app {

/// A column of a list: a member of each row, or what `show` makes of the row.
struct Column {
  std::string_view key;
  std::string_view title;
  Align align = Align::left;
  std::string (*show)(const boost::json::object& row) = nullptr;
};

/// Rows as they come, in either form.
class ListPrinter {
 public:
  ListPrinter(Context& context, std::span<const Column> columns);
  /// False where the output cannot be written any more.
  bool take(const boost::json::array& rows);
  Exit finish();

 private:
  Context& context_;
  std::span<const Column> columns_;
  Table table_;
  bool first_ = true;
};

Exit show_list(Context& context, std::string_view verb, boost::json::object arguments, std::span<const Column> columns);
Exit show_object(Context& context, std::string_view verb, boost::json::object arguments);
/// A change: `sentence` is said once it is durable; with --json the server's answer.
Exit do_it(Context& context, std::string_view verb, boost::json::object arguments, std::string_view sentence);

Exit print_value(Context& context, const boost::json::value& value);
Exit fail(Context& context, const Failure& failure);

}  // namespace understudy::app
