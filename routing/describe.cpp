#include "routing/describe.hpp"

#include "base/text.hpp"

namespace understudy::routing {
namespace {

constexpr std::size_t max_name_shown = 1024;  // an address is shorter; only a forged one is cut

/// A sender chooses his local part: it must not look like one of our clauses.
std::string shown(std::string_view name) {
  std::string text = base::escape(name, max_name_shown);
  if (text.find_first_of(" ,;:\"") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string clause(const File& file) {
  std::string out = file.create ? "create and file " : "file ";
  out += shown(file.account) + '/' + shown(file.folder);
  if (!file.original.empty()) out += " for " + shown(file.original);
  if (file.seen) out += " seen";
  return out;
}

std::string clause(const Enqueue& entry) {
  std::string out(name_of(entry.kind));
  out += ' ' + base::escape(entry.hop.text, max_name_shown);
  if (entry.forward_path) out += " to " + base::escape(entry.forward_path->text(), max_name_shown);
  if (entry.custody == Switch::on) out += " with custody";
  return out;
}

std::string clause(Report report) {
  return report == Report::expanded ? "report expanded" : "report delivered";
}

void add(std::string& out, std::string_view separator, std::string_view text) {
  if (!out.empty()) out += separator;
  out += text;
}

}  // namespace

std::string_view name_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::relay:
      return "relay";
    case EntryKind::copy:
      return "copy";
    case EntryKind::home:
      return "home";
  }
  return "unknown";
}

std::string_view name_of(Role role) {
  switch (role) {
    case Role::archive:
      return "archive";
    case Role::in_charge:
      return "in charge";
    case Role::standby:
      return "standby";
  }
  return "unknown";
}

std::string describe(const RecipientPlan& recipient) {
  std::string out;
  for (const File& file : recipient.files) add(out, ", ", clause(file));
  for (const Enqueue& entry : recipient.enqueues) add(out, ", ", clause(entry));
  if (recipient.returned) add(out, ", ", "return " + base::escape(recipient.returned->text(), max_name_shown));
  if (recipient.success != Report::none) add(out, ", ", clause(recipient.success));
  return out.empty() ? "journal only" : out;
}

std::string describe(const Plan& plan) {
  std::string out;
  for (std::size_t i = 0; i < plan.recipients.size(); ++i)
    add(out, "; ", std::to_string(i + 1) + ": " + describe(plan.recipients[i]));
  if (plan.sent) add(out, "; ", "sent: " + clause(*plan.sent));
  std::string marks;
  for (const std::string& mark : plan.marks) add(marks, ", ", shown(mark));
  if (!marks.empty()) add(out, "; ", "marks: " + marks);
  return out;
}

}  // namespace understudy::routing
