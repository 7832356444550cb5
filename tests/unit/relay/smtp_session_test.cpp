#include "relay/outbound/smtp_session.hpp"

#include <algorithm>

#include "tests/support/real_loop.hpp"
#include "tests/support/sim_clock.hpp"

using namespace understudy;
using namespace understudy::relay;

namespace {
constexpr std::string_view greeting = "220 mx ESMTP\r\n", ehlo = "250-mx\r\n250 PIPELINING\r\n";
constexpr std::string_view accepted = "250 ok\r\n250 ok\r\n354 go on\r\n", taken = "250 taken\r\n";

/// Says its lines whatever it is told, and keeps that.
class PlayedLink final : public net::Link {
 public:
  PlayedLink(net::asio::any_io_executor executor, std::string says, std::string& told)
      : executor_(std::move(executor)), says_(std::move(says)), told_(told) {}

  net::Task<base::Result<std::size_t>> read_some(std::span<char> into, net::Timeout) override {
    if (says_.empty()) co_return base::fail("read", net::errc::closed);
    const auto line = std::min({says_.find('\n') + 1, into.size(), says_.size()});  // a line at a time: nothing is read ahead
    std::ranges::copy(says_.substr(0, line), into.begin());
    says_.erase(0, line);
    co_return line;
  }
  net::Task<base::Result<>> write(std::string_view all, net::Timeout) override {
    told_ += all;
    co_return base::Result<>();
  }
  net::Task<base::Result<>> start_tls(const net::TlsContext&, net::TlsExpect, net::Timeout) override {
    co_return base::fail("handshake", net::errc::tls);
  }
  const net::TlsInfo* tls() const override { return nullptr; }
  net::Endpoint local() const override { return {}; }
  net::Endpoint peer() const override { return {}; }
  net::asio::any_io_executor executor() const override { return executor_; }
  net::Task<> close(net::Timeout) override { co_return; }
  void abort() override { says_.clear(); }

 private:
  net::asio::any_io_executor executor_;
  std::string says_;
  std::string& told_;
};

/// Gives what it holds, whatever its reference says, as a store that lost something would.
class HeldBody final : public archive::store::BodyReader {
 public:
  explicit HeldBody(std::string octets) : octets_(std::move(octets)) {}
  const archive::store::BodyRef& ref() const override { return ref_; }
  base::Result<std::string> read(std::uint64_t offset, std::size_t limit) override {
    return offset >= octets_.size() ? std::string() : octets_.substr(offset, std::min<std::size_t>(limit, 7));
  }

 private:
  archive::store::BodyRef ref_;
  std::string octets_;
};

struct Sent {
  std::string told;  ///< to the next hop, all of it
  mail::smtp::RecipientResult result;
  bool usable = false;
};

/// One message of which `held` is there, and `said` octets should be.
Sent send(std::string_view script, std::string held, std::uint64_t said) {
  sim::RealLoop loop;
  sim::SimClock clock;
  Sent sent;
  SessionPlan plan;
  plan.tls = routing::TlsPolicy::none;
  plan.ehlo_name = "archive.example.org";
  SmtpSession session(std::make_unique<PlayedLink>(loop.executor(), std::string(script), sent.told), plan, nullptr, clock);
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
  }(session, envelope, shape, std::move(held), sent));
  return sent;
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

BOOST_AUTO_TEST_SUITE_END()
