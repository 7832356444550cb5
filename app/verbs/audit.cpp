/// The verbs about the audit journal that do more than ask the server one thing.
#include <chrono>
#include <ostream>
#include <thread>

#include <boost/json/serialize.hpp>

#include "app/verbs/ask.hpp"
#include "app/verbs/audit_columns.hpp"
#include "app/verbs/columns.hpp"
#include "app/verbs/verbs.hpp"
#include "conf/values.hpp"

namespace understudy::app {
namespace {

constexpr auto first_pause = std::chrono::milliseconds(10);
constexpr auto between_questions = std::chrono::milliseconds(200);

/// Until the job has ended.
Asked<boost::json::object> wait_for_job(AdminClient& client, const boost::json::value& started) {
  for (auto pause = first_pause;; pause = between_questions) {
    std::this_thread::sleep_for(pause);
    auto told = client.ask("journal/progress", started.is_object() ? started.get_object() : boost::json::object());
    if (!told) return std::unexpected(told.error());
    if (!told->is_object()) return std::unexpected(Failure{Exit::failed, "the server's answer is no object"});
    const auto* finished = told->get_object().if_contains("finished");
    if (finished && finished->is_bool() && finished->get_bool()) return std::move(told->get_object());
  }
}

}  // namespace

Exit audit_verify(Context& context) {
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  const auto started = client->ask("audit/verify", {});
  if (!started) return fail(context, started.error());
  auto verdict = wait_for_job(*client, *started);
  if (!verdict) return fail(context, verdict.error());
  std::size_t faults = 0;
  if (const auto* list = verdict->if_contains("faults"); list && list->is_array()) {
    faults = list->get_array().size();
    for (const auto& fault : list->get_array()) context.err << "audit journal: " << cell(fault) << '\n';
  }
  if (context.form == Form::json) {
    print_value(context, *verdict);
  } else {
    context.out << "audit journal: " << cell(verdict->at("entries")) << " entries, " << cell(verdict->at("heads"))
                << " signed heads, " << faults << " faults, tree head " << cell(verdict->at("root")) << '\n';
  }
  return faults == 0 ? Exit::done : Exit::failed;
}

Exit show_heads(Context& context, const std::string& noun, boost::json::object words, Signing signing) {
  if (signing == Signing::now) {
    auto client = AdminClient::connect(context);
    if (!client) return fail(context, client.error());
    if (const auto made = client->ask(noun + "/sign", {}); !made) return fail(context, made.error());
  }
  return show_list(context, noun + "/heads", std::move(words), noun == "audit" ? columns::audit_heads : columns::heads);
}

Exit audit_export(Context& context, boost::json::object filter) {
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  filter["proofs"] = 1;
  const auto take = [&context](const boost::json::array& rows) {
    for (const auto& row : rows) context.out << boost::json::serialize(row) << '\n';
    return context.out.good();
  };
  if (const auto asked = client->ask_list("audit/list", std::move(filter), take); !asked) return fail(context, asked.error());
  context.out.flush();
  return context.out.good() ? Exit::done : fail(context, "cannot write the entries");
}

Exit case_open(Context& context, boost::json::object terms, const std::string& duration) {
  if (!duration.empty()) {
    const auto parsed = conf::parse_duration(duration);
    if (!parsed || parsed->count() < 1000)
      return fail(context, "--for: must be a duration, as \"30d\" or \"12h\"", Exit::wrong_usage);
    terms["seconds"] = std::chrono::duration_cast<std::chrono::seconds>(*parsed).count();
  }
  const std::string name(terms.at("case").as_string());
  return do_it(context, "case/open", std::move(terms), "case " + name + " is open: `case show` tells until when");
}

}  // namespace understudy::app
