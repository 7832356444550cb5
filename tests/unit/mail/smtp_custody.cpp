/// XCUSTODY: its grammar, who may say it, and when our client does.
#include <algorithm>

#include "mail/smtp/command.hpp"
#include "mail/smtp/custody.hpp"
#include "mail/smtp/dialogue.hpp"
#include "smtp_next_hop.hpp"

using namespace understudy;
using namespace understudy::mail::smtp;
using namespace understudy::test;

namespace {

const std::string instance(32, '1'), incarnation(32, 'a'), digest(64, 'f');
const std::string plain = instance + "." + incarnation + ".0.17:" + digest;

Custody custody() {
  Custody value;
  value.number.instance.fill(0x11);
  value.number.incarnation.fill(0xaa);
  value.number.number = 17;
  value.digest.fill(0xff);
  return value;
}

std::string refusal(std::string_view line, bool offered) {
  ParseContext context;
  context.offered.custody = offered;
  const auto got = parse_command(line, context);
  return got ? "taken" : std::to_string(got.error().reply.code) + " " + got.error().reply.status;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_custody)

BOOST_AUTO_TEST_CASE(a_value_is_written_as_it_is_read) {
  BOOST_TEST(custody().text() == plain);
  BOOST_TEST((Custody::parse(plain) == custody()));
  BOOST_TEST((CustodyNumber::parse(instance + "." + incarnation + ".0.17") == custody().number));
  auto longest = custody();
  longest.number.partition = 65535;
  longest.number.number = 9'999'999'999'999'999'999u;
  BOOST_TEST(longest.text().size() == Custody::max_text);
  BOOST_TEST((Custody::parse(longest.text()) == longest));
}

BOOST_AUTO_TEST_CASE(hexadecimal_digits_have_no_case) {
  std::string capitals = plain;
  std::ranges::transform(capitals, capitals.begin(), [](char c) { return c >= 'a' && c <= 'f' ? char(c - 32) : c; });
  BOOST_TEST((Custody::parse(capitals) == custody()));
}

BOOST_AUTO_TEST_CASE(everything_else_is_wrong) {
  const std::string ids = instance + "." + incarnation;
  const std::vector<std::string> wrong = {
      "",
      ":",
      ids,
      ids + ".0.17",
      ids + ".0.17:",
      ids + ".0.17:" + digest.substr(1),
      ids + ".0.17:" + digest + "0",
      ids + ".0.17:" + digest + " ",
      ids + ".0.17::" + digest,
      ids + ".0.0:" + digest,
      ids + ".0.017:" + digest,
      ids + ".00.17:" + digest,
      ids + ".0.+17:" + digest,
      ids + ".0.-17:" + digest,
      ids + ".0.:" + digest,
      ids + "..17:" + digest,
      ids + ".65536.17:" + digest,
      ids + ".0.10000000000000000000:" + digest,
      ids + ".0.1.7:" + digest,
      ids + ".17:" + digest,
      instance + ".0.17:" + digest,
      instance.substr(1) + "." + incarnation + ".0.17:" + digest,
      "g" + plain.substr(1),
      "." + plain,
      plain.substr(0, plain.size() - 1) + "g",
      std::string(Custody::max_text + 1, '1'),
  };
  for (const auto& text : wrong) BOOST_TEST(!Custody::parse(text), text);
  for (std::size_t i = 0; i < plain.size(); ++i) BOOST_TEST(!Custody::parse(plain.substr(0, i)), i);
}

BOOST_AUTO_TEST_CASE(a_wrong_value_is_501_and_one_that_was_not_offered_555) {
  const std::string mail = "MAIL FROM:<a@a.example>";
  BOOST_TEST(refusal(mail + " XCUSTODY=" + plain, true) == "taken");
  BOOST_TEST(refusal(mail + " xcustody=" + plain, true) == "taken");
  BOOST_TEST(refusal(mail + " XCUSTODY=" + plain, false) == "555 5.5.4");
  BOOST_TEST(refusal(mail + " XCUSTODY=" + plain + "0", true) == "501 5.5.4");
  BOOST_TEST(refusal(mail + " XCUSTODY", true) == "501 5.5.4");
  BOOST_TEST(refusal(mail + " XCUSTODY=" + plain + " XCUSTODY=" + plain, true) == "501 5.5.4");
  BOOST_TEST(refusal("RCPT TO:<a@a.example> XCUSTODY=" + plain, true) == "555 5.5.4");
}

BOOST_AUTO_TEST_CASE(the_server_offers_it_to_whom_the_driver_names_and_forgets_it_with_the_transaction) {
  ServerDialogue dialogue{ServerOptions()};
  static_cast<void>(dialogue.greet());
  const auto offered = [&] {
    const auto said = dialogue.on_line("EHLO client.example");
    return std::ranges::find(said.reply->lines, "XCUSTODY") != said.reply->lines.end();
  };
  const std::string mail = "MAIL FROM:<a@a.example> XCUSTODY=" + plain;
  BOOST_TEST(!offered());
  BOOST_TEST(dialogue.on_line(mail).reply->code == 555);
  dialogue.offer_custody(OfferCustody::yes);
  BOOST_TEST(offered());
  BOOST_TEST((dialogue.on_line(mail).want == Want::mail_verdict));
  BOOST_TEST((dialogue.custody() == custody()));
  static_cast<void>(dialogue.on_mail_verdict({250, "2.1.0", "ok"}));
  static_cast<void>(dialogue.on_line("RSET"));
  BOOST_TEST((dialogue.on_line("MAIL FROM:<a@a.example>").want == Want::mail_verdict));
  BOOST_TEST(!dialogue.custody().has_value());
  static_cast<void>(dialogue.on_mail_verdict({250, "2.1.0", "ok"}));
  static_cast<void>(dialogue.on_line("HELO client.example"));
  BOOST_TEST(dialogue.on_line(mail).reply->code == 555);  // HELO offers nothing
}

BOOST_AUTO_TEST_CASE(our_client_says_it_where_it_is_offered_and_the_octets_travel_unchanged) {
  struct Row {
    bool has_number;
    std::vector<std::string> offers;
    bool ends_in_crlf, said;
  };
  const std::vector<Row> rows = {
      {true, {"XCUSTODY"}, true, true},
      {true, {"xcustody"}, true, true},
      {true, {"8BITMIME"}, true, false},
      {false, {"XCUSTODY"}, true, false},
      {true, {"XCUSTODY"}, false, false},  // DATA adds a line end: the digest would be another one
      {true, {"XCUSTODY", "CHUNKING"}, false, true},
  };
  for (const auto& row : rows) {
    Fake hop;
    hop.greet(row.offers).take_heard();
    auto octets = shape();
    octets.ends_in_crlf = row.ends_in_crlf;
    if (row.has_number) octets.custody = custody();
    hop.take(hop.client.begin(envelope({to("x")}), octets));
    BOOST_TEST(hop.take_heard() == "MAIL FROM:<a@a.example>" + (row.said ? " XCUSTODY=" + plain : "") + "\r\n");
    BOOST_TEST(hop.client.said_custody() == row.said);
  }
}

BOOST_AUTO_TEST_SUITE_END()
