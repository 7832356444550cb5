#include <limits>

#include "base/text.hpp"
#include "mail/smtp/command.hpp"
#include "mail/smtp/xtext.hpp"

using namespace understudy;
using namespace understudy::mail;
using namespace understudy::mail::smtp;
using namespace std::string_literals;

namespace {

ParseContext everything() {
  ParseContext context;
  context.offered = {.size = true, .eight_bit_mime = true, .smtputf8 = true, .dsn = true, .auth = true, .custody = true};
  return context;
}

template <class Wanted>
Wanted parsed(std::string_view line, const ParseContext& context = everything()) {
  auto got = parse_command(line, context);
  BOOST_REQUIRE_MESSAGE(got.has_value(), line << ": " << (got ? "" : got.error().reply.text()));
  BOOST_REQUIRE_MESSAGE(std::holds_alternative<Wanted>(*got), line);
  return std::get<Wanted>(std::move(*got));
}

std::string refused(std::string_view line, const ParseContext& context = everything()) {
  const auto got = parse_command(line, context);
  if (got) return "taken";
  return std::to_string(got.error().reply.code) + " " + got.error().reply.status;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_command)

BOOST_AUTO_TEST_CASE(each_command_is_known_in_any_case_and_with_white_space_behind_it) {
  for (const std::string end : {"", " ", "  \t "}) {
    BOOST_TEST(parsed<command::Ehlo>("EHLO a.example" + end).name == "a.example");
    BOOST_TEST(parsed<command::Helo>("helo [192.0.2.1]" + end).name == "[192.0.2.1]");
    parsed<command::Data>("Data" + end);
    parsed<command::Rset>("RSET" + end);
    parsed<command::Noop>("NOOP" + end);
    parsed<command::Noop>("NOOP anything" + end);
    parsed<command::Quit>("quit" + end);
    parsed<command::Vrfy>("VRFY someone" + end);
    parsed<command::Expn>("EXPN list" + end);
    parsed<command::Help>("HELP" + end);
    parsed<command::Help>("HELP MAIL" + end);
    parsed<command::StartTls>("STARTTLS" + end);
    BOOST_TEST(parsed<command::Bdat>("BDAT 17" + end).octets == 17u);
    BOOST_TEST(parsed<command::Bdat>("bdat 0 last" + end).last);
    BOOST_TEST(parsed<command::Auth>("AUTH plain AGE=" + end).mechanism == "PLAIN");
    BOOST_TEST(parsed<command::Auth>("AUTH SCRAM-SHA-256 =" + end).initial.value() == "=");
    BOOST_TEST(!parsed<command::Auth>("AUTH LOGIN" + end).initial);
    parsed<command::Mail>("mail from:<>" + end);
    parsed<command::Rcpt>("RCPT TO: <a@b.example>" + end);
  }
}

BOOST_AUTO_TEST_CASE(mail_takes_each_parameter_that_was_offered) {
  const auto mail =
      parsed<command::Mail>("MAIL FROM:<a@b.example> SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x+2By AUTH=c@d.example");
  BOOST_TEST(mail.reverse_path->text() == "a@b.example");
  BOOST_TEST(mail.size.value() == 1000u);
  BOOST_TEST((mail.body == BodyType::eight_bit_mime));
  BOOST_TEST(mail.smtputf8);
  BOOST_TEST((mail.dsn_return == DsnReturn::headers));
  BOOST_TEST(mail.envid == "x+2By");
  BOOST_TEST(mail.auth.value() == "c@d.example");
  BOOST_TEST(parsed<command::Mail>("MAIL FROM:<> auth=<> ret=full body=7bit").auth.value() == "<>");
  BOOST_TEST(parsed<command::Mail>("MAIL FROM:<> SIZE=99999999999999999999").size.value() ==
             std::numeric_limits<std::uint64_t>::max());
}

BOOST_AUTO_TEST_CASE(rcpt_takes_notify_and_orcpt) {
  const auto rcpt = parsed<command::Rcpt>("RCPT TO:<a@b.example> NOTIFY=success,DELAY ORCPT=rfc822;A+2Bx@B.example");
  BOOST_TEST(rcpt.recipient.notify.bits == (Notify::success | Notify::delay));
  BOOST_TEST(rcpt.recipient.orcpt == "rfc822;A+2Bx@B.example");
  BOOST_TEST(parsed<command::Rcpt>("RCPT TO:<a@b.example> NOTIFY=NEVER").recipient.notify.bits == Notify::never);
  BOOST_TEST(parsed<command::Rcpt>("RCPT TO:<Postmaster>").recipient.forward_path.domain.empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_refused_with_the_reply_that_says_so) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "500 5.5.1"},
      {"FOO", "500 5.5.1"},
      {"MAILFROM:<>", "500 5.5.1"},
      {"\xc3\xa4", "501 5.5.2"},
      {"EHLO", "501 5.5.4"},
      {"EHLO a b", "501 5.5.4"},
      {"EHLO a\"b", "501 5.5.4"},
      {"EHLO (x)", "501 5.5.4"},
      {"EHLO \xc3\xa4.example", "501 5.5.2"},
      {"HELO " + std::string(256, 'a'), "501 5.5.4"},
      {"MAIL", "501 5.5.4"},
      {"MAIL FROM <a@b.example>", "501 5.5.4"},
      {"MAIL FROM:a@b.example", "501 5.1.7"},
      {"MAIL FROM:<a@b.example", "501 5.1.7"},
      {"MAIL FROM:<@r.example:a@b.example>", "501 5.1.7"},
      {"MAIL FROM:<a@b.example>SIZE=1", "501 5.5.4"},
      {"MAIL FROM:<> SIZE", "501 5.5.4"},
      {"MAIL FROM:<> SIZE=", "501 5.5.4"},
      {"MAIL FROM:<> SIZE=-1", "501 5.5.4"},
      {"MAIL FROM:<> SIZE=1x", "501 5.5.4"},
      {"MAIL FROM:<> SIZE=999999999999999999999", "501 5.5.4"},
      {"MAIL FROM:<> SIZE=1 size=1", "501 5.5.4"},
      {"MAIL FROM:<> SMTPUTF8 SMTPUTF8", "501 5.5.4"},
      {"MAIL FROM:<> SMTPUTF8=1", "501 5.5.4"},
      {"MAIL FROM:<> BODY=BINARYMIME", "501 5.5.4"},
      {"MAIL FROM:<> RET=SOME", "501 5.5.4"},
      {"MAIL FROM:<> ENVID=a=b", "501 5.5.4"},
      {"MAIL FROM:<> ENVID=+2b", "501 5.5.4"},
      {"MAIL FROM:<> ENVID=" + std::string(101, 'x'), "501 5.5.4"},
      {"MAIL FROM:<> =1", "501 5.5.4"},
      {"MAIL FROM:<> -X=1", "501 5.5.4"},
      {"MAIL FROM:<> XFOO", "555 5.5.4"},
      {"MAIL FROM:<> XFOO=1 XFOO=1", "555 5.5.4"},
      {"MAIL FROM:<> NOTIFY=NEVER", "555 5.5.4"},
      {"MAIL FROM:<\xc3\xa4@b.example>", "553 5.6.7"},
      {"RCPT TO:<>", "501 5.1.3"},
      {"RCPT TO:<@r.example:a@b.example>", "501 5.1.3"},
      {"RCPT TO:<a@b.example> NOTIFY=NEVER,SUCCESS", "501 5.5.4"},
      {"RCPT TO:<a@b.example> NOTIFY=", "501 5.5.4"},
      {"RCPT TO:<a@b.example> ORCPT=rfc822", "501 5.5.4"},
      {"RCPT TO:<a@b.example> ORCPT=;x", "501 5.5.4"},
      {"RCPT TO:<a@b.example> ORCPT=rfc822;a=b", "501 5.5.4"},
      {"RCPT TO:<a@b.example> ORCPT=utf-8;\xff", "501 5.5.4"},
      {"RCPT TO:<a@b.example> ORCPT=utf-8;\xc3\xa4@b.example", "553 5.6.7"},
      {"RCPT TO:<a@b.example> SIZE=1", "555 5.5.4"},
      {"RCPT TO:<\xc3\xa4@b.example>", "553 5.6.7"},
      {"DATA now", "501 5.5.4"},
      {"VRFY", "501 5.5.4"},
      {"AUTH", "501 5.5.4"},
      {"AUTH PLAIN a b", "501 5.5.4"},
      {"AUTH PLA/IN", "501 5.5.4"},
      {"NOOP\0"s, "501 5.5.2"},
      {"RCPT TO:<user\0@b.example>"s, "501 5.5.2"},
      {"RCPT TO:<user@b.example>\rRCPT TO:<x@b.example>", "501 5.5.2"},
      {"RCPT TO:<user@b.example>\nRCPT TO:<x@b.example>", "501 5.5.2"},
      {"MAIL\tFROM:<>", "501 5.5.2"},
      {"NOOP \x7f", "501 5.5.2"},
  };
  for (const auto& [line, reply] : cases) BOOST_TEST_CONTEXT(line) BOOST_TEST(refused(line) == reply);
}

BOOST_AUTO_TEST_CASE(after_helo_no_parameter_is_taken) {
  for (const auto parameter : {"SIZE=1", "BODY=7BIT", "SMTPUTF8", "RET=FULL", "ENVID=x", "AUTH=<>"})
    BOOST_TEST(refused("MAIL FROM:<> "s + parameter, ParseContext{}) == "555 5.5.4");
  for (const auto parameter : {"NOTIFY=NEVER", "ORCPT=rfc822;a"})
    BOOST_TEST(refused("RCPT TO:<a@b.example> "s + parameter, ParseContext{}) == "555 5.5.4");
}

BOOST_AUTO_TEST_CASE(an_address_beyond_ascii_needs_smtputf8) {
  BOOST_TEST(parsed<command::Mail>("MAIL FROM:<\xc3\xa4@b.example> SMTPUTF8").reverse_path->local == "\xc3\xa4");
  auto context = everything();
  context.recipients = address::Utf8::allow;
  BOOST_TEST(parsed<command::Rcpt>("RCPT TO:<\xc3\xa4@b.example>", context).recipient.forward_path.local == "\xc3\xa4");
  BOOST_TEST(parsed<command::Rcpt>("RCPT TO:<a@b.example> ORCPT=utf-8;\xc3\xa4@b", context).recipient.orcpt ==
             "utf-8;\xc3\xa4@b");
  BOOST_TEST(refused("RCPT TO:<\xff@b.example>", context) == "501 5.1.3");
}

BOOST_AUTO_TEST_CASE(lines_have_a_limit_and_auth_has_a_longer_one) {
  BOOST_TEST(refused("NOOP " + std::string(4091, 'x')) == "taken");
  BOOST_TEST(refused("NOOP " + std::string(4092, 'x')) == "500 5.5.2");
  BOOST_TEST(refused("AUTH PLAIN " + std::string(12277, 'x')) == "taken");
  BOOST_TEST(refused("AUTH PLAIN " + std::string(12278, 'x')) == "500 5.5.2");
  BOOST_TEST(refused("RCPT TO:<" + std::string(1 << 24, 'x')) == "500 5.5.2");
}

BOOST_AUTO_TEST_CASE(what_comes_from_another_protocol_or_cannot_be_measured_closes_the_connection) {
  for (const auto line : {"GET / HTTP/1.1", "post /x HTTP/1.0", "CONNECT a:25 HTTP/1.1", "Host: a.example", "BDAT", "BDAT x",
                          "BDAT -1", "BDAT 18446744073709551616", "BDAT 1 LASTLY", "BDAT 1 LAST 2", "BDAT 0x10", "BDAT 1\r"}) {
    const auto got = parse_command(line, everything());
    BOOST_REQUIRE_MESSAGE(!got.has_value(), line);
    BOOST_TEST_CONTEXT(line) BOOST_TEST((got.error().kind == Refusal::Kind::foreign));
    BOOST_TEST(got.error().reply.code == 421);
  }
  BOOST_TEST(parsed<command::Bdat>("BDAT 18446744073709551615 LAST").octets == std::numeric_limits<std::uint64_t>::max());
}

BOOST_AUTO_TEST_CASE(xtext_carries_any_octets_and_is_read_strictly) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string all, written;
  for (int c = 0; c < 256; ++c) {
    all += static_cast<char>(c);
    written += {'+', hex[c / 16], hex[c % 16]};
  }
  BOOST_TEST((from_xtext(written) == all));
  BOOST_TEST((from_xtext("abc+2B!~") == "abc+!~"));
  for (const auto wrong : {"+", "+4", "+4g", "a=b", "a b", "+2b", "\xc3\xa4"}) BOOST_TEST(!is_xtext(wrong));
}

BOOST_AUTO_TEST_CASE(of_a_line_only_a_verb_that_we_know_is_told_to_a_log) {
  for (const auto& [line, verb] : std::vector<std::pair<std::string, std::string>>{{"AUTH PLAIN AGEAYg==\r", "AUTH"},
                                                                                   {"auth plain AGEAYg==", "AUTH"},
                                                                                   {"Mail FROM:<a@b>", "MAIL"},
                                                                                   {"AGEAYg==\r", ""},
                                                                                   {"AUTHPLAIN", ""},
                                                                                   {"MAILx", ""},
                                                                                   {" MAIL", ""},
                                                                                   {"MAIL\r", ""},
                                                                                   {"secret", ""},
                                                                                   {"", ""}})
    BOOST_TEST(known_verb(line) == verb, base::escape(line));
}

BOOST_AUTO_TEST_SUITE_END()
