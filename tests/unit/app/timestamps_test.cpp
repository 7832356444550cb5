/// When an authority is asked, and what becomes of its silence: hours of a machine's life, in a world whose clock the test
/// moves.
#include "app/timestamps.hpp"

#include <boost/asio/post.hpp>

#include "archive/head_signer.hpp"
#include "archive/journal/timestamp/kept.hpp"
#include "base/net/acceptor.hpp"
#include "tests/support/archive_world.hpp"
#include "tests/support/sim_world.hpp"
#include "tests/support/timestamp_authority.hpp"
#include "tests/support/tls_files.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using archive::journal::SignedHead;
using Counts = std::map<std::string, std::uint64_t>;

namespace {

struct World : test::ArchiveWorld {
  World() {
    archive().set_waker([this] { boost::asio::post(sim.executor(), [this] { pump(); }); });
    signer = std::move(*archive::HeadSigner::make(archive(), clock, base::SigningKey::make(random)));
    journal.timestamp = "http://192.0.2.80/";
    journal.timestamp_roots = (authority.directory().path() / "ca.pem").string();
    auto made = sim.network.listen({*net::IpAddress::parse("192.0.2.80"), 80});
    BOOST_REQUIRE(made.has_value());
    acceptor = std::move(*made);
    sim.spawn(serve(*this));
  }
  ~World() {
    chores.cancel();
    acceptor->close();
    sim.settle();
  }

  static net::Task<> serve(World& world) {
    for (;;) {
      auto link = co_await world.acceptor->accept();
      if (!link) co_return;
      world.sim.spawn(answer(world, std::move(*link)));
    }
  }
  static net::Task<> answer(World& world, std::unique_ptr<net::Link> link) {
    std::string heard;
    std::array<char, 4096> buffer{};
    const std::string end = "Connection: close\r\n\r\n";
    while (heard.find(end) == std::string::npos) {
      auto got = co_await link->read_some(buffer, 10s);
      if (!got) co_return;
      heard.append(buffer.data(), *got);
    }
    world.asked += 1;
    std::string said = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    if (world.well) {
      const auto stamp = world.authority.answer(heard.substr(heard.find(end) + end.size()));
      said = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(stamp.size()) + "\r\n\r\n" + stamp;
    }
    auto sent = co_await link->write(said, 10s);
    if (sent) co_await link->close(1s);
  }

  SignedHead sign() {
    test::Letter letter("Message-ID: <" + std::to_string(letters++) + "@world.example>\r\n\r\nx\r\n");
    letter.to("a@example.org").file("a@example.org");
    BOOST_REQUIRE(accept(letter));
    std::optional<SignedHead> head;
    signer->sign([&](base::Result<SignedHead> made) { head = *made; });
    pump();
    BOOST_REQUIRE(head.has_value());
    return *head;
  }
  /// A head is signed, and all that follows from it at once has happened. How often the authority was asked so far.
  int sign_and_ask() { return ask(sign()); }
  int ask(const SignedHead& head) {
    timestamps.head_signed(head, journal);
    sim.settle();
    return asked;
  }

  sim::TimestampAuthority authority;
  sim::SimWorld sim;
  sim::TlsFiles files{"archive.example.org"};
  relay::CurrentSettings settings{[this] {
    auto made = std::make_shared<relay::Settings>();
    made->client_tls = files.client();
    return made;
  }()};
  net::TaskGroup chores{sim.executor(), sim.timers};
  app::Timestamps timestamps{{archive_of(*this), settings, sim.dns, sim.network.from(*net::IpAddress::parse("192.0.2.1")),
                              sim.clock, random, chores, sim.executor()}};
  std::unique_ptr<archive::HeadSigner> signer;
  std::unique_ptr<net::Acceptor> acceptor;
  conf::Journal journal;
  bool well = true;
  int asked = 0;
  int letters = 0;

 private:
  /// The archive is needed before the constructor's body.
  static archive::Archive& archive_of(World& world) {
    BOOST_REQUIRE(world.open());
    return world.archive();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(timestamps, World)

BOOST_AUTO_TEST_CASE(the_first_head_is_stamped_and_then_one_whenever_the_interval_has_passed) {
  const auto first = sign();
  BOOST_TEST(ask(first) == 1);
  BOOST_TEST((timestamps.counts() == Counts{{"stamped", 1}}));
  const auto kept = archive::journal::timestamp::find(store(), first.head);
  BOOST_TEST((kept && *kept));
  sim.advance(59min);
  BOOST_TEST(sign_and_ask() == 1);
  sim.advance(1min);
  BOOST_TEST(ask(first) == 1);  // nothing was added since
  BOOST_TEST(sign_and_ask() == 2);
  BOOST_TEST((timestamps.counts() == Counts{{"stamped", 2}}));
}

BOOST_AUTO_TEST_CASE(after_a_failure_a_later_head_is_tried_once_five_minutes_have_passed) {
  well = false;
  BOOST_TEST(sign_and_ask() == 1);
  sim.advance(4min + 59s);
  BOOST_TEST(sign_and_ask() == 1);
  sim.advance(1s);
  well = true;
  BOOST_TEST(sign_and_ask() == 2);
  BOOST_TEST((timestamps.counts() == Counts{{"http_status", 1}, {"stamped", 1}}));
}

BOOST_AUTO_TEST_CASE(one_question_at_a_time_and_silence_ends_it) {
  journal.timestamp_every = 1s;
  sim.network.set_weather(*net::IpAddress::parse("192.0.2.80"), sim::SimNetwork::Weather::silent);
  for (int second = 0; second < 10; ++second) {
    sign_and_ask();
    sim.advance(1s);
  }
  BOOST_TEST(sim.network.connects() == 1u);
  sim.advance(30s);
  BOOST_TEST((timestamps.counts() == Counts{{"timed_out", 1}}));
  sim.network.set_weather(*net::IpAddress::parse("192.0.2.80"), sim::SimNetwork::Weather::fine);
  BOOST_TEST(sign_and_ask() == 1);
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_without_an_authority_or_roots) {
  journal.timestamp_roots = "/nowhere/ca.pem";
  BOOST_TEST(sign_and_ask() == 0);
  BOOST_TEST((timestamps.counts() == Counts{{"no_roots", 1}}));
  journal.timestamp.clear();
  sim.advance(1h);
  BOOST_TEST(sign_and_ask() == 0);
  BOOST_TEST((timestamps.counts() == Counts{{"no_roots", 1}}));
}

BOOST_AUTO_TEST_CASE(a_machine_that_stops_in_the_middle_counts_no_failure) {
  sim.network.set_weather(*net::IpAddress::parse("192.0.2.80"), sim::SimNetwork::Weather::silent);
  sign_and_ask();
  chores.cancel();
  sim.settle();
  BOOST_TEST(timestamps.counts().empty());
  BOOST_TEST(chores.size() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
