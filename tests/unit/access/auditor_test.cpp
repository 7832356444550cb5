#include "archive/access/auditor.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/codec.hpp"
#include "base/digest.hpp"
#include "base/net/timers.hpp"
#include "tests/unit/archive/audit_world.hpp"

using namespace understudy;
using namespace understudy::test;
using archive::access::Auditor;
using archive::mailbox::Uids;
using Event = audit::Event;

namespace {

audit::Policy policy_with_passwords() {
  auto policy = policy_with_operators();
  for (auto& each : policy.operators) each.verifier = "a verifier of " + each.name;
  return policy;
}

struct AuditorWorld : AuditWorld {
  explicit AuditorWorld(audit::Policy policy = policy_with_passwords()) : AuditWorld(std::move(policy)) {}
  std::unique_ptr<Auditor> make(const std::string& who, const std::string& in_case = {},
                                const std::string& account = "a@example.org") {
    return std::make_unique<Auditor>(parts(), archive::login::AuditorName{account, who, in_case}, account);
  }
  Auditor::Parts parts() { return {*door, timers, context.get_executor(), "imap", "192.0.2.1"}; }
  /// Empty: it was allowed.
  std::string run(net::Task<base::Result<>> task) {
    std::string said = "never answered";
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr, base::Result<> done) {
      said = done ? "" : done.error().code == base::errc::refused ? done.error().context : "error: " + done.error().text();
    });
    turn();
    return said;
  }
  void turn() {
    for (int i = 0; i < 4; ++i) {
      context.restart();
      context.poll();
      pump();
    }
    context.restart();
    context.poll();
  }
  void log_out(Auditor& auditor) {
    boost::asio::co_spawn(context, auditor.log_out(), [](std::exception_ptr) {});
    turn();
  }
  std::string object(const audit::Record& record) {
    std::string text;
    for (const auto& [name, value] : record.object) text += (text.empty() ? "" : ", ") + name + "=" + value;
    return text;
  }

  net::SystemTimers timers;
  boost::asio::io_context context;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_login_is_an_entry_and_its_end_says_what_was_given) {
  AuditorWorld world;
  auto vera = world.make("vera");
  BOOST_TEST(world.run(vera->log_in()) == "");
  auto entry = world.last();
  BOOST_TEST((entry.event == Event::begun && entry.kind == audit::Kind::search));
  BOOST_TEST(entry.action == "imap/login");
  BOOST_TEST(entry.actor.from == "imap, 192.0.2.1");
  BOOST_TEST(world.object(entry) == "account=a@example.org");
  BOOST_TEST(!vera->window());
  vera->gave(1, 5, 100);
  vera->gave(1, 5, 50);
  vera->gave(2, 5, 50);
  world.log_out(*vera);
  BOOST_TEST((world.last().event == Event::ended));
  BOOST_TEST(world.last().outcome == "gave 200 octets of 2 messages");
  BOOST_TEST(world.found().empty());
}

BOOST_AUTO_TEST_CASE(messages_are_recorded_once_in_a_session_each_folder_for_itself) {
  AuditorWorld world;
  auto vera = world.make("vera");
  BOOST_REQUIRE(world.run(vera->log_in()) == "");
  const auto before = world.entries();
  BOOST_TEST(world.run(vera->before_reading(1, "INBOX", Uids{{3, 7}})) == "");
  BOOST_TEST(world.object(world.last()) == "account=a@example.org, folder=INBOX, messages=5, uids=3:7");
  BOOST_TEST(world.run(vera->before_reading(1, "INBOX", Uids{{4, 7}})) == "");
  BOOST_TEST(world.entries() == before + 1);
  BOOST_TEST(world.run(vera->before_reading(1, "INBOX", Uids{{5, 9}})) == "");
  BOOST_TEST(world.object(world.last()) == "account=a@example.org, folder=INBOX, messages=2, uids=8:9");
  BOOST_TEST(world.run(vera->before_reading(2, "Sent", Uids{{3, 3}})) == "");
  BOOST_TEST(world.entries() == before + 3);
}

BOOST_AUTO_TEST_CASE(many_ranges_are_cut_between_numbers_and_the_entry_says_so) {
  AuditorWorld world;
  auto vera = world.make("vera");
  BOOST_REQUIRE(world.run(vera->log_in()) == "");
  Uids uids;
  for (std::uint32_t uid = 1'000'000; uid < 1'004'000; uid += 2) uids.add(uid);
  BOOST_TEST(world.run(vera->before_reading(1, "INBOX", uids)) == "");
  const auto entry = world.last();
  BOOST_REQUIRE(entry.object.size() == 3u + 8u + 1u);
  BOOST_TEST(entry.object.back().name == "uids sha-256");
  BOOST_TEST(entry.object.back().value == base::to_hex(base::view(base::sha256(uids.text()))));
  std::uint32_t next = 1'000'000;
  for (std::size_t i = 3; i + 1 < entry.object.size(); ++i) {
    auto text = entry.object[i].value;
    const bool is_last = i + 2 == entry.object.size();
    BOOST_TEST(text.ends_with("...") == is_last);
    if (is_last) text.resize(text.size() - 3);
    const auto parsed = Uids::parse(text, 1000);
    BOOST_REQUIRE_MESSAGE(parsed.has_value(), text);
    for (const auto uid : *parsed) {
      BOOST_TEST(uid == next);
      next += 2;
    }
  }
  BOOST_TEST(entry.object[2].value == "2000");
}

BOOST_AUTO_TEST_CASE(where_the_entry_cannot_be_written_nothing_is_given) {
  AuditorWorld world;
  auto vera = world.make("vera");
  BOOST_REQUIRE(world.run(vera->log_in()) == "");
  world.archive().close();
  BOOST_TEST(world.run(vera->before_reading(1, "INBOX", Uids{{1, 1}})).starts_with("error: "));
  BOOST_TEST(world.run(vera->before_searching("INBOX")).starts_with("error: "));
}

BOOST_AUTO_TEST_CASE(who_may_not_read_is_told_so_and_so_is_who_is_no_operator) {
  auto policy = policy_with_passwords();
  policy.administrators_read = audit::Policy::Reading::never;
  policy.operators[2].verifier.clear();
  AuditorWorld world(policy);
  BOOST_TEST(world.run(world.make("adam")->log_in()).find("administrators do not read") != std::string::npos);
  BOOST_TEST((world.last().event == Event::refused));
  const auto before = world.entries();
  BOOST_TEST(world.run(world.make("otto")->log_in()).find("no operator") != std::string::npos);
  BOOST_TEST(world.run(world.make("nobody")->log_in()).find("no operator") != std::string::npos);
  BOOST_TEST(world.entries() == before);
  BOOST_TEST(world.run(world.make("vera", {}, "")->log_in()).find("no such account") != std::string::npos);
  BOOST_TEST(world.last().outcome.starts_with("failed: "));
}

BOOST_AUTO_TEST_CASE(a_session_is_over_with_the_role_the_password_and_the_operator) {
  AuditorWorld world;
  auto vera = world.make("vera");
  BOOST_REQUIRE(world.run(vera->log_in()) == "");
  BOOST_TEST(vera->why_over() == "");
  auto changed = policy_with_passwords();
  changed.operators[1].verifier = "another";
  world.door->replace_policy(changed);
  BOOST_TEST(vera->why_over().find("password was changed") != std::string::npos);
  changed = policy_with_passwords();
  changed.auditors_cases = audit::Policy::Cases::needed;
  world.door->replace_policy(changed);
  BOOST_TEST(vera->why_over().find("needs_case") == std::string::npos);
  BOOST_TEST(vera->why_over() != "");
  changed.operators.erase(changed.operators.begin() + 1);
  world.door->replace_policy(changed);
  BOOST_TEST(vera->why_over().find("no operator") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_was_recorded_is_recorded_anew_where_reading_needs_more_by_now) {
  AuditorWorld world;
  auto vera = world.make("vera");
  BOOST_REQUIRE(world.run(vera->log_in()) == "");
  BOOST_TEST(world.run(vera->before_reading(1, "INBOX", Uids{{1, 2}})) == "");
  auto changed = policy_with_passwords();
  changed.second_person = {audit::Kind::read};
  world.door->replace_policy(changed);
  BOOST_TEST(vera->why_over() == "");
  BOOST_TEST(world.run(vera->before_reading(1, "INBOX", Uids{{1, 1}})).find("asked for as number") != std::string::npos);
  const auto text = *audit::asked_text(world.store(), **audit::find_request(world.store(), world.entries() - 1));
  BOOST_TEST(
      *text ==
      "{\"action\":\"imap/read\",\"arguments\":{\"account\":\"a@example.org\",\"folder\":\"INBOX\",\"messages\":\"1\",\"uids\":"
      "\"1\"},\"case\":\"\",\"reason\":\"\"}");
}

BOOST_AUTO_TEST_CASE(a_case_shows_what_came_in_its_time_and_of_its_accounts_alone) {
  AuditorWorld world;
  auto wish = world.case_for("vera", std::chrono::hours(1), {"a@example.org"});
  wish.opens->from = world.clock.now();
  BOOST_REQUIRE(world.ask(wish).has_value());
  BOOST_TEST(world.run(world.make("vera", "17", "b@example.org")->log_in()).find("not part of case 17") != std::string::npos);
  auto vera = world.make("vera", "17");
  BOOST_REQUIRE(world.run(vera->log_in()) == "");
  BOOST_REQUIRE(vera->window());
  archive::mailbox::ImageEditor editor;
  archive::mailbox::Item item;
  item.uid = 1;
  item.internal_date = world.clock.now() - std::chrono::seconds(1);
  editor.put(item);
  item.uid = 2;
  item.internal_date = world.clock.now();
  editor.put(item);
  const auto shown = vera->window()->of(editor.take());
  BOOST_REQUIRE(shown->size() == 1u);
  BOOST_TEST(shown->at(0).uid == 2u);
}

BOOST_AUTO_TEST_CASE(a_login_that_failed_is_a_refusal_of_a_known_operator_alone) {
  AuditorWorld world;
  const auto before = world.entries();
  Auditor::refused(world.parts(), {"a", "nobody", ""}, "a@example.org", "the password was wrong");
  world.turn();
  BOOST_TEST(world.entries() == before);
  Auditor::refused(world.parts(), {"a", "vera", ""}, "a@example.org", "the password was wrong");
  world.turn();
  BOOST_TEST(world.entries() == before + 1);
  BOOST_TEST((world.last().event == Event::refused));
  BOOST_TEST(world.last().actor.name == "vera");
  BOOST_TEST(world.last().outcome == "the password was wrong");
  for (int i = 0; i < 200; ++i) Auditor::refused(world.parts(), {"a", "vera", ""}, "a@example.org", "the password was wrong");
  world.turn();
  BOOST_TEST(world.entries() <= before + 61);
}
