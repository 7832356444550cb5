#include "relay/outbound/smtp_session.hpp"

#include <algorithm>

#include "base/codec.hpp"
#include "tests/support/real_loop.hpp"
#include "tests/support/sim_clock.hpp"
#include "tests/support/tls_files.hpp"

using namespace understudy;
using namespace understudy::relay;

namespace {
constexpr std::string_view greeting = "220 mx ESMTP\r\n", ehlo = "250-mx\r\n250 PIPELINING\r\n";
constexpr std::string_view accepted = "250 ok\r\n250 ok\r\n354 go on\r\n", taken = "250 taken\r\n";

/// The other side, and what came of it.
struct Host {
  std::string says;
  std::chrono::milliseconds pause{0};       ///< before each line
  std::optional<base::Digest> certificate;  ///< shown in the handshake, known to no authority; none: the handshake fails
  std::string told;
  std::string told_in_clear;
  std::string last_write;
};

/// Says its lines whatever it is told, and keeps that.
class PlayedLink final : public net::Link {
 public:
  PlayedLink(net::asio::any_io_executor executor, sim::SimClock& clock, Host& host)
      : executor_(std::move(executor)), clock_(clock), host_(host) {}

  net::Task<base::Result<std::size_t>> read_some(std::span<char> into, net::Timeout timeout) override {
    auto& says_ = host_.says;
    if (says_.empty()) co_return base::fail("read", net::errc::closed);
    clock_.advance(std::min(host_.pause, timeout));
    if (host_.pause > timeout) co_return base::fail("read", net::errc::timed_out);
    const auto line = std::min({says_.find('\n') + 1, into.size(), says_.size()});  // a line at a time: nothing is read ahead
    std::ranges::copy(says_.substr(0, line), into.begin());
    says_.erase(0, line);
    co_return line;
  }
  net::Task<base::Result<>> write(std::string_view all, net::Timeout) override {
    host_.told += all;
    host_.last_write = all;
    if (!tls_) host_.told_in_clear += all;
    co_return base::Result<>();
  }
  net::Task<base::Result<>> start_tls(const net::TlsContext&, net::TlsExpect expect, net::Timeout) override {
    if (!host_.certificate) co_return base::fail("handshake", net::errc::tls);
    if (expect.verify == net::TlsExpect::Verify::demand) co_return base::fail("handshake", net::errc::certificate);
    tls_.emplace().certificate = host_.certificate;
    co_return base::Result<>();
  }
  const net::TlsInfo* tls() const override { return tls_ ? &*tls_ : nullptr; }
  net::Endpoint local() const override { return {}; }
  net::Endpoint peer() const override { return {}; }
  net::asio::any_io_executor executor() const override { return executor_; }
  net::Task<> close(net::Timeout) override { co_return; }
  void abort() override { host_.says.clear(); }

 private:
  net::asio::any_io_executor executor_;
  sim::SimClock& clock_;
  Host& host_;
  std::optional<net::TlsInfo> tls_;
};

/// Gives what it holds, whatever its reference says, as a store that lost something would.
class HeldBody final : public archive::store::BodyReader {
 public:
  static constexpr std::size_t piece = 7;  ///< read at once
  explicit HeldBody(std::string octets) : octets_(std::move(octets)) {}
  const archive::store::BodyRef& ref() const override { return ref_; }
  base::Result<std::string> read(std::uint64_t offset, std::size_t limit) override {
    return offset >= octets_.size() ? std::string() : octets_.substr(offset, std::min(limit, piece));
  }

 private:
  archive::store::BodyRef ref_;
  std::string octets_;
};

SessionPlan named_plan() {
  SessionPlan plan;
  plan.ehlo_name = "archive.example.org";
  return plan;
}

struct Sent {
  std::string told;        ///< to the next hop, all of it
  std::string last_write;  ///< of it
  mail::smtp::RecipientResult result;
  bool usable = false;
  bool unheard = false;
};

/// One message of which `held` is there, and `said` octets should be.
Sent send(std::string_view script, std::string held, std::uint64_t said) {
  sim::RealLoop loop;
  sim::SimClock clock;
  Sent sent;
  SessionPlan plan = named_plan();
  plan.tls = routing::TlsPolicy::none;
  Host host;
  host.says = script;
  SmtpSession session(std::make_unique<PlayedLink>(loop.executor(), clock, host), plan, nullptr, clock);
  mail::smtp::Envelope envelope;
  envelope.recipients.emplace_back().forward_path = {"ext", "world.example"};
  mail::smtp::MessageShape shape;
  shape.octets = said;
  loop.run([](SmtpSession& open, mail::smtp::Envelope to, mail::smtp::MessageShape how, std::string octets,
              Sent& out) -> net::Task<> {
    const bool opened = co_await open.open();
    BOOST_REQUIRE(opened);
    auto results = co_await open.send(std::move(to), how, std::make_unique<HeldBody>(std::move(octets)));
    BOOST_REQUIRE(results.size() == 1u);
    out.result = results.front();
    out.usable = open.usable();
    out.unheard = open.unheard();
  }(session, envelope, shape, std::move(held), sent));
  sent.told = host.told;
  sent.last_write = host.last_write;
  return sent;
}

/// How a session opens towards this host.
struct Opening {
  bool open = false;
  mail::smtp::Reply reply;  ///< why not
  base::SteadyTime after{};
};
Opening open(Host& host, const SessionPlan& plan) {
  static const sim::TlsFiles files("mx");
  sim::RealLoop loop;
  sim::SimClock clock;
  const auto begin = clock.steady();
  SmtpSession session(std::make_unique<PlayedLink>(loop.executor(), clock, host), plan, files.client(), clock);
  Opening result;
  result.open = loop.run(session.open());
  result.after = clock.steady() - begin;
  if (session.failure()) result.reply = session.failure()->reply;
  return result;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_session)

BOOST_AUTO_TEST_CASE(a_message_is_delivered_whole_with_its_dots_doubled) {
  const std::string message = "Subject: x\r\n\r\n.dot\r\n";
  const auto sent = send(std::string(greeting).append(ehlo).append(accepted).append(taken), message, message.size());
  BOOST_TEST(sent.result.reply.positive());
  BOOST_TEST(sent.usable);
  BOOST_TEST(sent.told.ends_with("DATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\n"));
}

BOOST_AUTO_TEST_CASE(the_end_of_the_data_goes_with_the_last_octets_of_the_message) {
  for (const std::string message : {"", "\r\n", "Subject: x\r\n\r\nHello.\r\n", "Subject: x\r\n\r\nno line end"}) {
    BOOST_TEST_INFO(message);
    const auto sent = send(std::string(greeting).append(ehlo).append(accepted).append(taken), message, message.size());
    BOOST_TEST(sent.result.reply.positive());
    const auto last = message.empty() ? 0 : (message.size() - 1) / HeldBody::piece * HeldBody::piece;
    const std::string line_end = message.empty() || message.ends_with("\r\n") ? "" : "\r\n";
    // An LF that begins the last piece takes with it the CR that was held back for it.
    BOOST_TEST(sent.last_write.ends_with(message.substr(last) + line_end + ".\r\n"));
    BOOST_TEST(sent.told.ends_with("DATA\r\n" + message + line_end + ".\r\n"));
  }
}

BOOST_AUTO_TEST_CASE(a_message_that_ends_early_gets_no_final_dot_and_stays_queued) {
  const std::string message = "Subject: x\r\n\r\nHello.\r\n";
  for (const std::size_t there : {std::size_t{0}, std::size_t{1}, std::size_t{7}, message.size() - 1}) {
    BOOST_TEST_INFO(there);
    const auto sent =
        send(std::string(greeting).append(ehlo).append(accepted).append(taken), message.substr(0, there), message.size());
    BOOST_TEST(sent.result.reply.code == 451);
    BOOST_TEST(!sent.usable);
    BOOST_TEST(!sent.told.ends_with(".\r\n"));
  }
}

BOOST_AUTO_TEST_CASE(a_message_is_unheard_where_the_host_closes_before_it_says_anything_to_it) {
  const std::string message = "Subject: x\r\n\r\nHello.\r\n", opened = std::string(greeting).append(ehlo);
  const auto silent = send(opened, message, message.size());
  BOOST_TEST((silent.unheard && !silent.usable && silent.result.reply.status == "4.4.2"));
  for (const std::string said : {"250 ok\r\n", "250 ok\r\n250 ok\r\n354 go on\r\n", "421 4.3.2 enough\r\n"}) {
    const auto sent = send(opened + said, message, message.size());
    BOOST_TEST((!sent.unheard && !sent.usable), said);
  }
  BOOST_TEST(!send(opened + std::string(accepted) + std::string(taken), message, message.size()).unheard);
}

BOOST_AUTO_TEST_CASE(a_host_that_drips_its_reply_gets_one_wait_for_all_of_it) {
  SessionPlan plan = named_plan();
  plan.tls = routing::TlsPolicy::none;
  plan.waits.greeting = std::chrono::minutes(5);
  Host host;
  for (int line = 0; line < 90; ++line) host.says += "220-still here\r\n";
  host.says += "220 mx ESMTP\r\n250 mx\r\n";
  host.pause = std::chrono::seconds(1);
  Host slow = host;
  BOOST_TEST(open(host, plan).open);
  slow.pause = std::chrono::minutes(1);
  const auto given_up = open(slow, plan);
  BOOST_TEST(!given_up.open);
  BOOST_TEST(given_up.reply.code == 451);
  BOOST_TEST(given_up.reply.status == "4.4.2");
  BOOST_TEST((given_up.after == std::chrono::minutes(5)));
}

BOOST_AUTO_TEST_CASE(a_host_found_by_MX_has_one_time_for_all_that_comes_before_its_first_answer_to_MAIL) {
  SessionPlan plan = named_plan();
  plan.tls = routing::TlsPolicy::none;
  plan.open_until = sim::SimClock().steady() + std::chrono::minutes(2);
  Host tarpit;
  tarpit.pause = std::chrono::seconds(50);
  for (int line = 0; line < 100; ++line) tarpit.says += "220-wait\r\n";
  auto opened = open(tarpit, plan);
  BOOST_TEST(!opened.open);
  BOOST_TEST((opened.after == std::chrono::minutes(2)));
  BOOST_TEST(opened.reply.code == 451);
  Host slow;  // each single wait is allowed by itself
  slow.pause = std::chrono::seconds(50);
  slow.says = std::string(greeting) + std::string(ehlo);
  opened = open(slow, plan);
  BOOST_TEST(!opened.open);
  BOOST_TEST((opened.after == std::chrono::minutes(2)));
  plan.open_until = base::SteadyTime::max();  // of a route
  slow.says = std::string(greeting) + std::string(ehlo);
  BOOST_TEST(open(slow, plan).open);
}

BOOST_AUTO_TEST_CASE(a_reply_without_end_is_no_reply) {
  SessionPlan plan = named_plan();
  plan.tls = routing::TlsPolicy::none;
  Host host;
  for (int line = 0; line < 200; ++line) host.says += "220-still here\r\n";
  const auto given_up = open(host, plan);
  BOOST_TEST(!given_up.open);
  BOOST_TEST(given_up.reply.status == "4.5.0");
}

// ---- TLS and passwords

namespace {
constexpr std::string_view with_tls =
    "220 mx ESMTP\r\n250-mx\r\n250 STARTTLS\r\n220 go on\r\n250-mx\r\n250 AUTH PLAIN\r\n235 welcome\r\n";
constexpr std::string_view behind_tls = "220 mx ESMTP\r\n250-mx\r\n250 AUTH PLAIN\r\n235 welcome\r\n";

std::string text_of(const base::Digest& digest) {
  return "sha256:" + base::to_hex(base::view(digest));
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_password_is_sent_only_to_a_host_that_proves_its_name_unless_encrypt_or_its_certificate_is_configured) {
  using routing::TlsPolicy;
  const auto shown = base::sha256("certificate"), other = base::sha256("another");
  struct Case {
    TlsPolicy tls;
    std::string pinned;
    bool sent;
  };
  const Case cases[] = {
      {TlsPolicy::may, "", false},
      {TlsPolicy::verify, "", false},
      {TlsPolicy::dane, "", false},
      {TlsPolicy::implicit, "", false},
      {TlsPolicy::encrypt, "", true},
      {TlsPolicy::encrypt, text_of(shown), true},
      {TlsPolicy::may, text_of(shown), true},
      {TlsPolicy::implicit, text_of(shown), true},
      {TlsPolicy::encrypt, text_of(other), false},
      {TlsPolicy::implicit, text_of(other), false},
      {TlsPolicy::verify, text_of(shown), false},
  };
  for (const auto& [tls, pinned, sent] : cases) {
    BOOST_TEST_CONTEXT(static_cast<int>(tls) << " " << pinned) {
      Host host;
      host.says = tls == TlsPolicy::implicit ? behind_tls : with_tls;
      host.certificate = shown;
      SessionPlan plan = named_plan();
      plan.host = "mx.world.example";
      plan.tls = tls;
      plan.certificate = pinned;
      plan.login.emplace();
      plan.login->user = "user";
      plan.login->password = "password";
      const auto opened = open(host, plan);
      BOOST_TEST(opened.open == sent);
      BOOST_TEST((host.told.find("AUTH PLAIN") != std::string::npos) == sent);
      BOOST_TEST(host.told_in_clear.find("AUTH") == std::string::npos);
      if (!sent) BOOST_TEST(opened.reply.transient());
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_to_a_host_that_does_not_show_the_certificate_of_its_route) {
  const auto shown = base::sha256("certificate"), other = base::sha256("another");
  struct Case {
    std::string_view says;
    std::optional<base::Digest> certificate;
    bool open;
  };
  const Case cases[] = {
      {with_tls, shown, true},
      {with_tls, other, false},
      {with_tls, std::nullopt, false},               // the handshake fails
      {"220 mx ESMTP\r\n250 mx\r\n", shown, false},  // no STARTTLS is offered
  };
  for (const auto tls : {routing::TlsPolicy::none, routing::TlsPolicy::may, routing::TlsPolicy::encrypt}) {
    for (const auto& [says, certificate, is_open] : cases) {
      Host host;
      host.says = says;
      host.certificate = certificate;
      SessionPlan plan = named_plan();
      plan.host = "mx.world.example";
      plan.tls = tls;
      plan.certificate = text_of(shown);
      const auto opened = open(host, plan);
      BOOST_TEST(opened.open == is_open);
      if (is_open) continue;
      BOOST_TEST(opened.reply.transient());
      BOOST_TEST(host.told.find("MAIL") == std::string::npos);
    }
  }
}

// ---- UTF-8 in headers

namespace {
struct Utf8Case {
  bool came_with_smtputf8;
  std::string message;
  std::string mail;  ///< what MAIL says behind the address
  bool offered = true;
};
}  // namespace

BOOST_AUTO_TEST_CASE(UTF8_in_headers_needs_SMTPUTF8_of_the_next_hop_where_the_message_came_with_it) {  // RFC 6531 §3.3
  const std::string in_header = "Subject: gr\xc3\xbc\xc3\x9f\r\n\r\nx\r\n",
                    in_body = "Subject: x\r\n\r\ngr\xc3\xbc\xc3\x9f\r\n";
  const Utf8Case cases[] = {
      {true, in_header, " SMTPUTF8"}, {true, in_body, " SMTPUTF8"}, {true, in_header, "refused", false},
      {true, in_body, "", false},     {false, in_header, ""},       {false, in_header, "", false},
  };
  for (const auto& [utf8, octets, expected, offered] : cases) {
    BOOST_TEST_CONTEXT(octets << expected) {
      sim::RealLoop loop;
      sim::SimClock clock;
      Host host;
      host.says = std::string("220 mx\r\n250-mx\r\n").append(offered ? "250-SMTPUTF8\r\n" : "").append("250 PIPELINING\r\n");
      host.says.append(accepted).append(taken);
      SessionPlan plan = named_plan();
      plan.tls = routing::TlsPolicy::none;
      SmtpSession session(std::make_unique<PlayedLink>(loop.executor(), clock, host), plan, nullptr, clock);
      mail::smtp::Envelope envelope;
      envelope.smtputf8 = utf8;
      envelope.recipients.emplace_back().forward_path = {"ext", "world.example"};
      mail::smtp::MessageShape shape;
      shape.octets = octets.size();
      shape.eight_bit = true;
      BOOST_REQUIRE(loop.run(session.open()));
      const auto results = loop.run(session.send(envelope, shape, std::make_unique<HeldBody>(octets)));
      BOOST_REQUIRE_EQUAL(results.size(), 1u);
      if (expected == "refused") {
        BOOST_TEST(results.front().reply.status == "5.6.7");
        BOOST_TEST(host.told.find("MAIL") == std::string::npos);
      } else {
        BOOST_TEST(results.front().reply.positive());
        BOOST_TEST(host.told.find("MAIL FROM:<>" + expected + "\r\n") != std::string::npos);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
