#include "app/verbs/audit_columns.hpp"

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

std::string time(const boost::json::object& row) {
  return time_of(row, "time");
}
std::string until(const boost::json::object& row) {
  return time_of(row, "until");
}
std::string asked(const boost::json::object& row) {
  return time_of(row, "asked");
}

/// Who, and in which role where he had one.
std::string who(const boost::json::object& row) {
  const auto role = text_of(row, "role");
  const auto name = text_of(row, "operator");
  return role == "none" || role == "machine" ? name : name + " (" + role + ")";
}

/// "message export", or which entry ended.
std::string what(const boost::json::object& row) {
  if (text_of(row, "event") == "ended") return "end of " + text_of(row, "of");
  auto action = text_of(row, "action");
  if (const auto at = action.find('/'); at != action.npos) action[at] = ' ';
  return action;
}

/// "account alice@example.org, folder INBOX".
std::string object(const boost::json::object& row) {
  const auto* value = row.if_contains("object");
  const auto* fields = value ? value->if_object() : nullptr;
  std::string text;
  if (fields)
    for (const auto& field : *fields) {
      const auto shown = cell(field.value());
      if (shown != "-") text += (text.empty() ? "" : ", ") + std::string(field.key()) + " " + shown;
    }
  const auto in_case = text_of(row, "case");
  if (in_case != "-") text += (text.empty() ? "in case " : "; in case ") + in_case;
  return text.empty() ? "-" : text;
}

std::string result(const boost::json::object& row) {
  const auto event = text_of(row, "event");
  const auto outcome = text_of(row, "outcome");
  if (event == "refused") return "REFUSED: " + outcome;
  if (event == "asked") return "waits for a second person";
  if (event != "begun") return outcome;
  const auto by = text_of(row, "approved_by");
  return by == "-" ? "allowed" : "allowed, approved by " + by + " (" + text_of(row, "request") + ")";
}

std::string decided(const boost::json::object& row) {
  const auto by = text_of(row, "decided_by");
  return by == "-" ? text_of(row, "state") : text_of(row, "state") + " by " + by;
}

constexpr Column audit_columns[] = {{"entry", "ENTRY", Align::right},           {"time", "TIME (UTC)", Align::left, time},
                                    {"operator", "WHO", Align::left, who},      {"action", "WHAT", Align::left, what},
                                    {"object", "OF WHAT", Align::left, object}, {"reason", "WHY"},
                                    {"outcome", "RESULT", Align::left, result}};
constexpr Column head_columns[] = {
    {"size", "ENTRIES", Align::right}, {"time", "SIGNED (UTC)", Align::left, time}, {"root", "TREE HEAD"}, {"key", "KEY"}};
constexpr Column case_columns[] = {{"case", "CASE"},         {"state", "STATE"},
                                   {"operator", "OPERATOR"}, {"until", "UNTIL (UTC)", Align::left, until},
                                   {"accounts", "ACCOUNTS"}, {"opened_by", "OPENED BY"},
                                   {"reason", "WHY"}};
constexpr Column approval_columns[] = {
    {"number", "NUMBER", Align::right},      {"asked", "ASKED (UTC)", Align::left, asked}, {"operator", "BY"},
    {"action", "TO DO", Align::left, what},  {"object", "OF WHAT", Align::left, object},   {"reason", "WHY"},
    {"state", "STATE", Align::left, decided}};

}  // namespace

const std::span<const Column> audit = audit_columns;
const std::span<const Column> audit_heads = head_columns;
const std::span<const Column> cases = case_columns;
const std::span<const Column> approvals = approval_columns;

}  // namespace understudy::app::columns
