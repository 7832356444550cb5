#include "app/verbs/columns.hpp"

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

/// "bob@example.org (450 4.2.1 come later)"; of many the first one that waits, and their number.
std::string recipients(const boost::json::object& row) {
  const auto* value = row.if_contains("recipients");
  const auto* list = value ? value->if_array() : nullptr;
  if (!list || list->empty()) return "-";
  const auto* first = list->front().if_object();
  for (const auto& each : *list)
    if (const auto* recipient = each.if_object(); recipient && text_of(*recipient, "state") == "pending") {
      first = recipient;
      break;
    }
  std::string text = first ? text_of(*first, "address") : cell(list->front());
  if (list->size() > 1) text += " and " + std::to_string(list->size() - 1) + " more";
  if (first)
    if (const auto reply = text_of(*first, "last_reply"); reply != "-") text += " (" + reply + ")";
  return text;
}

std::string attempts(const boost::json::object& row) {
  const auto* value = row.if_contains("recipients");
  const auto* list = value ? value->if_array() : nullptr;
  if (!list || list->empty() || !list->front().is_object()) return "-";
  return text_of(list->front().get_object(), "attempts");
}

/// When it is tried again, or that it is not.
std::string due(const boost::json::object& row) {
  return text_of(row, "held") == "yes" ? "held: " + text_of(row, "why_held") : time_of(row, "next_attempt");
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
                                      {"name", "NAME"}};
constexpr Column message_columns[] = {{"uid", "UID", Align::right},
                                      {"received_at", "RECEIVED (UTC)", Align::left, received_at},
                                      {"size", "OCTETS", Align::right},
                                      {"flags", "FLAGS", Align::left, flags},
                                      {"journal", "JOURNAL"},
                                      {"from", "FROM"},
                                      {"subject", "SUBJECT"}};
constexpr Column queue_columns[] = {{"id", "ID"},
                                    {"kind", "KIND"},
                                    {"hop", "HOP"},
                                    {"size", "OCTETS", Align::right},
                                    {"attempts", "ATTEMPTS", Align::right, attempts},
                                    {"next_attempt", "NEXT ATTEMPT (UTC)", Align::left, due},
                                    {"reverse_path", "FROM", Align::left, sender},
                                    {"recipients", "TO", Align::left, recipients}};
constexpr Column journal_columns[] = {{"position", "POSITION"},
                                      {"time", "TIME (UTC)", Align::left, time},
                                      {"size", "OCTETS", Align::right},
                                      {"client", "HANDED BY", Align::left, handed_by},
                                      {"reverse_path", "FROM", Align::left, sender},
                                      {"recipients", "TO"},
                                      {"plan", "PLAN"},
                                      {"marks", "MARKS"}};
constexpr Column setting_columns[] = {{"key", "SETTING"}, {"value", "VALUE"}};

}  // namespace

const std::span<const Column> accounts = account_columns;
const std::span<const Column> mailboxes = mailbox_columns;
const std::span<const Column> messages = message_columns;
const std::span<const Column> queue = queue_columns;
const std::span<const Column> journal = journal_columns;
const std::span<const Column> settings = setting_columns;

}  // namespace understudy::app::columns
