/// `journal end`, `journal orders`, `journal obey`, `journal decline`: what ends here, and what the other machine is told or
/// tells to end.
#include <istream>
#include <ostream>

#include "app/verbs/ask.hpp"
#include "app/verbs/columns.hpp"
#include "app/verbs/journal_proofs.hpp"
#include "app/verbs/questions.hpp"
#include "app/verbs/verbs.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

std::string text_at(const boost::json::object& row, std::string_view name) {
  const auto* value = row.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t number_at(const boost::json::object& row, std::string_view name) {
  const auto* value = row.if_contains(name);
  boost::system::error_code unfit;
  const auto number = value ? value->to_number<std::uint64_t>(unfit) : 0;
  return unfit ? 0 : number;
}

/// The numbers of these recipients in the envelope: so that neither the server's log nor its audit journal is told who they
/// are.
Asked<boost::json::array> numbers_of(const boost::json::object& entry, const std::vector<std::string>& addresses) {
  boost::json::array numbers;
  const auto* recipients = entry.if_contains("recipients");
  for (const auto& address : addresses) {
    const auto before = numbers.size();
    if (recipients && recipients->is_array())
      for (std::size_t i = 0; i < recipients->get_array().size(); ++i) {
        const auto& one = recipients->get_array()[i];
        if (one.is_string() && base::to_lower(std::string_view(one.get_string())) == base::to_lower(address))
          numbers.emplace_back(std::to_string(i));
      }
    if (numbers.size() == before)
      return std::unexpected(
          Failure{Exit::failed, base::escape(address) + " is no recipient of this entry, or his part has ended"});
  }
  return numbers;
}

/// Shows what will end, and asks. true: go on.
bool confirmed(Context& context, const boost::json::object& entry, const EndWords& words) {
  if (words.confirm == Confirm::given) return true;
  if (context.in_is == Context::Terminal::no) return false;
  context.err << "journal entry " << text_at(entry, "position") << " of " << text_at(entry, "time") << ", from <"
              << base::escape(text_at(entry, "reverse_path")) << ">, subject \"" << base::escape(text_at(entry, "subject"))
              << "\"\n";
  if (words.recipients.empty()) context.err << "ends whole";
  for (const auto& recipient : words.recipients) context.err << base::escape(recipient) << " ";
  context.err << (words.recipients.empty() ? "" : "ends in it") << ". Nobody can bring it back; copies in mailboxes stay. ";
  return says_yes(context, "End it?");
}

Exit print_ended(Context& context, const boost::json::value& answer) {
  if (context.form == Form::json) return print_value(context, answer);
  const auto& ended = answer.as_object();
  if (number_at(ended, "parts") == 0) {
    context.out << "had ended before, by entry " << text_at(ended, "ended_before_by") << '\n';
    return Exit::done;
  }
  context.out << number_at(ended, "parts") << " parts ended";
  for (const auto& told : ended.at("told_by").as_array()) context.out << ", told by entry " << told.as_string().c_str();
  const auto orders = number_at(ended, "orders");
  context.out << (orders > 0 ? "; the other machine is told (`journal orders`)\n"
                             : "; the other machine never had it under a number\n");
  return Exit::done;
}

Exit decide(Context& context, const char* verb, boost::json::object arguments) {
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  const auto answer = client->ask(verb, std::move(arguments));
  if (!answer) return fail(context, answer.error());
  if (context.form == Form::json) return print_value(context, *answer);
  const auto& row = answer->as_object();
  context.out << "order " << number_at(row, "order") << ": " << text_at(row, "state");
  if (const auto told = text_at(row, "told_by"); !told.empty()) context.out << ", told by entry " << told;
  context.out << '\n';
  return Exit::done;
}

}  // namespace

Exit journal_end(Context& context, const EndWords& words) {
  if (context.reason.empty()) context.reason = words.reason;  // the audit journal is told why, too
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  const auto position = journal_position(*client, words.message);
  if (!position) return fail(context, position.error());
  const auto shown = client->ask("journal/show", {{"position", *position}});
  if (!shown) return fail(context, shown.error());
  const auto& entry = shown->as_object();
  auto numbers = numbers_of(entry, words.recipients);
  if (!numbers) return fail(context, numbers.error());
  if (!confirmed(context, entry, words)) return fail(context, "nothing was ended; --yes ends without asking");
  boost::json::object arguments{{"position", *position}, {"reason", words.reason}};
  arguments["recipients"] = std::move(*numbers);
  if (words.receipts == Receipts::waived) arguments["without_receipt"] = 1;
  const auto ended = client->ask("journal/end", std::move(arguments));
  if (!ended) return fail(context, ended.error());
  return print_ended(context, *ended);
}

Exit journal_orders(Context& context, Orders which) {
  return show_list(context, "journal/orders", {{"all", which == Orders::all ? 1 : 0}}, columns::orders);
}

Exit journal_obey(Context& context, std::uint64_t order) {
  return decide(context, "journal/obey", {{"order", order}});
}

Exit journal_decline(Context& context, std::uint64_t order, const std::string& reason) {
  return decide(context, "journal/decline", {{"order", order}, {"reason", reason}});
}

}  // namespace understudy::app
