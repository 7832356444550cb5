/// `journal prove` and `journal checker`: what is given to people who have no access to the archive.
#include "app/verbs/journal_proofs.hpp"

#include <ostream>

#include <boost/json/serialize.hpp>

#include "app/verbs/ask.hpp"
#include "app/verbs/checker_script.hpp"
#include "app/write_file.hpp"
#include "base/text.hpp"

namespace understudy::app {

Asked<std::string> journal_position(AdminClient& client, const std::vector<std::string>& message) {
  if (message.size() == 1) return message.front();
  const auto uid = message.size() == 3 ? base::to_number(message[2]) : std::nullopt;
  if (!uid) return std::unexpected(Failure{Exit::wrong_usage, "MESSAGE: a position as 0.17, or ACCOUNT FOLDER UID"});
  boost::json::object arguments;
  arguments["account"] = message[0];
  arguments["folder"] = message[1];
  arguments["uid"] = *uid;
  const auto shown = client.ask("message/show", std::move(arguments));
  if (!shown) return std::unexpected(shown.error());
  const auto* row = shown->if_object();
  const auto* position = row ? row->if_contains("journal") : nullptr;
  if (!position || !position->is_string())
    return std::unexpected(
        Failure{Exit::failed, "it did not arrive as mail: somebody put it there, so no journal entry brought it"});
  return std::string(position->get_string());
}

Asked<std::string> ask_proof(AdminClient& client, const std::string& position, const Shown& shown) {
  boost::json::object arguments;
  arguments["position"] = position;
  arguments["all"] = shown.all ? 1 : 0;
  boost::json::array recipients;
  for (const auto& address : shown.recipients) recipients.emplace_back(address);
  arguments["recipients"] = std::move(recipients);
  const auto proof = client.ask("journal/prove", std::move(arguments));
  if (!proof) return std::unexpected(proof.error());
  return boost::json::serialize(*proof) + "\n";
}

Exit journal_prove(Context& context, const std::vector<std::string>& message, const Shown& shown, const std::string& file) {
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  const auto position = journal_position(*client, message);
  if (!position) return fail(context, position.error());
  const auto proof = ask_proof(*client, *position, shown);
  if (!proof) return fail(context, proof.error());
  if (file.empty()) {
    context.out << *proof << std::flush;
    return context.out.good() ? Exit::done : fail(context, "cannot write the proof");
  }
  if (auto written = write_file(file, *proof, Existing::refuse); !written) return fail(context, written.error().text());
  return Exit::done;
}

Exit journal_checker(Context& context, Checker which) {
  context.out << (which == Checker::proof ? checker_script : consistency_script) << std::flush;
  return context.out.good() ? Exit::done : fail(context, "cannot write the script");
}

}  // namespace understudy::app
