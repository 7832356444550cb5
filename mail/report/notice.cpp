#include "mail/report/notice.hpp"

#include "base/text.hpp"
#include "mail/header/date.hpp"
#include "mail/report/human_text.hpp"

namespace understudy::mail::report {
namespace {

std::string paragraphs_of(std::string_view text, Octets octets) {
  std::string out, paragraph;
  const auto end_paragraph = [&] {
    const std::string lines = wrapped(paragraph, "");
    if (!lines.empty()) out += "\r\n" + lines;
    paragraph.clear();
  };
  for (std::string_view line : base::split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (base::trim(line).empty()) end_paragraph();
    paragraph += cleaned(line, octets) + ' ';
  }
  end_paragraph();
  return out;
}

}  // namespace

Report make_notice(const NoticeRequest& request) {
  Report notice;
  notice.utf8 = base::has_8bit(request.to.text()) || base::has_8bit(request.from.text());
  notice.eight_bit = notice.utf8;
  const Octets octets = notice.utf8 ? Octets::utf8 : Octets::seven_bit;
  std::string& out = notice.octets;
  out = "Message-ID: " + cleaned(request.message_id, octets) + "\r\n";
  out += "Date: " + header::format_date(request.date) + "\r\n";
  out += "From: Understudy <" + request.from.text() + ">\r\n";
  out += "To: <" + request.to.text() + ">\r\n";
  out += format_field("Subject", request.subject, octets);
  out += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
  out += notice.utf8 ? "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
                     : "Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n";
  out += paragraphs_of(request.text, octets);
  return notice;
}

}  // namespace understudy::mail::report
