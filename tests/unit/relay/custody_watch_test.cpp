/// What this machine's book says of numbers that the other one misses, and how often it hands over again what is said to be
/// lost under a receipt.
#include "relay/peer/custody_watch.hpp"

#include "archive/head_signer.hpp"
#include "base/log.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using archive::custody::Number;
using archive::custody::Standing;
using relay::peer::CustodyWatch;
using test::Letter;

namespace {

struct World : test::ArchiveWorld {
  World() {
    base::log::set_silent();
    BOOST_REQUIRE(open());
    signer = std::move(*archive::HeadSigner::make(archive(), clock, base::SigningKey::make(chance)));
    witness.emplace(archive(), *signer, clock);
    taker.emplace(archive(), *witness);
    auto ask = [](relay::peer::Traffic::Question, const relay::peer::Traffic::Done&) {};
    auto tell = [](std::string, std::string) -> net::Task<base::Result<>> { co_return base::Result<>(); };
    watch.emplace(CustodyWatch::Parts{archive(), *taker, *witness, clock, workers, 20s}, ask, tell);
  }
  /// Handed over, and closed by a receipt.
  Number closed(int which) {
    Letter letter("Message-ID: <" + std::to_string(which) + "@world.example>\r\n\r\nhello\r\n");
    letter.to("a@example.org").enqueue(routing::EntryKind::copy, "route:*").owed();
    BOOST_REQUIRE(accept(letter));
    const auto number = entries().back().custody->number;
    close(number);
    return number;
  }
  using test::ArchiveWorld::close;
  void close(const Number& number) {
    BOOST_REQUIRE(settle({{entries().back().id, std::nullopt}}));
    BOOST_REQUIRE(change([&](archive::commit::Stage& stage, archive::commit::Owners& owners) -> base::Result<> {
      auto owed = archive::custody::find_owed(stage, number);
      if (!owed) return std::unexpected(owed.error());
      return owners.owed.settle(stage, number, (*owed)->recipients, archive::custody::Settled::receipt);
    }));
  }
  Standing missed(const std::vector<relay::peer::MissedNumber>& numbers) {
    std::optional<std::string> standings;
    watch->missed(numbers, [&](base::Result<std::string> said) { standings = said.value_or(""); });
    pump();
    BOOST_REQUIRE((standings && standings->size() == numbers.size()));
    return static_cast<Standing>(standings->front());
  }

  sim::SimRandom chance{1};
  net::WorkersInline workers;
  std::unique_ptr<archive::HeadSigner> signer;
  std::optional<archive::witness::Witness> witness;
  std::optional<archive::custody::ReceiptTaker> taker;
  std::optional<CustodyWatch> watch;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(custody_watch, World)

BOOST_AUTO_TEST_CASE(what_is_said_to_be_lost_under_a_receipt_is_handed_over_again_once_in_a_while_however_often_that_is_said) {
  const auto number = closed(1), other = closed(2);
  BOOST_TEST((missed({{number, false}}) == Standing::receipt));
  BOOST_TEST(entries().empty());  // who asks for the first time looks once more
  BOOST_TEST((missed({{number, true}, {number, true}}) == Standing::receipt));
  BOOST_TEST(entries().size() == 1u);
  BOOST_TEST(watch->broken() == 1u);
  close(number);
  for (int i = 0; i < 50; ++i) {
    BOOST_TEST((missed({{number, true}}) == Standing::receipt));
    BOOST_TEST(entries().empty());
    clock.advance(10s);
  }
  BOOST_TEST((missed({{other, true}}) == Standing::receipt));  // each number for itself
  BOOST_TEST(entries().size() == 1u);
  close(other);
  clock.advance(CustodyWatch::again_after);
  missed({{number, true}});
  BOOST_TEST(entries().size() == 1u);
  BOOST_TEST(watch->broken() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
