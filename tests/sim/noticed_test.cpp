/// With the settings that a machine has by default, whatever else is under way: a copy that was lost is named, counted and told
/// to the postmaster within a minute. UNDERSTUDY_SEED says which schedule is the first.
#include <cstdlib>
#include <iostream>
#include <random>

#include <boost/test/unit_test.hpp>

#include "archive/outbox/owner.hpp"
#include "base/text.hpp"
#include "tests/sim/company.hpp"
#include "tests/sim/ledgers.hpp"
#include "tests/support/captured_log.hpp"

using namespace understudy;
using namespace understudy::sim;
using namespace std::chrono_literals;
using archive::custody::Number;
using Weather = SimNetwork::Weather;

namespace {

constexpr auto promised = 60s;
constexpr auto step = 500ms;
constexpr std::size_t backlog = 100'000;  // open numbers
const net::Endpoint mail_port{net::IpAddress::parse("192.0.2.20").value(), 25};

std::size_t notes_to_postmaster(Company& company) {
  std::size_t notes = 0;
  for (const auto& subject : company.primary.subjects("admin@example.org", "INBOX"))
    if (subject.find("lost on their way") != std::string::npos) notes += 1;
  return notes;
}

/// The outbox entry whose turn comes last, which is gone behind everybody's back.
Number lose_last(Company& company) {
  auto& archive = company.primary.machine().archive();
  std::optional<archive::outbox::Entry> last;
  const auto shards = archive.outbox_shards();
  for (const auto& shard : *shards) {
    const auto entries = archive.outbox_after(shard, {}, 1000);
    for (const auto& entry : *entries)
      if (entry.custody && (!last || last->id < entry.id)) last = entry;
  }
  if (!last) throw std::logic_error("nothing to lose");
  auto lose = [id = last->id](archive::commit::Stage& stage, archive::commit::Owners& owners) {
    return owners.outbox.end(stage, id);
  };
  archive.change(std::move(lose), [](const base::Result<>& lost) { BOOST_REQUIRE(lost.has_value()); });
  company.world.settle();
  return last->custody->number;
}

/// How long until all of it is so.
std::chrono::milliseconds noticed(Company& company, const test::CapturedLog& log, const Number& number,
                                  std::uint64_t lost_before) {
  const auto since = company.world.clock.steady();
  const auto is_noticed = [&] {
    const bool named = log.lines("custody.lost").find(number.text()) != std::string::npos;
    return named && company.primary.machine().custody_watch()->lost() == lost_before + 1 && notes_to_postmaster(company) > 0;
  };
  while (!is_noticed() && company.world.clock.steady() - since < 10min) company.world.advance(step);
  return std::chrono::duration_cast<std::chrono::milliseconds>(company.world.clock.steady() - since);
}

/// Nothing goes to the archive, not on a connection that stands either.
void close_mail_port(Company& company, Weather weather) {
  auto& network = company.world.network;
  network.set_weather(mail_port, weather);
  network.cut(company.primary.address(), company.archive.address(), mail_port.port, SimNetwork::Break::reset);
}

void send_some(Company& company, std::uint64_t count, const std::string& name) {
  for (std::uint64_t i = 0; i < count; ++i)
    company.send("203.0.113.9", "ext@world.example", {"alice@example.org"}, name + std::to_string(i));
}

/// Open numbers whose outbox entries wait for a hop that is away, as after a week-end without the archive.
void wait_for_another_hop(Company& company) {
  const archive::store::Shard elsewhere{archive::store::ShardKind::outbox, 1};
  auto given = [&](archive::commit::Stage& stage, archive::commit::Owners& owners) -> base::Result<> {
    auto first = owners.owed.give(stage, backlog);
    if (!first) return std::unexpected(first.error());
    for (std::uint64_t i = 0; i < backlog; ++i) {
      archive::custody::Owed owed;
      owed.recipients = owed.open = {archive::custody::Name{1}};
      owed.time = company.world.clock.now();
      owed.entries = {{{0, i}, 0, elsewhere.id}};
      auto number = *first;
      number.number += i;
      owners.owed.note(stage, number, owed);
      stage.put(elsewhere, archive::store::Table::outbox, owed.entries[0].key(), "of a hop that is away");
    }
    return {};
  };
  company.primary.machine().archive().change(std::move(given),
                                             [](const base::Result<>& done) { BOOST_REQUIRE(done.has_value()); });
  company.world.settle();
}

std::uint64_t first_seed() {
  const char* text = std::getenv("UNDERSTUDY_SEED");
  const auto number = base::to_number(text ? text : "");
  return number ? *number : std::random_device()();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(noticed_within_a_minute)

BOOST_AUTO_TEST_CASE(a_lost_copy_is_named_counted_and_told_to_the_postmaster_within_a_minute_at_whatever_moment_it_is_lost) {
  const auto seed = first_seed();
  std::chrono::milliseconds longest{0};
  for (std::uint64_t n = 0; n < 25; ++n) BOOST_TEST_CONTEXT("UNDERSTUDY_SEED=" << seed + n) {
      std::mt19937_64 draw(seed + n);
      Company company(Engine::memory, seed + n, Link::both_listen);
      test::CapturedLog log;
      company.primary.power_on();
      company.archive.power_on();
      send_some(company, draw() % 5, "before-");
      company.world.advance(net::Timeout(draw() % 120'000));
      close_mail_port(company, draw() % 2 == 0 ? Weather::refusing : Weather::silent);
      send_some(company, 1 + draw() % 5, "waiting-");
      company.world.advance(net::Timeout(draw() % 90'000));
      const auto number = lose_last(company);
      if (draw() % 2 == 0) company.world.network.set_weather(mail_port, Weather::fine);
      const auto after = noticed(company, log, number, 0);
      BOOST_TEST(after.count() <= std::chrono::milliseconds(promised).count());
      longest = std::max(longest, after);
      company.world.network.set_weather(mail_port, Weather::fine);
      for (int minutes = 0; minutes < 300 && !is_quiet(company); ++minutes) company.world.advance(1min);
      for (const auto& reason : what_is_under_way(company)) BOOST_ERROR(reason);
      for (const auto& fault : unequal_ledgers(company)) BOOST_ERROR(fault);
      BOOST_TEST(company.primary.machine().custody_watch()->lost() == 1u);  // and nothing else
    }
  std::cout << "noticed within " << longest.count() << " ms" << std::endl;
}

BOOST_AUTO_TEST_CASE(a_copy_that_is_lost_behind_a_hundred_thousand_open_numbers_is_noticed_within_a_minute) {
  Company company(Engine::memory, 1, Link::both_listen);
  test::CapturedLog log;
  company.primary.power_on();
  company.archive.power_on();
  company.world.advance(1min);
  wait_for_another_hop(company);
  close_mail_port(company, Weather::refusing);
  send_some(company, 3, "behind-");
  company.world.advance(net::Timeout(7777));  // a round has just begun
  const auto number = lose_last(company);
  BOOST_TEST(number.number > backlog);
  const auto after = noticed(company, log, number, 0);
  std::cout << "behind " << backlog << " open numbers: noticed within " << after.count() << " ms" << std::endl;
  BOOST_TEST(after.count() <= std::chrono::milliseconds(promised).count());
  BOOST_TEST(company.primary.machine().custody_watch()->lost() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
