/// The whole of passthrough between two machines in one process, and the same with the power cut at every write of either.
#include <algorithm>
#include <iostream>

#include <boost/test/unit_test.hpp>

#include "base/log.hpp"
#include "tests/sim/machines.hpp"
#include "tests/support/temp_dir.hpp"

using namespace understudy;
using namespace understudy::sim;
using namespace std::chrono_literals;
using archive::store::Faults;

namespace {

constexpr const char* primary_config = R"(
[server]
hostname = "mailbox.example.org"
domain_name = "example.org"
data = "/nonexistent/primary"
postmaster = "admin@example.org"
[[client]]
name = "desk.example.org"
networks = ["192.0.2.40/32"]
may = ["relay", "local-sender"]
[[client]]
name = "archive.example.org"
networks = ["192.0.2.20/32"]
may = ["local-sender", "copy"]
[[listener]]
protocol = "smtp"
bind = ["192.0.2.10:25"]
tls = "none"
[[domain]]
name = "example.org"
[[account]]
address = "admin@example.org"
[[account]]
address = "alice@example.org"
[[account]]
address = "bob@example.org"
[passthrough]
copy_local_to_outbox = true
[[route]]
match = "*"
via = "archive.example.org:25"
tls = "none"
)";

constexpr const char* archive_config = R"(
[server]
hostname = "archive.example.org"
domain_name = "example.org"
data = "/nonexistent/archive"
postmaster = "admin@example.org"
[[client]]
name = "mailbox.example.org"
networks = ["192.0.2.10/32"]
may = ["relay", "local-sender", "copy"]
odd_octets = "keep"
[[listener]]
protocol = "smtp"
bind = ["192.0.2.20:25"]
tls = "none"
[[domain]]
name = "example.org"
[passthrough]
copy_to_sender_sent = true
create_mailbox = true
copy_local_to_outbox = false
copy_without_received_to_outbox = true
accept_local_from = "clients"
[undelivered]
action = "store"
template = "default"
[[template]]
name = "default"
[[route]]
match = "example.org"
via = "mailbox.example.org:25"
tls = "none"
[[route]]
match = "*"
via = "mx"
tls = "none"
)";

std::string message(const std::string& subject) {
  return "Message-ID: <" + subject + "@client.example>\r\nFrom: x@y.example\r\nSubject: " + subject + "\r\n\r\nhello\r\n";
}

/// P, A and the world, as every test finds them.
struct Company {
  SimWorld world;
  TempDir scratch;
  Outside outside{world, "198.51.100.1"};
  Box primary{world, primary_config, "192.0.2.10", scratch.path() / "p"};
  Box archive{world, archive_config, "192.0.2.20", scratch.path() / "a"};

  explicit Company(std::uint64_t seed = 1) : world(seed) {
    base::log::set_silent();
    std::filesystem::create_directories(scratch.path() / "p");
    std::filesystem::create_directories(scratch.path() / "a");
    world.dns.set_mx("world.example", {{10, "mx.world.example"}});
    world.dns.set_addresses("mx.world.example", {"198.51.100.1"});
    world.dns.set_addresses("archive.example.org", {"192.0.2.20"});
    world.dns.set_addresses("mailbox.example.org", {"192.0.2.10"});
    outside.refusals["nobody@world.example"] = {550, "5.1.1", "no such user"};
  }

  /// A machine whose engine died at a planned point gets its power back.
  bool repair() {
    bool any = false;
    for (Box* box : {&primary, &archive}) {
      if (box->on() && !box->dead()) continue;
      any = true;
      box->power_off();
      box->power_on();
    }
    return any;
  }

  /// Sends until the answer is 250, as a client that keeps its queue does.
  void send(const std::string& from_address, const std::string& reverse_path, const std::vector<std::string>& forward_paths,
            const std::string& subject) {
    for (int tries = 0; tries < 20; ++tries) {
      repair();
      const auto reply = hand_over(world, from_address, "192.0.2.10:25", reverse_path, forward_paths, message(subject));
      if (reply.code == 250) return;
      BOOST_REQUIRE_MESSAGE(reply.code == 0 || reply.transient(), reply.text());
      world.advance(5min);
    }
    BOOST_FAIL("never accepted: " + subject);
  }

  void drain() {
    for (int rounds = 0; rounds < 200; ++rounds) {
      const bool repaired = repair();
      if (!repaired && primary.queued() == 0 && archive.queued() == 0) return;
      world.advance(2min);
    }
    BOOST_FAIL("the outboxes are not empty");
  }

  void everyday() {
    send("203.0.113.9", "ext@world.example", {"alice@example.org"}, "world-to-user");
    send("192.0.2.40", "alice@example.org", {"bob@example.org"}, "user-to-user");
    send("192.0.2.40", "alice@example.org", {"bob@example.org", "ext@world.example"}, "user-to-both");
    send("192.0.2.40", "alice@example.org", {"nobody@world.example"}, "user-to-nobody");
    drain();
  }
};

using Subjects = std::vector<std::string>;

Subjects sorted(Subjects subjects) {
  std::ranges::sort(subjects);
  return subjects;
}

/// Where every copy must be, exactly once.
void check_places(Company& company, const std::string& what) {
  BOOST_TEST_CONTEXT(what) {
    const Subjects report = {"Delivery report"};
    BOOST_TEST(sorted(company.primary.subjects("bob@example.org", "INBOX")) == (Subjects{"user-to-both", "user-to-user"}),
               boost::test_tools::per_element());
    BOOST_TEST(company.primary.subjects("alice@example.org", "INBOX").size() == 2u);  // and the report that came home
    BOOST_TEST(company.primary.subjects("alice@example.org", "\\Sent").empty());
    BOOST_TEST(sorted(company.archive.subjects("bob@example.org", "INBOX")) == (Subjects{"user-to-both", "user-to-user"}),
               boost::test_tools::per_element());
    BOOST_TEST(company.archive.subjects("alice@example.org", "INBOX").size() == 2u);
    BOOST_TEST(sorted(company.archive.subjects("alice@example.org", "\\Sent")) ==
                   (Subjects{"user-to-both", "user-to-nobody", "user-to-user"}),
               boost::test_tools::per_element());
    BOOST_TEST(company.primary.queued() == 0u);
    BOOST_TEST(company.archive.queued() == 0u);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(two_machines)

BOOST_AUTO_TEST_CASE(AP_03_AP_48_every_copy_is_where_the_passthrough_table_says) {
  Company company;
  company.primary.power_on();
  company.archive.power_on();
  company.everyday();
  check_places(company, "a quiet day");
  BOOST_REQUIRE(company.outside.messages.size() == 1u);
  BOOST_TEST(company.outside.messages[0].envelope.recipients.at(0).forward_path.text() == "ext@world.example");
  BOOST_TEST(company.outside.peer == "192.0.2.20");  // AP-08: the world hears from the archive alone
}

BOOST_AUTO_TEST_CASE(AP_50_an_archive_that_is_away_for_a_day_gets_everything_in_order) {
  Company company;
  company.primary.power_on();
  for (int i = 0; i < 30; ++i) {
    const auto reply = hand_over(company.world, "203.0.113.9", "192.0.2.10:25", "ext@world.example", {"alice@example.org"},
                                 message("m" + std::to_string(100 + i)));
    BOOST_TEST(reply.code == 250, reply.text());
    company.world.advance(48min);
  }
  BOOST_TEST(company.primary.queued() == 30u);
  BOOST_TEST(company.primary.subjects("alice@example.org", "INBOX").size() == 30u);
  company.archive.power_on();
  company.drain();
  const auto filed = company.archive.subjects("alice@example.org", "INBOX");
  BOOST_TEST(filed.size() == 30u);
  BOOST_TEST(std::ranges::is_sorted(filed));
}

/// For every write of one machine: the power goes there, comes back, the senders try again; nothing is missing or doubled.
void cut_everywhere(Box Company::*which, Faults::Kept kept) {
  std::uint64_t points = 0;
  {
    Company company;
    company.primary.power_on();
    company.archive.power_on();
    company.everyday();
    points = (company.*which).faults().points();
  }
  BOOST_REQUIRE(points > 50u);
  std::cout << "power cuts: " << points << std::endl;
  for (std::uint64_t point = 1; point <= points; ++point) {
    Company company;
    (company.*which).plan_crash(point, kept, point);
    try {
      company.primary.power_on();
    } catch (const std::runtime_error&) {  // the engine died while it opened: power_on() again does the rest
    }
    try {
      company.archive.power_on();
    } catch (const std::runtime_error&) {
    }
    company.everyday();
    check_places(company, "power cut at write " + std::to_string(point));
    // After the next hop's 250 and before settle: the world is no Understudy and may get it again, once.
    BOOST_TEST(company.outside.messages.size() >= 1u);
    BOOST_TEST(company.outside.messages.size() <= 2u);
  }
}

BOOST_AUTO_TEST_CASE(a_power_cut_at_any_write_of_the_primary_loses_and_doubles_nothing) {
  cut_everywhere(&Company::primary, Faults::Kept::none);
}
BOOST_AUTO_TEST_CASE(a_power_cut_at_any_write_of_the_archive_loses_and_doubles_nothing) {
  cut_everywhere(&Company::archive, Faults::Kept::none);
}
BOOST_AUTO_TEST_CASE(what_was_written_and_not_synced_may_stay_on_the_archive) {
  cut_everywhere(&Company::archive, Faults::Kept::some);
}

BOOST_AUTO_TEST_SUITE_END()
