#include "app/verbs/columns.hpp"

#include <algorithm>

namespace understudy::app::columns {
namespace {

std::string text_of(const boost::json::object& row, std::string_view key) {
  const auto* value = row.if_contains(key);
  return value ? cell(*value) : "-";
}

/// "2026-03-01 12:00:00", UTC.
std::string time_of(const boost::json::object& row, std::string_view key) {
  std::string text = text_of(row, key);
  if (text.size() < 19) return text;
  text.resize(19);
  text[10] = ' ';
  return text;
}

std::string sender(const boost::json::object& row) {
  const auto text = text_of(row, "reverse_path");
  return text == "-" ? "<>" : text;
}

const boost::json::array& recipients_of(const boost::json::object& row) {
  static const boost::json::array none;
  const auto* value = row.if_contains("recipients");
  const auto* list = value ? value->if_array() : nullptr;
  return list ? *list : none;
}

/// The first recipient that waits, else the first of all; nullptr: there is none.
const boost::json::object* first_of(const boost::json::array& recipients) {
  for (const auto& each : recipients)
    if (const auto* recipient = each.if_object(); recipient && text_of(*recipient, "state") == "pending") return recipient;
  return recipients.empty() ? nullptr : recipients.front().if_object();
}

/// "bob@example.org and 2 more".
std::string recipients(const boost::json::object& row) {
  const auto& list = recipients_of(row);
  const auto* first = first_of(list);
  if (!first) return "-";
  return text_of(*first, "address") + (list.size() > 1 ? " and " + std::to_string(list.size() - 1) + " more" : "");
}

std::string attempts(const boost::json::object& row) {
  const auto* first = first_of(recipients_of(row));
  return first ? text_of(*first, "attempts") : "-";
}

/// When it is tried again, not before its hop is; or that it is not.
std::string due(const boost::json::object& row) {
  if (text_of(row, "held") == "yes") return "held: " + text_of(row, "why_held");
  return std::max(time_of(row, "next_attempt"), time_of(row, "hop_held_until"));  // "-" is before every time
}

/// Of the hop, while that keeps all its entries waiting; else the last reply to the recipient that is shown.
std::string failure(const boost::json::object& row) {
  if (const auto of_hop = text_of(row, "hop_failure"); of_hop != "-") return of_hop;
  const auto* first = first_of(recipients_of(row));
  return first ? text_of(*first, "last_reply") : "-";
}

/// "Seen, Flagged": the backslash of system flags and special uses says nothing to a person.
std::string without_backslashes(const boost::json::value* value) {
  if (!value) return "-";
  if (const auto* text = value->if_string()) {
    std::string_view word = *text;
    if (word.starts_with('\\')) word.remove_prefix(1);
    return cell(boost::json::value(word));
  }
  const auto* list = value->if_array();
  if (!list || list->empty()) return "-";
  std::string all;
  for (const auto& each : *list) all += (all.empty() ? "" : ", ") + without_backslashes(&each);
  return all;
}
std::string flags(const boost::json::object& row) {
  return without_backslashes(row.if_contains("flags"));
}
std::string use(const boost::json::object& row) {
  return without_backslashes(row.if_contains("special_use"));
}

std::string received_at(const boost::json::object& row) {
  return time_of(row, "received_at");
}
std::string time(const boost::json::object& row) {
  return time_of(row, "time");
}

std::string timestamped(const boost::json::object& row) {
  return time_of(row, "timestamped");
}

std::string handed_by(const boost::json::object& row) {
  const auto* value = row.if_contains("client");
  const auto* client = value ? value->if_object() : nullptr;
  if (const auto user = text_of(row, "user"); user != "-") return user;
  if (!client) return "-";
  const auto name = text_of(*client, "name");
  return name != "-" ? name : text_of(*client, text_of(*client, "address") == "-" ? "via" : "address");
}

constexpr Column account_columns[] = {{"address", "ADDRESS"},   {"login", "LOGIN"},    {"mailbox", "MAILBOX"},
                                      {"template", "TEMPLATE"}, {"origin", "MADE BY"}, {"aliases", "ALIASES"}};
constexpr Column mailbox_columns[] = {{"messages", "MESSAGES", Align::right},
                                      {"octets", "OCTETS", Align::right},
                                      {"uidnext", "UIDNEXT", Align::right},
                                      {"uidvalidity", "UIDVALIDITY", Align::right},
                                      {"highestmodseq", "MODSEQ", Align::right},
                                      {"special_use", "USE", Align::left, use},
                                      {"kind", "KIND"},
                                      {"name", "NAME"}};
constexpr Column message_columns[] = {{"uid", "UID", Align::right},
                                      {"received_at", "RECEIVED (UTC)", Align::left, received_at},
                                      {"size", "OCTETS", Align::right},
                                      {"flags", "FLAGS", Align::left, flags},
                                      {"journal", "JOURNAL"},
                                      {"from", "FROM"},
                                      {"subject", "SUBJECT"}};
/// "rule old-mail", "administrator root".
std::string deleted_by(const boost::json::object& row) {
  return text_of(row, "by") + " " + text_of(row, "who");
}
std::string deleted_at(const boost::json::object& row) {
  return time_of(row, "deleted_at");
}
constexpr Column bin_columns[] = {{"uid", "UID", Align::right},
                                  {"deleted_at", "DELETED (UTC)", Align::left, deleted_at},
                                  {"by", "BY", Align::left, deleted_by},
                                  {"folder", "FROM FOLDER"},
                                  {"size", "OCTETS", Align::right},
                                  {"from", "FROM"},
                                  {"subject", "SUBJECT"}};
constexpr Column queue_columns[] = {{"id", "ID"},
                                    {"kind", "KIND"},
                                    {"next_hop", "NEXT HOP"},
                                    {"size", "OCTETS", Align::right},
                                    {"attempts", "ATTEMPTS", Align::right, attempts},
                                    {"next_attempt", "NEXT ATTEMPT (UTC)", Align::left, due},
                                    {"reverse_path", "FROM", Align::left, sender},
                                    {"recipients", "TO", Align::left, recipients},
                                    {"hop_failure", "LAST FAILURE", Align::left, failure}};
constexpr Column journal_columns[] = {{"position", "POSITION"},
                                      {"time", "TIME (UTC)", Align::left, time},
                                      {"size", "OCTETS", Align::right},
                                      {"client", "HANDED BY", Align::left, handed_by},
                                      {"reverse_path", "FROM", Align::left, sender},
                                      {"recipients", "TO"},
                                      {"plan", "PLAN"},
                                      {"marks", "MARKS"}};
constexpr Column head_columns[] = {{"size", "ENTRIES", Align::right},
                                   {"time", "SIGNED (UTC)", Align::left, time},
                                   {"timestamped", "STAMPED (UTC)", Align::left, timestamped},
                                   {"root", "TREE HEAD"},
                                   {"key", "KEY"}};
constexpr Column order_columns[] = {{"direction", "DIRECTION"},
                                    {"order", "ORDER", Align::right},
                                    {"state", "STATE"},
                                    {"time", "TIME (UTC)", Align::left, time},
                                    {"messages", "MESSAGES", Align::right},
                                    {"told_by", "TOLD BY"},
                                    {"reason", "REASON"},
                                    {"why", "WHY"}};
constexpr Column custody_columns[] = {{"number", "NUMBER", Align::right},
                                      {"state", "STATE"},
                                      {"standing", "STANDING"},
                                      {"position", "JOURNAL"},
                                      {"recipients", "RECIPIENTS", Align::right},
                                      {"open", "OPEN", Align::right},
                                      {"settled", "SETTLED BY"},
                                      {"digest", "DIGEST"}};
constexpr Column custody_gap_columns[] = {{"number", "NUMBER", Align::right},
                                          {"standing", "THE OTHER MACHINE SAYS"},
                                          {"since", "MISSED SINCE (UTC)"},
                                          {"incarnation", "INCARNATION"}};
constexpr Column custody_client_columns[] = {{"client", "CLIENT"},
                                             {"messages", "MESSAGES", Align::right},
                                             {"numbered", "NUMBERED", Align::right},
                                             {"recipients", "RECIPIENTS", Align::right},
                                             {"octets", "OCTETS", Align::right},
                                             {"first", "FIRST (UTC)"},
                                             {"last", "LAST (UTC)"},
                                             {"shows", "WHAT THAT SHOWS"}};
constexpr Column share_columns[] = {{"name", "FOLDER"}, {"identifier", "WHO"}, {"rights", "RIGHTS"}, {"holds", "IS THERE"}};
constexpr Column setting_columns[] = {{"key", "SETTING"}, {"value", "VALUE"}};

}  // namespace

const std::span<const Column> accounts = account_columns;
const std::span<const Column> mailboxes = mailbox_columns;
const std::span<const Column> shares = share_columns;
const std::span<const Column> messages = message_columns;
const std::span<const Column> bin = bin_columns;
const std::span<const Column> queue = queue_columns;
const std::span<const Column> journal = journal_columns;
const std::span<const Column> heads = head_columns;
const std::span<const Column> orders = order_columns;
const std::span<const Column> custody = custody_columns;
const std::span<const Column> custody_gaps = custody_gap_columns;
const std::span<const Column> custody_clients = custody_client_columns;
const std::span<const Column> settings = setting_columns;

}  // namespace understudy::app::columns
