#include "mail/report/report.hpp"

#include "base/text.hpp"
#include "corpus_files.hpp"
#include "mail/header/date.hpp"
#include "mail/header/fields.hpp"
#include "mail/header/message_id.hpp"
#include "mail/mime/quoted_printable.hpp"
#include "mail/report/human_text.hpp"
#include "mail/report/notice.hpp"
#include "mime_tiling.hpp"

using namespace understudy;
using namespace understudy::mail;
using namespace understudy::mail::report;
using namespace std::string_literals;

namespace {

base::WallTime at(std::int64_t seconds) {
  return base::WallTime(std::chrono::seconds(seconds));
}

RecipientReport unknown_user() {
  RecipientReport out;
  out.final_recipient = {"bob", "example.com"};
  out.orcpt = "rfc822;bob+2Bx@example.com";
  out.action = Action::failed;
  out.status = "5.1.1";
  out.remote_mta = "mx.example.com";
  out.diagnostic = "550 5.1.1 <bob@example.com>: no such user here";
  out.last_attempt = at(1'790'000'100);
  return out;
}

ReportRequest failure() {
  ReportRequest out;
  out.message_id = header::make_message_id("1.a", "mailbox.example.org", "key");
  out.reporting_mta = "mailbox.example.org";
  out.from = {"MAILER-DAEMON", "example.org"};
  out.to = {"alice", "example.org"};
  out.date = at(1'790'000'200);
  out.arrival = at(1'790'000'000);
  out.envid = "QQ314159+2B";
  out.recipients = {unknown_user()};
  out.original.head =
      "Received: from x by y; z\r\nMessage-ID: <orig@example.org>\r\nSubject: Lunch?\r\nFrom: alice@example.org\r\n\r\nThe "
      "body";
  out.randomness = "0123456789abcdef";
  return out;
}

/// The parts of a report, as our own parsers see them.
struct Parsed {
  std::string octets;
  mime::Structure structure;
  explicit Parsed(std::string text) : octets(std::move(text)), structure(mime::parse_structure(octets)) {
    tests::check_structure(structure, octets);
  }
  /// The n-th part right below the report.
  const mime::Part& part(std::size_t n) const {
    for (const auto& part : structure.parts)
      if (part.parent == 0u && n-- == 0) return part;
    BOOST_FAIL("no such part");
    return structure.parts[0];
  }
  std::string_view body(std::size_t n) const { return part(n).body.of(octets); }
  std::string type(std::size_t n) const { return part(n).type.type + '/' + part(n).type.subtype; }
  std::size_t count() const {
    return static_cast<std::size_t>(std::ranges::count_if(structure.parts, [](const auto& p) { return p.parent == 0u; }));
  }
};

NoticeRequest notice() {
  NoticeRequest out;
  out.message_id = header::make_message_id("1.a", "mailbox.example.org", "key");
  out.from = {"MAILER-DAEMON", "example.org"};
  out.to = {"admin", "example.org"};
  out.date = at(1'790'000'200);
  out.subject = "Look here";
  return out;
}

void check_lines(const Report& report) {
  const std::string& text = report.octets;
  BOOST_REQUIRE(text.starts_with("Message-ID: <"));
  std::size_t line = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') BOOST_REQUIRE((i + 1 < text.size() && text[i + 1] == '\n'));
    if (text[i] == '\n') BOOST_REQUIRE((i > 0 && text[i - 1] == '\r'));
    BOOST_REQUIRE(text[i] != '\0');
    line = text[i] == '\n' ? 0 : line + 1;
    BOOST_REQUIRE(line <= 999);
  }
  if (!report.eight_bit) BOOST_REQUIRE(!base::has_8bit(text));
}

void check_wire(const Report& report) {
  BOOST_REQUIRE(report.octets.ends_with("--\r\n"));
  check_lines(report);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_message)

BOOST_AUTO_TEST_CASE(a_failure_report_says_who_why_and_what_to_do) {
  const Report report = make_report(failure());
  check_wire(report);
  BOOST_TEST(!report.utf8);
  BOOST_TEST(!report.eight_bit);
  const Parsed parsed(report.octets);
  const auto header = header::scan(report.octets);
  BOOST_TEST((header::first_value(header, "Auto-Submitted") == " auto-replied"));
  BOOST_TEST((header::first_value(header, "Subject") == " Not delivered: your mail to bob@example.com"));
  BOOST_TEST((header::first_value(header, "In-Reply-To") == " <orig@example.org>"));
  BOOST_TEST((header::first_value(header, "MIME-Version") == " 1.0"));
  BOOST_TEST(header::addresses(header, "From").entries.at(0).address() == "MAILER-DAEMON@example.org");
  BOOST_TEST(header::addresses(header, "To").entries.at(0).address() == "alice@example.org");
  BOOST_TEST((header::parse_date(*header::first_value(header, "Date")) == at(1'790'000'200)));
  BOOST_TEST(!header::first(header, "Received"));
  BOOST_REQUIRE(parsed.count() == 3u);
  BOOST_TEST(*parsed.structure.parts[0].type.parameters.find("report-type") == "delivery-status");
  const std::string human(parsed.body(0));
  for (std::string_view wanted : {"<bob@example.com> was not delivered", "This address does not exist", "mx.example.com",
                                  "550 5.1.1", "Subject: Lunch?", "your postmaster"})
    BOOST_TEST(human.find(wanted) != std::string::npos, wanted << " in " << human);
  for (const auto line : base::split(human, '\n')) BOOST_TEST(line.size() <= 79u);
  BOOST_TEST(parsed.type(2) == "text/rfc822-headers");
  BOOST_TEST(parsed.body(2) ==
             "Received: from x by y; z\r\nMessage-ID: <orig@example.org>\r\nSubject: Lunch?\r\nFrom: alice@example.org\r\n");
}

BOOST_AUTO_TEST_CASE(a_report_parses_back_to_what_it_was_made_of) {
  for (const Action action : {Action::failed, Action::delayed, Action::delivered, Action::relayed, Action::expanded}) {
    ReportRequest request = failure();
    request.recipients[0].action = action;
    request.recipients[0].status = "4.4.1";
    request.recipients[0].will_retry_until = at(1'790'400'000);
    request.recipients.push_back(unknown_user());
    request.recipients.back().final_recipient = {"odd (local\\\")", "[192.0.2.1]"};
    request.recipients.back().orcpt.clear();
    request.recipients.back().diagnostic.clear();
    request.recipients.back().remote_mta.clear();
    request.recipients.back().last_attempt.reset();
    const Report report = make_report(request);
    check_wire(report);
    const Parsed parsed(report.octets);
    BOOST_TEST(parsed.type(1) == "message/delivery-status");
    const DeliveryStatus status = parse_delivery_status(parsed.body(1));
    BOOST_TEST(status.envelope_id == "QQ314159+");
    BOOST_TEST((status.reporting_mta == TypedValue{"dns", "mailbox.example.org"}));
    BOOST_TEST((status.arrival == at(1'790'000'000)));
    BOOST_REQUIRE(status.recipients.size() == 2u);
    const RecipientFields& first = status.recipients[0];
    BOOST_TEST((first.original_recipient == TypedValue{"rfc822", "bob+x@example.com"}));
    BOOST_TEST((first.final_recipient == TypedValue{"rfc822", "bob@example.com"}));
    BOOST_TEST((first.action == action));
    const std::string expected = action == Action::failed ? "5.4.1" : action == Action::delayed ? "4.4.1" : "2.4.1";
    BOOST_TEST(first.status == expected);
    BOOST_TEST((first.remote_mta == TypedValue{"dns", "mx.example.com"}));
    BOOST_TEST((first.diagnostic == TypedValue{"smtp", "550 5.1.1 <bob@example.com>: no such user here"}));
    BOOST_TEST((first.last_attempt == at(1'790'000'100)));
    BOOST_TEST((first.will_retry_until.has_value() == (action == Action::delayed)));
    BOOST_TEST(
        (status.recipients[1] ==
         RecipientFields{{}, {"rfc822", "\"odd (local\\\\\\\")\"@[192.0.2.1]"}, Action::failed, "5.1.1", {}, {}, {}, {}}));
    // Fields written again are the same fields.
    BOOST_TEST(format_delivery_status(status, Octets::seven_bit) == parsed.body(1));
  }
}

BOOST_AUTO_TEST_CASE(AP_37_no_report_writes_a_return_path) {
  for (const Action action : {Action::failed, Action::delayed, Action::delivered}) {
    ReportRequest request = failure();
    request.recipients[0].action = action;
    BOOST_TEST(base::to_lower(make_report(request).octets).find("return-path") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(strangers_cannot_put_a_line_or_a_part_into_a_report) {
  for (const std::string& evil : {"x\r\nBcc: v@example.org\r\n\r\n"s, "\r\n\r\n--report-"s, "a\nb"s, "a\rb"s, "a\0b"s,
                                  "\xff\x1b[31m"s, std::string(5'000, 'w'), std::string(3'000, ' '), ""s, "x; y"s}) {
    ReportRequest request = failure();
    request.reporting_mta = request.envid = evil;
    request.postmaster = evil;
    RecipientReport& recipient = request.recipients[0];
    recipient.orcpt = "rfc822;" + evil;
    recipient.status = recipient.remote_mta = recipient.diagnostic = evil;
    recipient.final_recipient = {evil.substr(0, 300), evil.substr(0, 300)};
    const std::string head = "Message-ID: <" + evil + ">\r\nSubject: " + evil + "\r\n\r\n";
    request.original.head = head;
    BOOST_TEST_CONTEXT(base::escape(evil, 60)) {
      const Report report = make_report(request);
      check_wire(report);
      const Parsed parsed(report.octets);
      BOOST_TEST(parsed.count() == 3u);
      BOOST_TEST(!header::first(header::scan(report.octets), "Bcc"));
      BOOST_TEST(parse_delivery_status(parsed.body(1)).recipients.size() == 1u);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_boundary_stands_nowhere_in_what_is_returned) {
  ReportRequest request = failure();
  const std::string first = *mime::parse_structure(make_report(request).octets).parts[0].type.parameters.find("boundary");
  const std::string head = "Subject: x\r\nX: y\r\n --" + first + "--\r\n\r\n";
  request.original.head = head;
  const Parsed parsed(make_report(request).octets);
  BOOST_TEST(*parsed.structure.parts[0].type.parameters.find("boundary") != first);
  BOOST_TEST(parsed.count() == 3u);
}

BOOST_AUTO_TEST_CASE(a_full_original_comes_back_octet_by_octet_or_as_its_header) {
  ReportRequest request = failure();
  const std::string plain = "Subject: x\r\n\r\nbody\r\n--b\r\n";
  request.original = {plain, plain};
  Report report = make_report(request);
  check_wire(report);
  BOOST_TEST(Parsed(report.octets).type(2) == "message/rfc822");
  BOOST_TEST(Parsed(report.octets).body(2) == plain);
  const std::string eight = "Subject: x\r\n\r\n\xc3\xbc\r\n";
  request.original = {eight, eight};
  report = make_report(request);
  check_wire(report);
  BOOST_TEST((report.eight_bit && !report.utf8));
  BOOST_TEST(Parsed(report.octets).body(2) == eight);
  for (const std::string& bad :
       {"Subject: x\n\nbody\n"s, "Subject: x\r\n\r\na\0b"s, "Subject: x\r\n\r\na\rb"s,
        "Subject: x\r\n\r\n" + std::string(999, 'a') + "\r\n", "Subject: x\r\n\r\n" + std::string(max_returned_full, '\n')}) {
    request.original = {bad, bad};
    report = make_report(request);
    check_wire(report);
    BOOST_TEST(Parsed(report.octets).type(2) == "text/rfc822-headers");
    BOOST_TEST(Parsed(report.octets).body(2) == "Subject: x\r\n");
  }
}

BOOST_AUTO_TEST_CASE(an_odd_header_is_returned_in_quoted_printable) {
  ReportRequest request = failure();
  for (const std::string& odd :
       {"Subject: \xfc\r\n"s, "Subject: a\0b\r\n"s, "Subject: a\rb\r\n"s, "Subject: " + std::string(2'000, 'x') + "\r\n"}) {
    request.original.head = odd;
    const Report report = make_report(request);
    check_wire(report);
    const Parsed parsed(report.octets);
    BOOST_TEST((parsed.part(2).encoding == mime::Encoding::quoted_printable));
    BOOST_TEST(mime::from_quoted_printable(parsed.body(2)) == odd);
  }
  std::string long_head;
  while (long_head.size() < 2 * max_returned_header) long_head += "X-Field: some value\r\n";
  request.original.head = long_head;
  const Report report = make_report(request);
  const Parsed parsed(report.octets);
  BOOST_TEST(parsed.body(2).size() <= max_returned_header);
  BOOST_TEST(parsed.body(2).ends_with("X-Field: some value\r\n"));
}

BOOST_AUTO_TEST_CASE(utf8_addresses_make_the_global_form) {  // RFC 6533
  ReportRequest request = failure();
  request.recipients[0].final_recipient = {"j\xc3\xbcrgen", "example.com"};
  request.recipients[0].orcpt = "utf-8;j\xc3\xbcrgen@example.com";
  request.recipients[0].diagnostic = "550 5.6.7 \xc3\xbc";
  const std::string head = "Subject: \xc3\xbc\r\n\r\n";
  request.original.head = head;
  const Report report = make_report(request);
  check_wire(report);
  BOOST_TEST((report.utf8 && report.eight_bit));
  BOOST_TEST(base::is_utf8(report.octets));
  const Parsed parsed(report.octets);
  BOOST_TEST(*parsed.structure.parts[0].type.parameters.find("report-type") == "global-delivery-status");
  BOOST_TEST(parsed.type(1) == "message/global-delivery-status");
  BOOST_TEST(parsed.type(2) == "message/global-headers");
  BOOST_TEST(parsed.body(2) == "Subject: \xc3\xbc\r\n");
  const DeliveryStatus status = parse_delivery_status(parsed.body(1));
  BOOST_TEST((status.recipients.at(0).final_recipient == TypedValue{"utf-8", "j\xc3\xbcrgen@example.com"}));
  BOOST_TEST((status.recipients.at(0).original_recipient == TypedValue{"utf-8", "j\xc3\xbcrgen@example.com"}));
}

BOOST_AUTO_TEST_CASE(every_header_of_the_corpus_can_be_returned) {
  for (const auto& file : tests::corpus()) {
    BOOST_TEST_INFO_SCOPE(file.name);
    ReportRequest request = failure();
    request.original = {file.octets, file.octets};
    const Report report = make_report(request);
    check_wire(report);
    const Parsed parsed(report.octets);
    BOOST_REQUIRE(parsed.count() == 3u);
    // A header without its blank line takes the line end before the boundary for it.
    const bool has_body = header::scan(file.octets).body < file.octets.size();
    if (parsed.type(2) == "message/rfc822" && has_body) BOOST_REQUIRE(parsed.body(2) == file.octets);
  }
}

BOOST_AUTO_TEST_CASE(worst_news_come_first) {
  ReportRequest request = failure();
  request.recipients.push_back(unknown_user());
  request.recipients[0].action = Action::delivered;
  request.recipients[1].action = Action::delayed;
  BOOST_TEST((main_action(request) == Action::delayed));
  BOOST_TEST(subject(request, Octets::seven_bit) == "Delayed: your mail");
  for (int i = 0; i < 100; ++i) request.recipients.push_back(unknown_user());
  BOOST_TEST((main_action(request) == Action::failed));
  BOOST_TEST(human_text(request, Octets::seven_bit).find("and 52 more") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_status_takes_the_class_of_its_action) {
  BOOST_TEST(normal_status("5.1.1", Action::delayed) == "4.1.1");
  BOOST_TEST(normal_status("4.4.7", Action::failed) == "5.4.7");
  BOOST_TEST(normal_status("", Action::failed) == "5.0.0");
  BOOST_TEST(normal_status("x\r\n", Action::delivered) == "2.0.0");
  for (std::string bad : {"5.1", "5.1.1.1", "55.1.1", "5..1", "5.1.1000", "5.-1.1"})
    BOOST_TEST(normal_status(bad, Action::failed) == "5.0.0", bad);
}

BOOST_AUTO_TEST_CASE(odd_delivery_status_is_read_as_far_as_it_goes) {
  const auto read = [](std::string_view text) {
    const auto status = parse_delivery_status(text);
    std::string out = status.reporting_mta.value + '/';
    for (const auto& r : status.recipients) out += r.final_recipient.value + ':' + r.status + ' ';
    return out;
  };
  BOOST_TEST(read("") == "/");
  BOOST_TEST(read("\r\n\r\n\r\n") == "/");
  BOOST_TEST(read("Reporting-MTA: dns; a\nFinal-Recipient: rfc822;x@y\nStatus: 5.1.1 (unknown)\n") == "a/x@y:5.1.1 ");
  BOOST_TEST(
      read("\nReporting-MTA: dns;a\n\n\n\nfinal-recipient: x@y\nstatus:\n 5.1.1\n\njunk\n\nFinal-Recipient: rfc822; z@y") ==
      "a/x@y:5.1.1 z@y: ");
  BOOST_TEST(read("Reporting-MTA: a\r\rFinal-Recipient: x@y\r") == "a/x@y: ");
  std::string many = "Reporting-MTA: dns; a\n";
  for (int i = 0; i < 20'000; ++i) many += "\nFinal-Recipient: x@y\n";
  BOOST_TEST(parse_delivery_status(many).recipients.size() == 10'000u);
  BOOST_TEST(parse_delivery_status(many).truncated);
  BOOST_TEST(parse_delivery_status(std::string(2 << 20, '\n')).truncated);
  BOOST_TEST(parse_delivery_status(std::string(1 << 20, 'x')).recipients.empty());
}

BOOST_AUTO_TEST_CASE(a_notice_is_a_message_of_wrapped_paragraphs) {
  NoticeRequest request = notice();
  request.text = "First\r\nparagraph " + std::string(30, 'a') + " " + std::string(40, 'b') + "\r\n\r\n\nSecond.\r\n";
  const auto made = make_notice(request);
  BOOST_TEST((!made.utf8 && !made.eight_bit));
  BOOST_TEST(made.octets ==
             "Message-ID: " + request.message_id + "\r\nDate: " + header::format_date(request.date) +
                 "\r\nFrom: Understudy <MAILER-DAEMON@example.org>\r\nTo: <admin@example.org>\r\nSubject: Look here\r\n"
                 "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n"
                 "Content-Transfer-Encoding: 7bit\r\n\r\nFirst paragraph " +
                 std::string(30, 'a') + "\r\n" + std::string(40, 'b') + "\r\n\r\nSecond.\r\n");
}

BOOST_AUTO_TEST_CASE(strangers_cannot_put_a_field_or_an_odd_octet_into_a_notice) {
  for (const auto& hostile : {"x\r\nBcc: <y@z.example>\r\n\r\n.\r\n"s, "\0\r\x07\n\x80\xff"s, std::string(5000, 'w')}) {
    NoticeRequest request = notice();
    request.subject = request.text = hostile;
    const auto made = make_notice(request);
    const auto scanned = header::scan(made.octets);
    BOOST_TEST(scanned.fields.size() == 9u);
    BOOST_TEST(!header::first(scanned, "Bcc"));
    check_lines(made);
  }
  NoticeRequest request = notice();
  request.to = {"j\xc3\xb6rg", "example.org"};
  request.text = "j\xc3\xb6rg";
  const auto made = make_notice(request);
  BOOST_TEST((made.utf8 && made.eight_bit));
  BOOST_TEST(made.octets.ends_with("\r\n\r\nj\xc3\xb6rg\r\n"));
}

BOOST_AUTO_TEST_SUITE_END()
