/// Mail programs as time goes by: those that wait hear that the connection is alive, those that are silent for too long are
/// sent away, and each of them at the minute that is said.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "base/log.hpp"
#include "base/net/line_reader.hpp"
#include "base/net/tls.hpp"
#include "mail/sasl/verifier.hpp"
#include "tests/sim/machines.hpp"
#include "tests/support/temp_dir.hpp"

using namespace understudy;
using namespace understudy::sim;
using namespace std::chrono_literals;

namespace {

constexpr auto config = R"(
[server]
hostname = "mailbox.example.org"
domain_name = "example.org"
data = "/nonexistent"
postmaster = "alice@example.org"
[access]
login_wait = "1m"
idle_wait = "30m"
[[listener]]
protocol = "smtp"
bind = ["192.0.2.10:25"]
tls = "none"
[[listener]]
protocol = "imap"
bind = ["192.0.2.10:993"]
tls = "implicit"
[[listener]]
protocol = "pop3"
bind = ["192.0.2.10:995"]
tls = "implicit"
[[domain]]
name = "example.org"
[[account]]
address = "alice@example.org"
password = ")";

std::string config_with_password() {
  const auto verifier = mail::sasl::make_verifier("secret", "salt of this test", 4096);
  BOOST_REQUIRE(verifier);
  return config + verifier->text() + "\"\n";
}

struct Heard {
  std::string line;
  net::Timeout at;  ///< since the connection was made
};

/// A connection whose lines are gathered as they come.
class Program {
 public:
  Program(SimWorld& world, std::uint16_t port) : world_(world), began_(world.clock.steady()) {
    world.run(connect(port));
    world.spawn(listen());
    world.settle();
  }
  ~Program() {
    link_->abort();  // what listens ends before what it listens with
    world_.settle();
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// What was heard up to now because of it.
  std::vector<Heard> say(const std::string& line) {
    heard_.clear();
    world_.run(write(line + "\r\n"));
    world_.settle();
    return heard_;
  }
  std::vector<Heard> wait(net::Timeout time) {
    heard_.clear();
    world_.advance(time);
    return heard_;
  }
  bool ended() const { return ended_; }

 private:
  net::Task<> connect(std::uint16_t port) {
    auto& connector = world_.network.from(net::Endpoint::parse("198.51.100.7:0")->address);
    const auto to = net::Endpoint::parse("192.0.2.10:" + std::to_string(port));
    auto made = co_await connector.connect(*to, std::nullopt, 30s);
    BOOST_REQUIRE(made);
    link_ = std::move(*made);
    const auto context = net::TlsContext::client({});
    BOOST_REQUIRE(context);
    net::TlsExpect any;
    const auto shaken = co_await link_->start_tls(**context, any, 30s);
    BOOST_REQUIRE(shaken);
  }
  net::Task<> write(std::string octets) {
    const auto written = co_await link_->write(octets, 30s);
    BOOST_TEST(written.has_value());
  }
  net::Task<> listen() {
    net::LineReader reader(*link_, world_.clock);
    for (;;) {
      const auto line = co_await reader.read_line(8192, 48h);
      if (!line) break;
      heard_.push_back({std::string(line->text), std::chrono::duration_cast<net::Timeout>(world_.clock.steady() - began_)});
    }
    ended_ = true;
  }

  SimWorld& world_;
  base::SteadyTime began_;
  std::unique_ptr<net::Link> link_;
  std::vector<Heard> heard_;
  bool ended_ = false;
};

struct Office {
  TempDir scratch;
  SimWorld world;
  Box box{world, config_with_password(), "192.0.2.10", scratch.path(), std::make_unique<MemoryDrive>(std::string(32, '1'))};

  Office() {
    base::log::set_silent();
    box.power_on();
  }
  ~Office() { box.end_process(); }
  std::unique_ptr<Program> connected(std::uint16_t port) { return std::make_unique<Program>(world, port); }
  std::unique_ptr<Program> logged_in() {
    auto program = connected(993);
    BOOST_TEST(program->say("a LOGIN alice@example.org secret").back().line.starts_with("a OK"));
    BOOST_TEST(program->say("b SELECT INBOX").back().line.starts_with("b OK"));
    return program;
  }
};

void check_signs_of_life(const std::vector<Heard>& heard, std::size_t count) {
  BOOST_TEST(heard.size() == count);
  auto before = net::Timeout(0);
  for (const auto& each : heard) {
    BOOST_TEST(each.line == "* OK still here");
    if (before > net::Timeout(0)) BOOST_TEST(((each.at - before) == 2min));
    before = each.at;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mail_access)

BOOST_AUTO_TEST_CASE(who_waits_in_idle_hears_every_two_minutes_that_the_connection_is_alive) {
  Office office;
  const auto program = office.logged_in();
  BOOST_TEST(program->say("c IDLE").back().line.starts_with("+ "));
  check_signs_of_life(program->wait(9min), 4);
  BOOST_TEST(program->say("DONE").back().line.starts_with("c OK"));
  BOOST_TEST(program->wait(9min).empty());
  BOOST_TEST(program->say("d NOOP").back().line.starts_with("d OK"));
}

BOOST_AUTO_TEST_CASE(who_is_told_of_changes_between_commands_hears_it_too) {
  Office office;
  const auto program = office.logged_in();
  BOOST_TEST(program->say("c NOTIFY SET (selected (MessageNew MessageExpunge))").back().line.starts_with("c OK"));
  check_signs_of_life(program->wait(9min), 4);
  BOOST_TEST(program->say("d NOOP").back().line.starts_with("d OK"));
}

BOOST_AUTO_TEST_CASE(who_is_silent_for_idle_wait_is_sent_away_in_idle_and_elsewhere_and_not_before) {
  for (const bool idles : {false, true}) {
    Office office;
    const auto program = office.logged_in();
    if (idles) program->say("c IDLE");
    program->wait(29min + 59s);
    BOOST_TEST(!program->ended());
    const auto heard = program->wait(2s);
    BOOST_REQUIRE(!heard.empty());
    BOOST_TEST(heard.back().line.starts_with("* BYE "));
    BOOST_TEST(program->ended());
  }
}

BOOST_AUTO_TEST_CASE(who_does_not_log_in_is_sent_away_however_much_he_says) {
  Office office;
  const auto program = office.connected(993);
  program->wait(30s);
  BOOST_TEST(program->say("a CAPABILITY").back().line.starts_with("a OK"));
  program->wait(29s);
  BOOST_TEST(!program->ended());
  const auto heard = program->wait(2s);
  BOOST_REQUIRE(!heard.empty());
  BOOST_TEST(heard.back().line.starts_with("* BYE "));
  BOOST_TEST(program->ended());
}

BOOST_AUTO_TEST_CASE(a_program_of_pop3_is_sent_away_when_it_is_silent_for_as_long) {
  Office office;
  const auto stranger = office.connected(995);
  stranger->wait(61s);
  BOOST_TEST(stranger->ended());
  const auto program = office.connected(995);
  program->say("USER alice@example.org");
  BOOST_TEST(program->say("PASS secret").back().line.starts_with("+OK"));
  program->wait(29min + 59s);
  BOOST_TEST(!program->ended());
  program->wait(2s);
  BOOST_TEST(program->ended());
  BOOST_TEST(office.connected(995)->say("USER alice@example.org").back().line.starts_with("+OK"));
}

BOOST_AUTO_TEST_SUITE_END()
