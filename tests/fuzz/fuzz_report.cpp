/// Delivery status and reports: whatever strangers said, a report is three parts, with CRLF line ends, and reads back.
#include <algorithm>
#include <string_view>

#include "fuzz_check.hpp"
#include "mail/mime/structure.hpp"
#include "mail/report/report.hpp"

using namespace understudy::mail;
using namespace understudy::mail::report;
using understudy::tests::must;

namespace {

ReportRequest request_of(std::string_view text) {
  ReportRequest request;
  request.message_id = "<1@mx.example.org>";
  request.reporting_mta = "mx.example.org";
  request.from = {"MAILER-DAEMON", "example.org"};
  request.to = {"alice", "example.org"};
  request.envid = text.substr(0, 100);
  request.randomness = "0123456789abcdef";
  RecipientReport recipient;
  recipient.final_recipient = {std::string(text.substr(0, 64)), "example.com"};
  recipient.orcpt = "rfc822;" + std::string(text.substr(0, 500));
  recipient.status = text.substr(0, 8);
  recipient.remote_mta = text.substr(0, 255);
  recipient.diagnostic = text;
  request.recipients = {recipient};
  request.original = {text, text};
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const DeliveryStatus status = parse_delivery_status(text);
  const DeliveryStatus again = parse_delivery_status(format_delivery_status(status, Octets::seven_bit));
  must(again.recipients.size() <= status.recipients.size());

  const Report report = make_report(request_of(text));
  for (std::size_t i = 0; i < report.octets.size(); ++i) {
    if (report.octets[i] == '\r') must(i + 1 < report.octets.size() && report.octets[i + 1] == '\n');
    if (report.octets[i] == '\n') must(i > 0 && report.octets[i - 1] == '\r');
  }
  const auto structure = mime::parse_structure(report.octets);
  must(std::ranges::count_if(structure.parts, [](const mime::Part& part) { return part.parent == 0u; }) == 3);
  return 0;
}
