#include "mail/report/delivery_status.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/header/date.hpp"
#include "mail/header/fields.hpp"
#include "mail/header/lexer.hpp"

namespace understudy::mail::report {
namespace {

constexpr std::size_t max_body = 1024 * 1024;
constexpr std::size_t max_recipients = 10'000;
constexpr std::size_t fields_of_a_group = 100;

constexpr std::array<std::string_view, 5> action_names = {"failed", "delayed", "delivered", "relayed", "expanded"};

std::optional<Action> action_of(std::string_view value) {
  const auto word = header::Lexer(value).next_word().raw;
  const auto found = std::ranges::find_if(action_names, [&](std::string_view known) { return base::iequals(word, known); });
  if (found == action_names.end()) return std::nullopt;
  return static_cast<Action>(found - action_names.begin());
}

TypedValue typed(std::string_view value) {
  const std::string line = header::unfold(value);
  const auto semicolon = line.find(';');
  if (semicolon == std::string::npos) return {{}, line};
  const std::string_view text = line;
  return {base::to_lower(base::trim(text.substr(0, semicolon))), std::string(base::trim(text.substr(semicolon + 1)))};
}

/// One group of fields: those of the message, or those of a recipient.
class Group {
 public:
  explicit Group(const header::Header& header) : header_(header) {}
  bool has(std::string_view name) const { return header::first(header_, name) != nullptr; }
  std::string_view raw(std::string_view name) const { return header::first_value(header_, name).value_or(std::string_view()); }
  TypedValue typed_value(std::string_view name) const { return typed(raw(name)); }
  std::optional<std::chrono::sys_seconds> date(std::string_view name) const { return header::parse_date(raw(name)); }

 private:
  const header::Header& header_;
};

RecipientFields recipient_of(const Group& group) {
  RecipientFields out;
  out.original_recipient = group.typed_value("Original-Recipient");
  out.final_recipient = group.typed_value("Final-Recipient");
  out.action = action_of(group.raw("Action"));
  out.status = header::Lexer(group.raw("Status")).next_word().text();
  out.remote_mta = group.typed_value("Remote-MTA");
  out.diagnostic = group.typed_value("Diagnostic-Code");
  out.last_attempt = group.date("Last-Attempt-Date");
  out.will_retry_until = group.date("Will-Retry-Until");
  return out;
}

void take_group(const header::Header& header, DeliveryStatus& status) {
  const Group group(header);
  if (group.has("Reporting-MTA") || group.has("Arrival-Date")) {
    status.envelope_id = header::unfold(group.raw("Original-Envelope-Id"));
    status.reporting_mta = group.typed_value("Reporting-MTA");
    status.arrival = group.date("Arrival-Date");
  }
  if (!group.has("Final-Recipient") && !group.has("Original-Recipient")) return;
  if (status.recipients.size() >= max_recipients) {
    status.truncated = true;
  } else {
    status.recipients.push_back(recipient_of(group));
  }
}

void put(std::string& out, std::string_view name, const TypedValue& value, Octets octets) {
  if (!value.empty()) out += format_field(name, value.type + "; " + value.value, octets);
}

void put(std::string& out, std::string_view name, std::string_view value, Octets octets) {
  if (!value.empty()) out += format_field(name, value, octets);
}

void put(std::string& out, std::string_view name, const std::optional<std::chrono::sys_seconds>& time, Octets octets) {
  if (time) out += format_field(name, header::format_date(*time), octets);
}

std::string format_recipient(const RecipientFields& recipient, Octets octets) {
  std::string out;
  put(out, "Original-Recipient", recipient.original_recipient, octets);
  put(out, "Final-Recipient", recipient.final_recipient, octets);
  if (recipient.action) put(out, "Action", name(*recipient.action), octets);
  put(out, "Status", recipient.status, octets);
  put(out, "Remote-MTA", recipient.remote_mta, octets);
  put(out, "Diagnostic-Code", recipient.diagnostic, octets);
  put(out, "Last-Attempt-Date", recipient.last_attempt, octets);
  put(out, "Will-Retry-Until", recipient.will_retry_until, octets);
  return out;
}

}  // namespace

std::string_view name(Action action) {
  return action_names[static_cast<std::size_t>(action)];
}

DeliveryStatus parse_delivery_status(std::string_view body) {
  DeliveryStatus status;
  status.truncated = body.size() > max_body;
  body = body.substr(0, max_body);
  const auto ends = header::line_ends_of(body);
  for (std::uint64_t at = 0; at < body.size() && !status.truncated;) {
    const auto header = header::scan(body, at, ends, {.octets = max_body, .fields = fields_of_a_group});
    take_group(header, status);
    at = header.body > at ? header.body : header::line_at(body, at, ends).end;  // past a line that is no field
  }
  return status;
}

std::string format_delivery_status(const DeliveryStatus& status, Octets octets) {
  std::string out;
  put(out, "Original-Envelope-Id", status.envelope_id, octets);
  put(out, "Reporting-MTA", status.reporting_mta, octets);
  put(out, "Arrival-Date", status.arrival, octets);
  for (const RecipientFields& recipient : status.recipients) out += "\r\n" + format_recipient(recipient, octets);
  return out;
}

std::string cleaned(std::string_view text, Octets octets) {
  const bool keep_8bit = octets == Octets::utf8 && base::is_utf8(text);
  std::string out(text);
  std::ranges::replace_if(
      out,
      [&](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet < 0x20 || octet == 0x7f || (octet >= 0x80 && !keep_8bit);
      },
      '?');
  return out;
}

std::string format_field(std::string_view name, std::string_view value, Octets octets) {
  constexpr std::size_t wanted = 76;    // fold at white space from here on
  constexpr std::size_t longest = 900;  // and inside a word from here on
  const std::string text = cleaned(value, octets);
  std::string out = std::string(name) + ": ";
  std::size_t column = out.size();
  for (const std::string_view word : base::split(text, ' ')) {
    if (word.empty()) continue;  // a line of nothing but white space would be taken for the end of a header
    if (column + word.size() > wanted && column > name.size() + 2) {
      out += "\r\n";
      column = 0;
    }
    if (!out.ends_with(' ')) {
      out.push_back(' ');
      ++column;
    }
    for (std::size_t at = 0; at < word.size(); at += longest) {
      if (at > 0) out += "\r\n ";
      out += word.substr(at, longest);
    }
    column += word.size() % longest;
  }
  return out + "\r\n";
}

}  // namespace understudy::mail::report
