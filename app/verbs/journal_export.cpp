/// `journal export`: octets and proof of many entries as files.
#include <algorithm>
#include <limits>
#include <optional>
#include <ostream>

#include "app/verbs/ask.hpp"
#include "app/verbs/checker_script.hpp"
#include "app/verbs/journal_folder.hpp"
#include "app/verbs/journal_proofs.hpp"
#include "archive/position.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

std::string text_at(const boost::json::object& row, std::string_view key) {
  const auto* text = row.if_contains(key);
  return text && text->is_string() ? std::string(text->get_string()) : std::string();
}

/// Of a row of journal/list. Without a message it tells of a key or of endings.
bool brings_message(const boost::json::object& row) {
  const auto* size = row.if_contains("size");
  return size && *size != 0;
}

/// Those of `shown` who are recipients of the row's entry.
Shown shown_of(const boost::json::object& row, const Shown& shown) {
  const auto* array = row.if_contains("recipients");
  if (shown.all || !array || !array->is_array()) return shown;
  const auto is_recipient = [&](const std::string& address) {
    return std::ranges::any_of(array->get_array(), [&](const boost::json::value& each) {
      return each.is_string() && base::iequals(std::string_view(each.get_string()), address);
    });
  };
  Shown found;
  std::ranges::copy_if(shown.recipients, std::back_inserter(found.recipients), is_recipient);
  return found;
}

/// Fills the folder entry by entry. An entry that cannot be given is told, and the others go on.
class Exporter {
 public:
  Exporter(Context& context, AdminClient client, JournalFolder folder, const Shown& shown)
      : context_(context), client_(std::move(client)), folder_(std::move(folder)), shown_(shown) {}

  Exit run(const JournalRange& range) {
    if (auto made = folder_.prepare(); !made) return fail(context_, made.error().text());
    if (auto put = folder_.put("check-proof.py", checker_script); !put) return fail(context_, put.error().text());
    if (auto begun = begin(range.partition, range.from); !begun) return fail(context_, begun.error());
    auto left = range.limit > 0 ? range.limit : std::numeric_limits<std::uint64_t>::max();
    for (auto from = range.from; left > 0;) {
      const auto rows = page(range.partition, from, left);
      if (!rows) return fail(context_, rows.error());
      if (rows->empty()) break;
      for (const auto& row : *rows)
        if (auto went_on = take(row.as_object(), from); !went_on) return fail(context_, went_on.error());
      left -= rows->size();
    }
    return finish();
  }

 private:
  /// So that the audit journal has one entry for the whole of it, which says what is shown.
  Asked<void> begin(std::uint16_t partition, const std::string& from) {
    boost::json::object arguments{{"partition", partition}, {"all", shown_.all ? 1 : 0}};
    if (!from.empty()) arguments["from"] = from;
    boost::json::array recipients;
    for (const auto& address : shown_.recipients) recipients.emplace_back(address);
    arguments["recipients"] = std::move(recipients);
    if (const auto begun = client_->ask("journal/export", std::move(arguments)); !begun) return std::unexpected(begun.error());
    return {};
  }

  /// Asked for anew each time: a list that stays open while the page's files are written is closed by the server.
  Asked<boost::json::array> page(std::uint16_t partition, const std::string& from, std::uint64_t most) {
    boost::json::object arguments{{"partition", partition}};
    if (!from.empty()) arguments["from"] = from;
    arguments["limit"] = std::min<std::uint64_t>(most, std::numeric_limits<std::uint32_t>::max());
    boost::json::array page;
    const auto take = [&page](const boost::json::array& rows) {
      page = rows;
      return false;
    };
    if (auto listed = client_->ask_list("journal/list", std::move(arguments), take); !listed)
      return std::unexpected(listed.error());
    if (!std::ranges::all_of(page, [](const auto& row) { return row.is_object(); }))
      return std::unexpected(Failure{Exit::failed, "the server's answer is no list of entries"});
    return page;
  }

  /// `next`: the position behind it. A failure is one that ends the export.
  Asked<void> take(const boost::json::object& row, std::string& next) {
    const auto position = archive::Position::parse(text_at(row, "position"));
    if (!position) return std::unexpected(Failure{Exit::failed, "the server's answer has an entry without a position"});
    next = archive::Position{position->partition, position->index + 1}.text();
    const auto name = position->text();
    const auto proof = ask_proof(*client_, name, shown_of(row, shown_));
    if (!proof) return fault(name, proof.error());
    if (auto put = folder_.put(name + ".json", *proof); !put) return unwritten(put.error());
    if (brings_message(row)) return octets(name);
    return given();
  }

  Asked<void> octets(const std::string& name) {
    const auto path = folder_.path() / (name + ".eml");
    NewFile file(path);
    const auto write = [&file](std::string_view octets) { return file.write(octets); };
    const auto sent = client_->ask_octets("journal/octets", {{"position", name}}, write);
    if (auto closed = file.close(); !closed) return unwritten(closed.error());
    if (sent) return given();
    std::error_code ignored;
    std::filesystem::remove(path, ignored);  // half a message is none
    return fault(name, sent.error());
  }

  Asked<void> given() {
    entries_ += 1;
    if (context_.err_is == Context::Terminal::yes) context_.err << '\r' << entries_ << " entries" << std::flush;
    return {};
  }

  /// The server may have broken off in the middle of an answer: what follows is asked on a new connection.
  /// Where the server refuses, nothing of what follows would be given either.
  Asked<void> fault(const std::string& name, const Failure& failure) {
    if (failure.refused) return std::unexpected(Failure{failure.how, "the export ends at " + name + ": " + failure.what});
    faults_ += 1;
    fail(context_, name + ": " + failure.what);
    auto again = AdminClient::connect(context_);
    if (!again) return std::unexpected(again.error());
    client_.emplace(std::move(*again));
    const auto position = archive::Position::parse(name);
    return begin(position ? position->partition : 0, name);
  }

  static Asked<void> unwritten(const base::Error& error) { return std::unexpected(Failure{Exit::failed, error.text()}); }

  Exit finish() {
    if (context_.err_is == Context::Terminal::yes) context_.err << '\n';
    if (auto synced = folder_.sync(); !synced) return fail(context_, synced.error().text());
    const auto folder = folder_.path().string();
    if (context_.form == Form::json) {
      print_value(context_, boost::json::object{{"entries", entries_}, {"faults", faults_}, {"folder", folder}});
    } else {
      context_.out << entries_ << " entries in " << folder << ", " << faults_ << " faults\n";
    }
    return faults_ == 0 ? Exit::done : Exit::failed;
  }

  Context& context_;
  std::optional<AdminClient> client_;  ///< there is always one
  JournalFolder folder_;
  const Shown& shown_;
  std::uint64_t entries_ = 0, faults_ = 0;
};

}  // namespace

Exit journal_export(Context& context, const std::string& folder, const JournalRange& range, const Shown& shown) {
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  return Exporter(context, std::move(*client), JournalFolder(folder), shown).run(range);
}

}  // namespace understudy::app
