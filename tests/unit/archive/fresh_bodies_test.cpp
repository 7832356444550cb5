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
  FreshBodies fresh;
  const std::string half(FreshBodies::most_of_one / 2, 'x');
  for (const std::vector<std::string>& pieces :
       std::vector<std::vector<std::string>>{{}, {"a"}, {"one\r\n", "", "two\r\n"}, {half, half}}) {
    const auto ref = write(world, fresh, pieces);
    const auto body = fresh.open(ref);
    BOOST_REQUIRE(body);
    std::string whole;
    for (const auto& piece : pieces) whole += piece;
    BOOST_TEST((body->ref() == ref));
    BOOST_TEST((octets_of(*body, 3) == whole));
    BOOST_TEST((octets_of(*body, 1 << 20) == whole));
  }
  BOOST_TEST(!fresh.open(write(world, fresh, {half, half, "y"})));
  BOOST_TEST(!fresh.open(write(world, fresh, {half + half + "y"})));
  BOOST_TEST(!fresh.open(write(world, fresh, {half, half + "y", "z"})));
}

BOOST_AUTO_TEST_CASE(the_oldest_go_when_there_are_too_many_also_of_those_without_octets) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}, FreshBodies::most_of_one}) {
    FreshBodies fresh;
    const std::string octets(size, 'x');
    std::vector<store::BodyRef> refs;
    for (std::size_t i = 0; i < FreshBodies::most / (size + 128) + 2; ++i) refs.push_back(write(world, fresh, {octets}));
    BOOST_TEST(!fresh.open(refs.front()));
    BOOST_TEST((fresh.open(refs.back()) != nullptr));
    const auto kept = std::ranges::count_if(refs, [&](const auto& ref) { return fresh.open(ref) != nullptr; });
    BOOST_TEST(static_cast<std::size_t>(kept) * size <= FreshBodies::most);
    BOOST_TEST(kept > 10);
  }
}

BOOST_AUTO_TEST_CASE(what_is_read_stays_while_it_is_read) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  FreshBodies fresh;
  const auto body = fresh.open(write(world, fresh, {"octets"}));
  BOOST_REQUIRE(body);
  const std::string large(FreshBodies::most_of_one, 'x');
  for (std::size_t i = 0; i <= FreshBodies::most / large.size(); ++i) write(world, fresh, {large});
  BOOST_TEST(!fresh.open(body->ref()));
  BOOST_TEST(octets_of(*body, 100) == "octets");
}

BOOST_AUTO_TEST_SUITE_END()
