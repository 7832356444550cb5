#include "mail/report/report.hpp"

#include <algorithm>

#include "base/codec.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "mail/header/date.hpp"
#include "mail/header/fields.hpp"
#include "mail/mime/quoted_printable.hpp"
#include "mail/report/human_text.hpp"
#include "mail/smtp/xtext.hpp"

namespace understudy::mail::report {
namespace {

constexpr std::size_t longest_line = 998;  // RFC 5322 §2.1.1, without the CRLF

/// Fields and body of one part, without its boundary.
struct Part {
  std::string type;
  std::string encoding;
  std::string content;

  std::string text() const {
    return "Content-Type: " + type + "\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + content + "\r\n";
  }
};

/// The character set that the addresses ask for (RFC 6533 §1).
Octets octets_for(const ReportRequest& request) {
  const auto is_utf8_orcpt = [](const std::string& orcpt) { return base::has_8bit(orcpt); };
  const bool utf8 = base::has_8bit(request.to.text()) || base::has_8bit(request.from.text()) ||
                    std::ranges::any_of(request.recipients, [&](const RecipientReport& r) {
                      return base::has_8bit(r.final_recipient.text()) || is_utf8_orcpt(r.orcpt);
                    });
  return utf8 ? Octets::utf8 : Octets::seven_bit;
}

/// "rfc822;alice@example.org" with its xtext decoded (RFC 3464 §2.3.1); the utf-8 type has an encoding of its own.
TypedValue original_recipient(std::string_view orcpt) {
  const auto semicolon = orcpt.find(';');
  if (semicolon == std::string_view::npos) return {};
  TypedValue out{base::to_lower(orcpt.substr(0, semicolon)), std::string(orcpt.substr(semicolon + 1))};
  if (out.type != "utf-8") out.value = smtp::from_xtext(out.value).value_or(out.value);
  return out;
}

RecipientFields fields_of(const RecipientReport& recipient) {
  RecipientFields out;
  const std::string address = recipient.final_recipient.text();
  out.original_recipient = original_recipient(recipient.orcpt);
  out.final_recipient = {base::has_8bit(address) ? "utf-8" : "rfc822", address};
  out.action = recipient.action;
  out.status = normal_status(recipient.status, recipient.action);
  if (!recipient.remote_mta.empty()) out.remote_mta = {"dns", recipient.remote_mta};
  if (!recipient.diagnostic.empty()) out.diagnostic = {"smtp", recipient.diagnostic.substr(0, 2000)};
  const auto whole = [](base::WallTime time) { return std::chrono::floor<std::chrono::seconds>(time); };
  if (recipient.last_attempt) out.last_attempt = whole(*recipient.last_attempt);
  if (recipient.will_retry_until && recipient.action == Action::delayed)
    out.will_retry_until = whole(*recipient.will_retry_until);
  return out;
}

Part status_part(const ReportRequest& request, Octets octets) {
  DeliveryStatus status;
  status.envelope_id = smtp::from_xtext(request.envid).value_or(std::string());
  status.reporting_mta = {"dns", request.reporting_mta};
  if (request.arrival) status.arrival = std::chrono::floor<std::chrono::seconds>(*request.arrival);
  for (const RecipientReport& recipient : request.recipients) status.recipients.push_back(fields_of(recipient));
  const bool utf8 = octets == Octets::utf8;
  return {utf8 ? "message/global-delivery-status" : "message/delivery-status", utf8 ? "8bit" : "7bit",
          format_delivery_status(status, octets)};
}

Part human_part(const ReportRequest& request, Octets octets) {
  const bool utf8 = octets == Octets::utf8;
  return {utf8 ? "text/plain; charset=utf-8" : "text/plain; charset=us-ascii", utf8 ? "8bit" : "7bit",
          human_text(request, octets)};
}

/// Lines of at most 998 octets, each ended by CRLF; no other CR or LF, no NUL. True of no octets at all.
bool can_travel(std::string_view octets) {
  std::size_t line = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (octets.substr(i, 2) == "\r\n") {
      line = 0;
      ++i;
    } else if (octets[i] == '\r' || octets[i] == '\n' || octets[i] == '\0' || ++line > longest_line) {
      return false;
    }
  }
  return true;
}

/// The header's octets with CRLF for every line end, cut at a line where it is too long.
std::string returned_header(std::string_view head) {
  head = head.substr(0, max_returned_header);
  const auto ends = header::line_ends_of(head);
  const auto end = header::scan(head).body;
  std::string out;
  for (std::uint64_t at = 0; at < end;) {
    const auto line = header::line_at(head, at, ends);
    const bool cut_off = line.end == head.size() && line.text_end == line.end && head.size() == max_returned_header;
    if (line.blank() || cut_off) break;
    out.append(line.text(head)).append("\r\n");
    at = line.end;
  }
  return out;
}

Part header_part(std::string_view head, Octets octets) {
  std::string header = returned_header(head);
  const bool utf8 = octets == Octets::utf8;
  const std::string type = utf8 ? "message/global-headers" : "text/rfc822-headers";
  if (can_travel(header) && !base::has_8bit(header)) return {type, "7bit", std::move(header)};
  if (utf8 && can_travel(header)) return {type, "8bit", std::move(header)};
  return {type, "quoted-printable", mime::to_quoted_printable(header)};
}

Part original_part(const Original& original, Octets octets) {
  if (original.full.empty() || original.full.size() > max_returned_full || !can_travel(original.full))
    return header_part(original.head, octets);
  const std::string type = octets == Octets::utf8 ? "message/global" : "message/rfc822";
  return {type, base::has_8bit(original.full) ? "8bit" : "7bit", std::string(original.full)};
}

/// A boundary that stands nowhere in `content`, so that nothing a stranger wrote can end a part.
std::string boundary_for(const std::string& content, std::string_view randomness) {
  for (unsigned attempt = 0;; ++attempt) {
    const auto digest = base::sha256(std::string(randomness) + '/' + std::to_string(attempt));
    const std::string boundary = "report-" + base::to_hex(base::view(digest).substr(0, 16));
    if (content.find(boundary) == std::string::npos) return boundary;
  }
}

/// In-Reply-To and References, so that mail programs show the report beside the message.
std::string thread_fields(const Original& original) {
  const auto header = header::scan(original.head.substr(0, max_returned_header));
  const auto value = header::first_value(header, "Message-ID");
  const auto id = value ? header::parse_message_id(*value) : std::nullopt;
  constexpr std::size_t longest_id = 250;
  if (!id || id->size() > longest_id || base::has_8bit(*id) || id->find_first_of("<>") != std::string::npos) return {};
  return "In-Reply-To: <" + *id + ">\r\nReferences: <" + *id + ">\r\n";
}

std::string report_header(const ReportRequest& request, Octets octets, std::string_view boundary) {
  std::string out = "Message-ID: " + cleaned(request.message_id, octets) + "\r\n";
  out += "Date: " + header::format_date(request.date) + "\r\n";
  out += "From: Mail Delivery System <" + request.from.text() + ">\r\n";
  out += "To: <" + request.to.text() + ">\r\n";
  out += format_field("Subject", subject(request, octets), octets);
  out += "Auto-Submitted: auto-replied\r\n" + thread_fields(request.original) + "MIME-Version: 1.0\r\n";
  out += "Content-Type: multipart/report; report-type=";
  out += octets == Octets::utf8 ? "global-delivery-status" : "delivery-status";
  return out + ";\r\n boundary=\"" + std::string(boundary) + "\"\r\n";
}

}  // namespace

Report make_report(const ReportRequest& request) {
  const Octets octets = octets_for(request);
  const Part original = original_part(request.original, octets);
  std::string content;
  const std::string parts[] = {human_part(request, octets).text(), status_part(request, octets).text(), original.text()};
  for (const std::string& part : parts) content += part;
  const std::string boundary = boundary_for(content, request.randomness);

  Report report;
  report.utf8 = octets == Octets::utf8;
  report.eight_bit = report.utf8 || original.encoding == "8bit";
  report.octets = report_header(request, octets, boundary);
  if (report.eight_bit) report.octets += "Content-Transfer-Encoding: 8bit\r\n";
  report.octets += "\r\nThis is a delivery report in MIME format.\r\n\r\n";
  for (const std::string& part : parts) report.octets += "--" + boundary + "\r\n" + part;
  report.octets += "--" + boundary + "--\r\n";
  return report;
}

}  // namespace understudy::mail::report
