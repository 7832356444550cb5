/// What came in lately is read from memory, as it is in the store, and takes no more room than it may.
#include "archive/fresh_bodies.hpp"

#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::ArchiveWorld;

namespace {
store::BodyRef write(ArchiveWorld& world, FreshBodies& fresh, const std::vector<std::string>& pieces) {
  auto writer = fresh.watch(world.store().bodies().create());
  for (const auto& piece : pieces) BOOST_REQUIRE(writer->append(piece));
  const auto sealed = writer->seal();
  BOOST_REQUIRE(sealed);
  return sealed->ref();
}

std::string octets_of(store::BodyReader& body, std::size_t at_once) {
  std::string octets;
  for (;;) {
    const auto piece = body.read(octets.size(), at_once);
    BOOST_REQUIRE(piece);
    BOOST_TEST(piece->size() <= at_once);
    if (piece->empty()) return octets;
    octets += *piece;
  }
}
}  // namespace

BOOST_AUTO_TEST_SUITE(fresh_bodies)

BOOST_AUTO_TEST_CASE(a_small_body_is_read_from_memory_as_it_was_written_and_a_large_one_is_not_kept) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  FreshBodies fresh(world.clock);
  const std::string half(FreshBodies::most_of_one / 2, 'x');
  for (const std::vector<std::string>& pieces :
       std::vector<std::vector<std::string>>{{}, {"a"}, {"one\r\n", "", "two\r\n"}, {half, half}}) {
    const auto ref = write(world, fresh, pieces);
    const auto body = fresh.take(ref);
    BOOST_REQUIRE(body);
    BOOST_TEST(!fresh.take(ref));
    std::string whole;
    for (const auto& piece : pieces) whole += piece;
    BOOST_TEST((body->ref() == ref));
    BOOST_TEST((octets_of(*body, 3) == whole));
    BOOST_TEST((octets_of(*body, 1 << 20) == whole));
  }
  BOOST_TEST(!fresh.take(write(world, fresh, {half, half, "y"})));
  BOOST_TEST(!fresh.take(write(world, fresh, {half + half + "y"})));
  BOOST_TEST(!fresh.take(write(world, fresh, {half, half + "y", "z"})));
}

BOOST_AUTO_TEST_CASE(the_room_is_bounded_and_those_that_wait_longest_give_it_up_when_they_are_old) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}, FreshBodies::most_of_one}) {
    FreshBodies fresh(world.clock);
    const std::string octets(size, 'x');
    std::vector<store::BodyRef> refs;
    for (std::size_t i = 0; i < FreshBodies::most / (size + 128) + 2; ++i) refs.push_back(write(world, fresh, {octets}));
    BOOST_TEST(!fresh.take(refs.back()));
    world.clock.advance(FreshBodies::kept_for + std::chrono::seconds(1));
    const auto newcomer = write(world, fresh, {octets});
    BOOST_TEST((fresh.take(newcomer) != nullptr));
    BOOST_TEST(!fresh.take(refs.front()));
    const auto kept = std::ranges::count_if(refs, [&](const auto& ref) { return fresh.take(ref) != nullptr; });
    BOOST_TEST(static_cast<std::size_t>(kept) * size <= FreshBodies::most);
    BOOST_TEST(kept > 10);
    BOOST_TEST((fresh.take(write(world, fresh, {octets})) != nullptr));  // what was taken has left its room
  }
}

BOOST_AUTO_TEST_SUITE_END()
