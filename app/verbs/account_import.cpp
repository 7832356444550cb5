#include <algorithm>
#include <fstream>
#include <istream>
#include <map>
#include <optional>
#include <ostream>
#include <utility>

#include "app/verbs/account_line.hpp"
#include "app/verbs/ask.hpp"
#include "app/verbs/verbs.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

constexpr std::size_t lines_at_once = 200;
constexpr std::size_t octets_at_once = 256 * 1024;  ///< of lines, so that a request keeps below the server's limit

/// The next line without its end; nullopt: there is none. Of a line over the limit only its beginning is kept.
std::optional<std::string> next_line(std::istream& in) {
  std::string line;
  char c = 0;
  if (!in.get(c)) return std::nullopt;
  for (; in && c != '\n'; in.get(c))
    if (line.size() <= max_account_line) line += c;
  return line;
}

std::uint64_t number_of(const boost::json::object& object, std::string_view key) {
  boost::system::error_code unfit;
  const auto* value = object.if_contains(key);
  const auto number = value ? value->to_number<std::uint64_t>(unfit) : 0;
  return unfit ? 0 : number;
}

class Import {
 public:
  Import(Context& context, AdminClient& client, ImportMode mode) : context_(context), client_(client), mode_(mode) {}

  Asked<void> run(std::istream& in) {
    for (auto text = next_line(in); text; text = next_line(in)) {
      ++line_;
      std::string_view line = *text;
      if (line_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);  // what spreadsheets put before UTF-8
      auto account = parse_account_line(line);
      if (!account) {
        refuse(line_, "", account.error());
      } else if (*account && is_new(**account)) {
        add(std::move(**account), line.size());
      }
      if (lines_.size() + refusals_.size() < lines_at_once && octets_ < octets_at_once) continue;
      if (auto sent = send(); !sent) return sent;
    }
    if (in.bad()) return std::unexpected(Failure{Exit::failed, "the accounts cannot be read to their end"});
    return send();
  }

  Exit finish() {
    if (context_.form == Form::json) {
      boost::json::object totals{{"added", added_}, {"changed", changed_}, {"unchanged", unchanged_}};
      totals["refused"] = refused_;
      if (const auto printed = print_value(context_, totals); printed != Exit::done) return printed;
    } else {
      context_.out << added_ << " added, " << changed_ << " changed, " << unchanged_ << " as they were, " << refused_.size()
                   << " refused" << (mode_ == ImportMode::check ? "; this was a check, nothing was changed\n" : "\n");
    }
    return refused_.empty() ? Exit::done : Exit::failed;
  }

 private:
  struct Refusal {
    std::uint64_t line = 0;
    std::string address, why;
  };

  void refuse(std::uint64_t line, std::string address, std::string why) {
    refusals_.push_back({line, std::move(address), std::move(why)});
  }

  /// What was refused here and what the server refused, in the order of the lines.
  void tell_refusals() {
    std::ranges::sort(refusals_, {}, &Refusal::line);
    for (const auto& [line, address, why] : std::exchange(refusals_, {})) {
      context_.err << "line " << line << ": " << base::escape(address) << (address.empty() ? "" : ": ")
                   << base::escape(why, 1024) << '\n';
      refused_.push_back(boost::json::object{{"line", line}, {"address", address}, {"why", why}});
    }
  }

  /// Says no where an address stands in the file twice: with --check the server cannot see what an earlier line would take.
  bool is_new(const AccountLine& account) {
    std::vector<std::string> addresses = {base::to_lower(account.address)};
    for (const auto& alias : account.aliases) addresses.push_back(base::to_lower(alias));
    for (const auto& address : addresses) {
      const auto before = seen_.find(address);
      if (before == seen_.end()) continue;
      refuse(line_, account.address, address + " stands on line " + std::to_string(before->second) + " already");
      return false;
    }
    for (auto& address : addresses) seen_.emplace(std::move(address), line_);
    return true;
  }

  void add(AccountLine account, std::size_t octets) {
    boost::json::object words{{"line", line_}, {"address", account.address}};
    if (!account.verifier.empty()) words["verifier"] = account.verifier;
    boost::json::array aliases;
    for (const auto& alias : account.aliases) aliases.emplace_back(alias);
    words["aliases"] = std::move(aliases);
    lines_.push_back(std::move(words));
    octets_ += octets;
  }

  Asked<void> send() {
    if (lines_.empty()) {
      tell_refusals();
      return {};
    }
    boost::json::object arguments;
    arguments["accounts"] = std::exchange(lines_, {});
    arguments["check"] = mode_ == ImportMode::check ? 1 : 0;
    octets_ = 0;
    const auto answer = client_.ask("account/import", std::move(arguments));
    if (!answer) return std::unexpected(answer.error());
    if (!answer->is_object()) return std::unexpected(Failure{Exit::failed, "the server's answer is no object"});
    take(answer->get_object());
    tell_refusals();
    return {};
  }

  void take(const boost::json::object& answer) {
    added_ += number_of(answer, "added");
    changed_ += number_of(answer, "changed");
    unchanged_ += number_of(answer, "unchanged");
    const auto* refused = answer.if_contains("refused");
    if (!refused || !refused->is_array()) return;
    for (const auto& each : refused->get_array()) {
      if (!each.is_object()) continue;
      const auto text = [&](std::string_view key) {
        const auto* value = each.get_object().if_contains(key);
        return value && value->is_string() ? std::string(value->get_string()) : std::string();
      };
      refuse(number_of(each.get_object(), "line"), text("address"), text("why"));
    }
  }

  Context& context_;
  AdminClient& client_;
  ImportMode mode_;
  std::uint64_t line_ = 0;
  std::map<std::string, std::uint64_t> seen_;  ///< address or alias -> its line
  boost::json::array lines_;                   ///< to be sent
  std::size_t octets_ = 0;
  std::uint64_t added_ = 0, changed_ = 0, unchanged_ = 0;
  std::vector<Refusal> refusals_;  ///< not told yet
  boost::json::array refused_;
};

}  // namespace

Exit account_import(Context& context, const std::string& file, ImportMode mode) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened) return fail(context, file + ": cannot be read", Exit::wrong_usage);
  }
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  Import import(context, *client, mode);
  if (auto run = import.run(file == "-" ? context.in : opened); !run) {
    fail(context, run.error());
    return fail(context, "the lines before were imported; the same file can be imported again", run.error().how);
  }
  return import.finish();
}

}  // namespace understudy::app
