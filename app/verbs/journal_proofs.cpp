/// `journal prove` and `journal export`: what is given to people who have no access to the archive.
#include <filesystem>
#include <fstream>
#include <ostream>

#include <boost/json/serialize.hpp>

#include "app/verbs/ask.hpp"
#include "app/verbs/checker_script.hpp"
#include "app/verbs/verbs.hpp"
#include "app/write_file.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {
namespace fs = std::filesystem;

/// A message is named by its place in the journal or in a mailbox.
Asked<std::string> position_of(AdminClient& client, const std::vector<std::string>& message) {
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

Asked<boost::json::value> ask_proof(AdminClient& client, const std::string& position, const Shown& shown) {
  boost::json::object arguments;
  arguments["position"] = position;
  arguments["all"] = shown.all ? 1 : 0;
  boost::json::array recipients;
  for (const auto& address : shown.recipients) recipients.emplace_back(address);
  arguments["recipients"] = std::move(recipients);
  return client.ask("journal/prove", std::move(arguments));
}

std::string text_of(const boost::json::value& value) {
  return boost::json::serialize(value) + "\n";
}

/// The octets go into the file as they come.
Asked<void> write_octets(AdminClient& client, const std::string& position, const fs::path& path) {
  std::ofstream file(path, std::ios::binary);
  const auto write = [&file](std::string_view octets) {
    file.write(octets.data(), static_cast<std::streamsize>(octets.size()));
    return file.good();
  };
  auto written = client.ask_octets("journal/octets", {{"position", position}}, write);
  file.close();
  if (written && !file) return std::unexpected(Failure{Exit::failed, path.string() + ": cannot be written"});
  return written;
}

/// One folder, filled entry by entry. What fails is said, and the others go on.
class Exporter {
 public:
  Exporter(Context& context, AdminClient& client, fs::path folder, const Shown& shown)
      : context_(context), client_(client), folder_(std::move(folder)), shown_(shown) {}

  bool prepare() {
    std::error_code error;
    if (fs::exists(folder_, error) && !fs::is_empty(folder_, error))
      return told(folder_.string() + ": there is something in it");
    fs::create_directories(folder_, error);
    if (error) return told(folder_.string() + ": " + error.message());
    return put("check-proof.py", std::string(checker_script));
  }

  /// `row`: of journal/list.
  void take(const boost::json::object& row) {
    const auto* text = row.if_contains("position");
    const std::string position(text && text->is_string() ? std::string_view(text->get_string()) : std::string_view());
    if (!base::to_number(position.substr(position.find('.') + 1))) return fault("an answer without a position");
    auto proof = ask_proof(client_, position, shown_);
    if (!proof) return fault(position + ": " + proof.error().what);
    if (!put(position + ".json", text_of(*proof))) return fault(position + ".json");
    const auto* size = row.if_contains("size");
    const bool brought_message = size && *size != 0;
    if (brought_message) {
      const auto written = write_octets(client_, position, folder_ / (position + ".eml"));
      if (!written) return fault(position + ": " + written.error().what);
    }
    entries_ += 1;
    if (context_.err_is == Context::Terminal::yes) context_.err << '\r' << entries_ << " entries" << std::flush;
  }

  Exit finish() {
    if (context_.err_is == Context::Terminal::yes) context_.err << '\n';
    if (context_.form == Form::json) {
      print_value(context_, boost::json::object{{"entries", entries_}, {"faults", faults_}, {"folder", folder_.string()}});
    } else {
      context_.out << entries_ << " entries in " << folder_.string() << ", " << faults_ << " faults\n";
    }
    return faults_ == 0 ? Exit::done : Exit::failed;
  }

 private:
  bool told(const std::string& what) {
    fail(context_, what);
    return false;
  }
  void fault(const std::string& what) {
    faults_ += 1;
    fail(context_, what);
  }
  bool put(const std::string& name, const std::string& text) {
    const auto written = write_file((folder_ / name).string(), text, Existing::refuse);
    return written ? true : told(written.error().text());
  }

  Context& context_;
  AdminClient& client_;
  fs::path folder_;
  const Shown& shown_;
  std::uint64_t entries_ = 0, faults_ = 0;
};

}  // namespace

Exit journal_prove(Context& context, const std::vector<std::string>& message, const Shown& shown, const std::string& file) {
  auto client = AdminClient::connect(context.config_file);
  if (!client) return fail(context, client.error());
  const auto position = position_of(*client, message);
  if (!position) return fail(context, position.error());
  const auto proof = ask_proof(*client, *position, shown);
  if (!proof) return fail(context, proof.error());
  const auto text = text_of(*proof);
  if (file.empty()) {
    context.out << text << std::flush;
    return context.out.good() ? Exit::done : fail(context, "cannot write the proof");
  }
  if (auto written = write_file(file, text, Existing::refuse); !written) return fail(context, written.error().text());
  return Exit::done;
}

Exit journal_checker(Context& context) {
  context.out << checker_script << std::flush;
  return context.out.good() ? Exit::done : fail(context, "cannot write the script");
}

Exit journal_export(Context& context, const std::string& folder, const JournalRange& range, const Shown& shown) {
  auto client = AdminClient::connect(context.config_file);
  if (!client) return fail(context, client.error());
  auto second = AdminClient::connect(context.config_file);  // the list is open meanwhile
  if (!second) return fail(context, second.error());
  Exporter exporter(context, *second, folder, shown);
  if (!exporter.prepare()) return Exit::failed;
  boost::json::object arguments;
  if (!range.from.empty()) arguments["from"] = range.from;
  arguments["partition"] = range.partition;
  std::uint64_t left = range.limit;
  const auto take = [&](const boost::json::array& rows) {
    for (const auto& row : rows) {
      if (range.limit > 0 && left-- == 0) return false;
      if (const auto* object = row.if_object()) exporter.take(*object);
    }
    return true;
  };
  const auto listed = client->ask_list("journal/list", std::move(arguments), take);
  if (!listed) return fail(context, listed.error());
  return exporter.finish();
}

}  // namespace understudy::app
