/// The door before the archive: what is written before anything is done, cases and their end.
#include "archive/head_signer.hpp"
#include "archive/journal/reader.hpp"
#include "tests/unit/archive/audit_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using audit::Kind;
using audit::Policy;
using store::Table;
using test::administrator;
using test::ArchiveWorld;
using test::auditor;
using test::Letter;
using test::policy_with_operators;
using World = test::AuditWorld;

namespace {
constexpr store::Shard shard = journal::shard_of(journal::audit_log);
}

BOOST_AUTO_TEST_SUITE(audit_journal)

BOOST_AUTO_TEST_CASE(a_permit_comes_when_its_entry_is_durable_and_not_before) {
  World world;
  bool answered = false;
  world.door->open(world.wish("vera", Kind::read), [&](const base::Result<audit::Door::Answer>&) { answered = true; });
  BOOST_TEST(!answered);
  world.pump();
  BOOST_TEST(answered);
  world.cut(ArchiveWorld::Kept::none);  // what was not synced is gone
  BOOST_REQUIRE(world.open());
  BOOST_TEST(world.entries() == 1u);
  BOOST_TEST(world.last().action == "message/show");
}

BOOST_AUTO_TEST_CASE(where_the_entry_cannot_be_written_there_is_no_permit) {
  World world;
  world.faults().fail_sync_at(world.faults().syncs() + 1);
  BOOST_TEST(!world.ask(world.wish("vera", Kind::read)));
  BOOST_TEST(world.why.starts_with("error: the audit journal"));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_an_entry_that_says_what_is_lacking) {
  World world;
  BOOST_TEST(!world.ask(world.wish("vera", Kind::change, "message/delete")));
  BOOST_TEST(world.why.find("only an administrator") != std::string::npos);
  BOOST_TEST((world.last().event == audit::Event::refused));
  BOOST_TEST(world.last().actor.name == "vera");
  BOOST_TEST(world.last().outcome == world.why);
}

BOOST_AUTO_TEST_CASE(a_permit_allows_no_more_than_the_kind_of_its_action) {
  World world;
  bool staged = false;
  const auto change = [&](const audit::Permit& permit) {
    base::Result<> result = base::fail("never", base::errc::io);
    permit.change(
        [&](commit::Stage&, commit::Owners&) -> base::Result<> {
          staged = true;
          return {};
        },
        [&](base::Result<> done) { result = std::move(done); });
    world.pump();
    return result;
  };
  for (const auto kind : {Kind::plain, Kind::inspect, Kind::search, Kind::read, Kind::give, Kind::review}) {
    const auto permit = world.ask(world.wish("vera", kind));
    BOOST_REQUIRE(permit);
    BOOST_TEST((change(*permit).error().code == base::errc::refused));
    BOOST_TEST(!staged);
    const auto opened = permit->open_body({});
    const bool shows = kind == Kind::read || kind == Kind::give;
    BOOST_TEST(opened.has_value() == shows);
  }
  const auto permit = world.ask(world.wish("adam", Kind::change));
  BOOST_REQUIRE(permit);
  BOOST_TEST(change(*permit).has_value());
  BOOST_TEST(staged);
}

BOOST_AUTO_TEST_CASE(what_came_of_an_action_is_told_by_an_entry_of_its_own) {
  World world;
  const auto permit = world.ask(world.wish("adam", Kind::change));
  BOOST_REQUIRE(permit);
  world.door->finish(*permit, "done", [](base::Result<>) {});
  world.pump();
  BOOST_TEST(world.entries() == 2u);
  BOOST_TEST((world.last().event == audit::Event::ended));
  BOOST_TEST(*world.last().of == *permit->entry());
}

BOOST_AUTO_TEST_CASE(a_case_opens_its_accounts_to_its_auditor_and_ends_on_time) {
  auto policy = policy_with_operators();
  policy.auditors_cases = Policy::Cases::needed;
  World world(policy);
  const auto read_in = [&](const std::string& account, const std::string& who = "vera") {
    auto wish = world.wish(who, Kind::read, "message/show", account);
    wish.in_case = "17";
    return world.ask(std::move(wish));
  };
  BOOST_TEST(!world.ask(world.wish("vera", Kind::read)));
  BOOST_TEST(world.why.find("--case") != std::string::npos);
  BOOST_TEST(!read_in("a@example.org"));
  BOOST_TEST(world.why == "there is no case 17");
  BOOST_TEST(!world.ask(world.case_for("adam", std::chrono::hours(1), {"a@example.org"})));  // no auditor
  BOOST_TEST(!world.ask(world.case_for("vera", std::chrono::seconds(0), {"a@example.org"})));
  BOOST_TEST(world.ask(world.case_for("vera", std::chrono::hours(1), {"a@example.org"})).has_value());
  BOOST_TEST(!world.ask(world.case_for("vera", std::chrono::hours(1), {"b@example.org"})));  // the name is taken

  const auto permit = read_in("a@example.org");
  BOOST_REQUIRE(permit);
  BOOST_TEST(permit->confined());
  BOOST_TEST(world.last().in_case == "17");
  BOOST_TEST(!read_in("b@example.org"));
  BOOST_TEST(!read_in("a@example.org", "otto"));  // the case of somebody else
  auto unbounded = world.wish("vera", Kind::read, "queue/show");
  unbounded.in_case = "17";
  unbounded.reach = audit::Reach::none;
  BOOST_TEST(!world.ask(unbounded));

  world.clock.advance(std::chrono::hours(1) - std::chrono::milliseconds(1));
  BOOST_TEST(read_in("a@example.org").has_value());
  world.clock.advance(std::chrono::milliseconds(1));
  BOOST_TEST(!read_in("a@example.org"));
  BOOST_TEST(world.why.find("over") != std::string::npos);
  BOOST_TEST(world.found().empty());
}

BOOST_AUTO_TEST_CASE(a_closed_case_opens_nothing_any_more) {
  World world;
  BOOST_TEST(world.ask(world.case_for("vera", std::chrono::hours(1), {"a@example.org"})).has_value());
  auto close = world.wish("adam", Kind::configure, "case/close");
  close.closes = "17";
  BOOST_TEST(world.ask(close).has_value());
  BOOST_TEST(!world.ask(close));
  auto wish = world.wish("vera", Kind::read);
  wish.in_case = "17";
  BOOST_TEST(!world.ask(wish));
}

BOOST_AUTO_TEST_CASE(what_a_case_covers_of_the_journal_is_by_its_accounts_and_its_time) {
  World world;
  const std::pair<const char*, bool> rows[] = {{"a@example.org", true}, {"b@example.org", false}};
  for (const auto& [account, covered] : rows) {
    Letter letter("Message-ID: <" + std::string(account) + "@x.example>\r\n\r\nx\r\n");
    letter.to(account).file(account);
    BOOST_REQUIRE(world.accept(letter));
  }
  auto opening = world.case_for("vera", std::chrono::hours(1), {"a@example.org"});
  opening.opens->from = world.clock.now();
  opening.opens->up_to = world.clock.now() + std::chrono::milliseconds(1);
  BOOST_REQUIRE(world.ask(opening));
  auto wish = world.wish("vera", Kind::search, "journal/list");
  wish.reach = audit::Reach::entries;
  wish.accounts.clear();
  wish.in_case = "17";
  const auto permit = world.ask(wish);
  BOOST_REQUIRE(permit);
  for (std::uint64_t i = 0; i < std::size(rows); ++i)
    BOOST_TEST(permit->covers(*journal::read(world.store(), {0, i})) == rows[i].second);
  BOOST_TEST(permit->covers(world.clock.now()));
  BOOST_TEST(!permit->covers(world.clock.now() + std::chrono::milliseconds(1)));
  BOOST_TEST(!permit->covers(world.clock.now() - std::chrono::milliseconds(1)));
}

BOOST_AUTO_TEST_CASE(who_asks_too_fast_waits_for_his_turn_and_is_refused_where_too_many_wait) {
  World world(policy_with_operators(), {3, 10, 2});
  const auto turn = [&](const char* who, Kind kind = Kind::search) { return world.door->turn_of(world.wish(who, kind)); };
  const auto ms = [](int count) { return std::optional(std::chrono::milliseconds(count)); };
  for (int i = 0; i < 3; ++i) BOOST_TEST((turn("vera") == ms(0)));
  BOOST_TEST((turn("vera") == ms(100)));
  BOOST_TEST((turn("vera") == ms(200)));
  BOOST_TEST(!turn("vera"));
  BOOST_TEST(world.door->counts().too_fast == 1u);
  BOOST_TEST((turn("adam") == ms(0)));                // another person
  BOOST_TEST((turn("vera", Kind::plain) == ms(0)));   // not recorded
  BOOST_TEST((turn("vera", Kind::change) == ms(0)));  // refused at once
  world.clock.advance(std::chrono::milliseconds(100));
  BOOST_TEST((turn("vera") == ms(200)));
  world.clock.advance(std::chrono::seconds(3600));
  for (int i = 0; i < 3; ++i) BOOST_TEST((turn("vera") == ms(0)));
  BOOST_TEST((turn("vera") == ms(100)));
}

BOOST_AUTO_TEST_CASE(of_refusals_as_many_are_written_down_as_their_pace_allows) {
  World world;
  for (int i = 0; i < 70; ++i) BOOST_TEST(!world.ask(world.wish("vera", Kind::change)));
  BOOST_TEST(world.entries() == 60u);
  BOOST_TEST(world.door->counts().too_fast == 10u);
}

BOOST_AUTO_TEST_CASE(what_goes_on_ends_with_the_role_the_case_and_the_consent_that_it_needs) {
  auto policy = policy_with_operators();
  World world(policy);
  BOOST_REQUIRE(world.ask(world.case_for("vera", std::chrono::hours(1), {"a@example.org"})));
  auto wish = world.wish("vera", Kind::give, "journal/export");
  wish.in_case = "17";
  const auto permit = world.ask(wish);
  BOOST_REQUIRE(permit);
  const auto why = [&] { return *world.door->why_over(*permit, wish.actor, auditor); };
  BOOST_TEST(why().empty());
  BOOST_TEST(world.door->why_over(*permit, wish.actor, administrator)->empty());
  BOOST_TEST(world.door->why_over(*permit, wish.actor, {})->find("no operator") != std::string::npos);
  BOOST_TEST(world.door->why_over(*permit, {"otto", 1001, "test"}, auditor)->find("not vera any more") != std::string::npos);
  policy.second_person = {Kind::give};
  world.door->replace_policy(policy);
  BOOST_TEST(why().find("second person") != std::string::npos);
  world.door->replace_policy(policy_with_operators());
  world.clock.advance(std::chrono::hours(1) - std::chrono::milliseconds(1));
  BOOST_TEST(why().empty());
  world.clock.advance(std::chrono::milliseconds(1));
  BOOST_TEST(why().find("is over") != std::string::npos);
  auto close = world.wish("adam", Kind::configure, "case/close");
  close.closes = "17";
  BOOST_REQUIRE(world.ask(close));
  BOOST_TEST(why() == "case 17 was closed");
}

BOOST_AUTO_TEST_CASE(an_entry_is_sought_by_its_time_though_the_clock_was_set_back) {
  World world;
  const auto begin = world.clock.now();
  const auto enter = [&](int count) {
    for (int i = 0; i < count; ++i) {
      world.clock.advance(std::chrono::seconds(1));
      BOOST_REQUIRE(world.ask(world.wish("vera", Kind::search)));
    }
  };
  enter(50);  // 1 to 50
  world.clock.set_wall(world.clock.now() - std::chrono::seconds(40));
  enter(20);  // 11 to 30
  world.clock.set_wall(world.clock.now() - std::chrono::seconds(5));
  enter(60);  // 26 to 85
  const auto end = world.entries();
  for (int second = 0; second < 90; ++second) {
    const auto since = begin + std::chrono::seconds(second);
    std::vector<std::uint64_t> sought, there;
    for (std::uint64_t at = 0; (at = *audit::seek(world.store(), at, end, since)) < end; ++at)
      if (audit::read(world.store(), at)->time >= since) sought.push_back(at);
    for (std::uint64_t at = 0; at < end; ++at)
      if (audit::read(world.store(), at)->time >= since) there.push_back(at);
    BOOST_TEST(sought == there, "second " << second);
  }
  BOOST_TEST(*audit::next_step_back(world.store(), 0, end) == 50u);
  BOOST_TEST(*audit::next_step_back(world.store(), 50, end) == 70u);
  BOOST_TEST(*audit::next_step_back(world.store(), 70, end) == end);
  BOOST_TEST(world.found().empty());
}

BOOST_AUTO_TEST_CASE(verify_finds_what_was_changed_taken_out_or_put_beside_the_entries) {
  World world;
  BOOST_REQUIRE(world.ask(world.case_for("vera", std::chrono::hours(1), {"a@example.org"})));
  for (int i = 0; i < 300; ++i) BOOST_REQUIRE(world.ask(world.wish("vera", Kind::search)));
  BOOST_TEST(world.found().empty());
  const auto tamper = [&](Table table, const std::string& key, std::optional<std::string> value) {
    const auto before = *world.store().get(shard, table, key);
    const auto write = [&](const std::optional<std::string>& octets) {
      BOOST_REQUIRE(world.change([&](commit::Stage& stage, commit::Owners&) -> base::Result<> {
        if (octets) {
          stage.put(shard, table, key, *octets);
        } else {
          stage.erase(shard, table, key);
        }
        return {};
      }));
    };
    write(value);
    const auto found = !world.found().empty();
    write(before);
    return found;
  };
  const auto key = [](std::uint64_t index) { return journal::index_key(index); };
  auto leaf = *world.store().get(shard, Table::leaves, key(7));
  (*leaf)[3] ^= 1;
  BOOST_TEST(tamper(Table::leaves, key(7), leaf));
  BOOST_TEST(tamper(Table::leaves, key(7), std::nullopt));
  auto node = *world.store().get(shard, Table::nodes, base::Writer().u8(8).u64(0).take());
  (*node)[0] ^= 1;
  BOOST_TEST(tamper(Table::nodes, base::Writer().u8(8).u64(0).take(), node));
  auto kept = **audit::find_case(world.store(), "17");
  const auto at = audit::case_key(kept.index), beside = audit::case_key(kept.index + 1);
  const auto secret = **world.store().get(shard, Table::journal_state, audit::secret_key);
  kept.terms.until += std::chrono::hours(1000);
  BOOST_TEST(tamper(Table::journal_state, at, kept.encode()));
  BOOST_TEST(tamper(Table::journal_state, at, std::nullopt));
  kept.terms.name = "18";
  BOOST_TEST(tamper(Table::journal_state, beside, kept.encode()));
  BOOST_TEST(tamper(Table::journal_state, audit::case_name_key(secret, "17"), std::nullopt));
  BOOST_TEST(tamper(Table::journal_state, std::string(audit::secret_key), std::string(32, 'x')));
  BOOST_TEST(world.found().empty());
}

BOOST_AUTO_TEST_CASE(heads_of_both_books_are_signed_by_one_key_and_follow_a_new_one) {
  World world;
  const auto first = base::SigningKey::make(world.random);
  auto signer = HeadSigner::make(world.archive(), world.clock, first);
  BOOST_REQUIRE(signer);
  const auto sign = [&](journal::Book book) {
    std::optional<journal::SignedHead> head;
    (*signer)->sign(book, [&](base::Result<journal::SignedHead> made) {
      if (made) head = *made;
    });
    world.pump();
    return head;
  };
  BOOST_TEST(!sign(journal::Book::audit));  // nothing is there
  BOOST_REQUIRE(world.ask(world.wish("vera", Kind::read)));
  world.clock.advance(std::chrono::seconds(1));  // the entry of the key is later than that of the action
  const auto head = sign(journal::Book::audit);
  BOOST_REQUIRE(head);
  BOOST_TEST((head->head.log.book == journal::Book::audit));
  BOOST_TEST(head->holds());
  BOOST_TEST(world.found().empty());
  BOOST_TEST(*journal::end_of_log(world.store(), 0) == 0u);  // the mail journal has nothing of it
  world.clock.advance(std::chrono::seconds(1));
  (*signer)->replace_key(base::SigningKey::make(world.random), [](base::Result<>) {});
  world.pump();
  BOOST_TEST(world.found().empty());
  const auto later = sign(journal::Book::audit);
  BOOST_REQUIRE(later);
  BOOST_TEST((later->key != first.public_key()));
  BOOST_TEST(world.found().empty());
}

BOOST_AUTO_TEST_SUITE_END()
