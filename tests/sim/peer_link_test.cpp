/// The peer link between two whole machines in one process, and what it must not say.
#include <algorithm>
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "tests/sim/company.hpp"
#include "tests/sim/ledgers.hpp"

using namespace understudy;
using namespace understudy::sim;
using namespace std::chrono_literals;
using archive::store::Faults;

namespace {

bool is_up(Box& box) {
  return box.machine().peer_link()->status().connected.has_value();
}

void wait_until_quiet(Company& company) {
  for (int minutes = 0; minutes < 600 && !is_quiet(company); ++minutes) company.world.advance(1min);
  for (const auto& reason : what_is_under_way(company)) BOOST_ERROR(reason);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(peer_link)

BOOST_AUTO_TEST_CASE(two_machines_in_one_process_know_each_other_by_their_keys_and_close_every_number) {
  for (const auto link : {Link::both_listen, Link::primary_listens, Link::archive_listens}) {
    Company company(Engine::memory, 1, link);
    company.primary.power_on();
    company.archive.power_on();
    company.everyday();
    wait_until_quiet(company);
    BOOST_TEST(numbers_given(company.primary) == 4u);
    for (const auto& fault : unequal_ledgers(company)) BOOST_ERROR(fault);
  }
}

BOOST_AUTO_TEST_CASE(a_machine_that_shows_another_key_than_the_pinned_one_is_not_let_in) {
  Company company(Engine::memory, 1, Link::both_listen);
  std::filesystem::remove(company.scratch.path() / "a" / "peer" / "key.pem");
  company.primary.power_on();
  company.archive.power_on();
  company.world.advance(5min);
  BOOST_TEST(!is_up(company.primary));
  BOOST_TEST(!is_up(company.archive));
  const auto status = company.primary.machine().peer_link()->status();
  BOOST_TEST(status.refused.at("key") > 0u);
  BOOST_REQUIRE(status.offered.has_value());
  BOOST_TEST(status.offered->text() == company.archive.machine().peer_key().text());
}

BOOST_AUTO_TEST_CASE(a_wire_that_breaks_or_falls_silent_is_dialled_again) {
  for (const auto how : {SimNetwork::Break::reset, SimNetwork::Break::silence}) {
    Company company(Engine::memory, 1, Link::both_listen);
    company.primary.power_on();
    company.archive.power_on();
    company.world.advance(10s);
    BOOST_TEST(is_up(company.primary));
    const auto connects = company.world.network.connects();
    company.world.network.cut(company.primary.address(), company.archive.address(), Company::link_port, how);
    company.world.advance(2min);
    BOOST_TEST(is_up(company.primary));
    BOOST_TEST(is_up(company.archive));
    BOOST_TEST(company.world.network.connects() > connects);
  }
}

BOOST_AUTO_TEST_CASE(what_can_be_read_after_a_sync_that_failed_is_told_to_nobody) {
  Company company(Engine::memory, 1, Link::both_listen);
  company.primary.power_on();
  company.archive.power_on();
  company.everyday();
  wait_until_quiet(company);
  auto& faults = company.archive.drive<MemoryDrive>().faults();
  faults.fail_sync_at(faults.syncs() + 1, Faults::Kept::none);
  const auto reply = hand_over(company.world, "203.0.113.9", "192.0.2.10:25", "ext@world.example", {"alice@example.org"},
                               message("not-durable-there"));
  BOOST_TEST(reply.code == 250);
  company.world.advance(2min);
  BOOST_TEST(company.archive.dead());
  const auto number = numbers_given(company.primary);
  const auto left = what_is_under_way(company);
  BOOST_TEST(std::ranges::count(left, "primary: number " + std::to_string(number) + " is open") == 1);
  company.repair();
  wait_until_quiet(company);
  for (const auto& fault : unequal_ledgers(company)) BOOST_ERROR(fault);
}

BOOST_AUTO_TEST_CASE(keys_that_are_replaced_at_any_moment_leave_no_head_without_its_countersignature) {
  Company company(Engine::memory, 1, Link::both_listen);
  company.world.network.wire().delay = [] { return 700ms; };  // so that much is under way
  company.primary.power_on();
  company.archive.power_on();
  company.everyday();
  wait_until_quiet(company);
  for (int i = 0; i < 90; ++i) {
    company.send("203.0.113.9", "ext@world.example", {"alice@example.org"}, "m" + std::to_string(i));
    company.world.advance(i * 250ms);  // over the whole time between two heads
    if (i % 3 != 0) company.archive.rotate_key();
    if (i % 3 != 1) company.primary.rotate_key();
    company.world.advance(3min);
    const auto left = what_is_under_way(company);
    for (const auto& what : left) BOOST_ERROR("round " << i << ": " << what);
    BOOST_REQUIRE(left.empty());
  }
  for (const auto& fault : unequal_ledgers(company)) BOOST_ERROR(fault);
}

BOOST_AUTO_TEST_SUITE_END()
