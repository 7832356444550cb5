/// How often the receiver looks for what never came, and asks the other machine.
#include "relay/peer/gap_watch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "base/log.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace std::chrono_literals;
namespace custody = archive::custody;
using custody::Standing;
using relay::peer::GapWatch;
using relay::peer::Responder;
using relay::peer::Traffic;

namespace {

/// As the threads are, or with too much to do.
struct Busy final : net::Workers {
  bool full = false;
  Submitted submit(Job job) override {
    if (full) return Submitted::full;
    job();
    return Submitted::taken;
  }
};

struct World : test::ArchiveWorld {
  World() {
    base::log::set_silent();
    BOOST_REQUIRE(open());
    sender.instance.fill(0xaa);
    sender.incarnation.fill(1);
    auto ask = [this](const Traffic::Question& question, const Traffic::Done& done) {
      const auto missed = *relay::peer::decode_missed(question.octets);
      asked += 1;
      done(Responder::Answer{relay::peer::Answer::Status::done, std::string(missed.size(), static_cast<char>(standing))});
    };
    auto tell = [](std::string, std::string) -> net::Task<base::Result<>> { co_return base::Result<>(); };
    watch.emplace(GapWatch::Parts{archive(), clock, workers, wait}, ask, tell);
  }
  void announce(std::uint64_t next) {
    watch->hear({clock.now(), {{sender, 0, {next, 1}}}}, [](const base::Result<>&) {});
    pump();
    clock.advance(wait);
  }
  std::chrono::milliseconds look() {
    bool ended = false;
    boost::asio::co_spawn(context, watch->look(), [&](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
      ended = true;
    });
    for (int turn = 0; !ended && turn < 1000; ++turn) {
      context.restart();
      context.poll();
      pump();
    }
    BOOST_REQUIRE(ended);
    return watch->pause();
  }
  void come(std::uint64_t n) {
    test::Letter letter("Message-ID: <" + std::to_string(n) + "@world.example>\r\n\r\nhello\r\n");
    BOOST_REQUIRE(accept(letter.to("a@example.org").file("a@example.org").under(custody::number_of(sender, 0, n))));
  }

  static constexpr std::chrono::milliseconds wait = 32s;
  custody::Life sender;
  Standing standing = Standing::waits;
  std::size_t asked = 0;
  Busy workers;
  boost::asio::io_context context{1};
  std::optional<GapWatch> watch;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(gap_watch, World)

BOOST_AUTO_TEST_CASE(what_is_not_gone_through_yet_is_looked_at_soon_and_what_is_full_is_asked_for_less_and_less) {
  announce(10'000);
  for (std::size_t i = 0; i < custody::GapLook::most_waiting / custody::GapLook::most_new; ++i) BOOST_TEST((look() == 1s));
  BOOST_TEST(watch->gaps().at("waits") == custody::GapLook::most_waiting);
  for (const auto pause : {2s, 4s, 8s, 16s, 16s}) BOOST_TEST((look() == pause));  // half the wait at last
  for (std::uint64_t n = 1; n <= 1000; ++n) come(n);
  BOOST_TEST((look() == 1s));  // it goes on where there is room again
}

BOOST_AUTO_TEST_CASE(workers_that_have_too_much_to_do_are_asked_less_and_less_too) {
  announce(10'000);
  BOOST_TEST((look() == 1s));
  workers.full = true;
  for (const auto pause : {2s, 4s, 8s, 16s, 16s}) BOOST_TEST((look() == pause));
  workers.full = false;
  BOOST_TEST((look() == 1s));
}

BOOST_AUTO_TEST_CASE(where_all_was_gone_through_it_rests_half_the_wait) {
  announce(4);
  BOOST_TEST((look() == wait / 2));
  BOOST_TEST(asked == 1u);
  BOOST_TEST((look() == wait / 2));
}

BOOST_AUTO_TEST_SUITE_END()
