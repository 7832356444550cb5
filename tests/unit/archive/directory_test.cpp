/// Accounts: seeds, numbers, aliases, and how many mail may make in a day.
#include "tests/support/archive_mailbox.hpp"
#include "tests/support/memory_key_ring.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::ArchiveWorld;
using test::Letter;

namespace {
base::Result<> add(ArchiveWorld& world, const std::string& name, std::vector<std::string> aliases = {}) {
  return world.change([=](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    directory::AccountRecord record;
    record.name = name;
    record.aliases = aliases;
    record.made_by = directory::MadeBy::command;
    if (auto added = owners.directory.add(stage, record); !added) return std::unexpected(added.error());
    return {};
  });
}
base::Result<> remove(ArchiveWorld& world, const std::string& name) {
  return world.change([=](auto& stage, auto& owners) { return owners.directory.remove(stage, name); });
}
void reopen(ArchiveWorld& world) {
  world.close();
  BOOST_REQUIRE(world.open());
}
}  // namespace

BOOST_AUTO_TEST_SUITE(accounts)

BOOST_AUTO_TEST_CASE(a_seed_is_applied_once_and_a_removed_account_stays_removed) {
  ArchiveWorld world;
  world.options.seeds = {{"alice@example.org", {"a.lice@example.org"}, "{SCRAM-SHA-256}x"}, {"bob@example.org", {}, ""}};
  BOOST_REQUIRE(world.open());
  BOOST_TEST(world.archive().directory().record("alice@example.org")->login);
  BOOST_TEST(!world.archive().directory().record("bob@example.org")->login);
  BOOST_TEST(mailbox::folders(world.store(), world.number_of("bob@example.org"))->size() == 6u);
  const auto before = test::dump(world.store());
  reopen(world);
  BOOST_TEST((test::dump(world.store()) == before));
  BOOST_REQUIRE(remove(world, "bob@example.org"));
  world.options.seeds[0].verifier = "{SCRAM-SHA-256}changed";
  reopen(world);
  BOOST_TEST(world.number_of("bob@example.org") == 0u);
  BOOST_TEST(world.archive().directory().record("alice@example.org")->verifier == "{SCRAM-SHA-256}x");
}

BOOST_AUTO_TEST_CASE(a_reload_seeds_what_is_new_with_the_folders_of_the_template) {
  ArchiveWorld world;
  world.options.templates["default"].folders = {"INBOX", "Sent", "Projects"};
  BOOST_REQUIRE(world.open());
  auto options = world.options;
  options.seeds = {{"carol@example.org", {}, ""}};
  bool done = false;
  world.archive().replace_options(options, [&](const base::Result<>& seeded) { done = bool(seeded); });
  world.pump();
  BOOST_TEST(done);
  BOOST_TEST(mailbox::folders(world.store(), world.number_of("carol@example.org"))->size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_number_is_never_given_to_two_accounts) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  std::set<mailbox::AccountNumber> numbers;
  for (int i = 0; i < 6; ++i) {
    BOOST_REQUIRE(add(world, "alice@example.org"));
    BOOST_TEST(numbers.insert(world.number_of("alice@example.org")).second);
    BOOST_TEST((add(world, "alice@example.org").error().code == base::errc::exists));
    BOOST_REQUIRE(remove(world, "alice@example.org"));
    if (i % 2) reopen(world);
  }
  BOOST_TEST((remove(world, "alice@example.org").error().code == base::errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_name_taken_again_begins_with_an_empty_mailbox) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(Letter("one").to("bob@example.org").file("bob@example.org")));
  BOOST_REQUIRE(remove(world, "bob@example.org"));
  BOOST_REQUIRE(world.accept(Letter("two").to("bob@example.org").file("bob@example.org")));
  BOOST_TEST(world.messages("bob@example.org").size() == 1u);
}

BOOST_AUTO_TEST_CASE(mail_makes_so_many_mailboxes_a_day_and_domain) {
  ArchiveWorld world;
  world.options.create_limit = 3;
  BOOST_REQUIRE(world.open());
  const auto left = [&](const char* domain) { return world.archive().directory().creations_left(domain); };
  for (const char* name : {"a@example.org", "b@example.org", "c@example.net"})
    BOOST_REQUIRE(world.accept(Letter(name).to(name).file(name)));
  BOOST_REQUIRE(add(world, "by-hand@example.org"));
  BOOST_TEST(left("example.org") == 1u);
  BOOST_TEST(left("example.net") == 2u);
  reopen(world);
  BOOST_TEST(left("example.org") == 1u);
  world.clock.advance(std::chrono::hours(24));
  BOOST_TEST(left("example.org") == 3u);
  BOOST_REQUIRE(world.accept(Letter("d").to("d@example.org").file("d@example.org")));
  BOOST_TEST(left("example.org") == 2u);
}

BOOST_AUTO_TEST_CASE(an_alias_leads_to_its_account_until_one_of_them_goes) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(add(world, "alice@example.org", {"a.lice@example.org"}));
  const auto& live = world.archive().directory();
  BOOST_REQUIRE(live.alias("a.lice@example.org"));
  BOOST_TEST(live.alias("a.lice@example.org")->members.front().text() == "alice@example.org");
  BOOST_TEST(live.record_by_address("a.lice@example.org")->name == "alice@example.org");
  reopen(world);
  BOOST_TEST(bool(world.archive().directory().alias("a.lice@example.org")));
  BOOST_REQUIRE(remove(world, "alice@example.org"));
  BOOST_TEST(!world.archive().directory().alias("a.lice@example.org"));
}

BOOST_AUTO_TEST_CASE(an_address_that_leads_elsewhere_is_refused_and_both_are_named) {
  ArchiveWorld world;
  world.options.lists["list@example.org"] = {};
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(add(world, "alice@example.org", {"a.lice@example.org"}));
  BOOST_REQUIRE(add(world, "bob@example.org"));
  struct Row {
    const char* name;
    std::vector<std::string> aliases;
    const char* other;
  };
  const Row rows[] = {{"a.lice@example.org", {}, "alias of alice@example.org"},
                      {"list@example.org", {}, "[[alias]]"},
                      {"c@example.org", {"alice@example.org"}, "alice@example.org"},
                      {"c@example.org", {"fine@example.org", "a.lice@example.org"}, "alias of alice@example.org"},
                      {"c@example.org", {"list@example.org"}, "[[alias]]"},
                      {"c@example.org", {"c@example.org"}, "its own address c@example.org"}};
  for (const auto& row : rows) {
    const auto refused = add(world, row.name, row.aliases);
    BOOST_REQUIRE((!refused && refused.error().code == base::errc::exists));
    BOOST_TEST(refused.error().context.find(row.other) != std::string::npos, refused.error().text());
    BOOST_TEST(refused.error().context.find("account " + std::string(row.name)) != std::string::npos, refused.error().text());
  }
  auto bob = *world.archive().directory().record("bob@example.org");
  bob.aliases = {"a.lice@example.org"};
  const auto changed = world.change([&](auto& stage, auto& owners) { return owners.directory.change(stage, bob); });
  BOOST_TEST((!changed && changed.error().code == base::errc::exists));
  BOOST_TEST(*world.archive().directory().alias_holder("a.lice@example.org") == "alice@example.org");
}

BOOST_AUTO_TEST_CASE(members_of_one_group_do_not_take_the_same_alias) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  int taken = 0;
  const auto submit = [&](const std::string& name, const std::string& alias) {
    world.archive().change(
        [=](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
          directory::AccountRecord record;
          record.name = name;
          record.aliases = {alias};
          if (auto added = owners.directory.add(stage, record); !added) return std::unexpected(added.error());
          return {};
        },
        [&taken](const base::Result<>& done) { taken += done ? 1 : 0; });
  };
  submit("a@example.org", "x@example.org");
  submit("b@example.org", "x@example.org");
  submit("c@example.org", "a@example.org");
  submit("x@example.org", "y@example.org");
  world.pump();
  BOOST_TEST(taken == 1);
  BOOST_TEST(*world.archive().directory().alias_holder("x@example.org") == "a@example.org");
}

BOOST_AUTO_TEST_CASE(an_alias_that_one_account_gives_up_is_free_for_another_in_the_same_group) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  for (const char* giver : {"a@example.org", "z@example.org"}) {  // before and after the taker, by name
    BOOST_REQUIRE(add(world, giver, {"x@example.org"}));
    BOOST_REQUIRE(world.change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto record = *owners.directory.find(giver);
      record.aliases.clear();
      if (auto given = owners.directory.change(stage, record); !given) return given;
      directory::AccountRecord taker;
      taker.name = "m@example.org";
      taker.aliases = {"x@example.org"};
      if (auto added = owners.directory.add(stage, taker); !added) return std::unexpected(added.error());
      return {};
    }));
    BOOST_TEST(*world.archive().directory().alias_holder("x@example.org") == "m@example.org");
    BOOST_REQUIRE(remove(world, "m@example.org"));
    BOOST_TEST(!world.archive().directory().alias_holder("x@example.org"));
  }
}

BOOST_AUTO_TEST_CASE(a_seed_takes_no_address_from_an_account_that_has_it) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(add(world, "alice@example.org", {"a@example.org", "b@example.org"}));
  world.options.seeds = {{"a@example.org", {}, ""}, {"carol@example.org", {"b@example.org", "c@example.org"}, ""}};
  reopen(world);
  const auto& live = world.archive().directory();
  BOOST_TEST(!live.record("a@example.org"));
  BOOST_TEST(*live.alias_holder("a@example.org") == "alice@example.org");
  BOOST_TEST(*live.alias_holder("b@example.org") == "alice@example.org");
  BOOST_REQUIRE(live.record("carol@example.org"));
  BOOST_TEST((live.record("carol@example.org")->aliases == std::vector<std::string>{"c@example.org"}));
  BOOST_REQUIRE(remove(world, "alice@example.org"));
  reopen(world);  // the address is free now: the seed was not seen yet
  BOOST_TEST(bool(world.archive().directory().record("a@example.org")));
}

BOOST_AUTO_TEST_CASE(a_change_costs_the_same_whatever_the_number_of_accounts) {
  const sim::SimClock clock;
  store::MemoryDisk disk;
  const store::MemoryStore store(disk);
  directory::Live live(directory::Options{}, clock, store);
  constexpr int accounts = 50'000;
  const auto begin = std::chrono::steady_clock::now();
  for (int turn = 0; turn < 2; ++turn)
    for (int i = 0; i < accounts; ++i) {
      directory::AccountRecord record;
      record.name = std::to_string(i) + "@example.org";
      record.aliases = {std::to_string(turn) + "." + record.name, "x." + record.name};
      live.put(record);
    }
  for (int i = 0; i < accounts; i += 2) live.remove(std::to_string(i) + "@example.org");
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(10)));  // linear, it takes minutes
  BOOST_TEST(!live.alias_holder("0.1@example.org"));
  BOOST_TEST(*live.alias_holder("1.1@example.org") == "1@example.org");
  BOOST_TEST(!live.alias_holder("x.0@example.org"));
  BOOST_TEST(live.records().size() == accounts / 2u);
}

BOOST_AUTO_TEST_CASE(a_removed_account_does_not_come_back_with_a_restart) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(Letter("one").to("bob@example.org").file("bob@example.org")));
  BOOST_REQUIRE(remove(world, "bob@example.org"));
  for (int i = 0; i < 2; ++i) {
    reopen(world);  // the last group of the journal is applied again
    BOOST_TEST(world.number_of("bob@example.org") == 0u);
  }
  BOOST_REQUIRE(world.accept(Letter("two").to("bob@example.org").file("bob@example.org")));  // mail makes it anew
  reopen(world);
  BOOST_TEST(world.messages("bob@example.org").size() == 1u);
}

BOOST_AUTO_TEST_CASE(who_takes_a_name_again_does_not_get_the_mail_of_the_account_before_him) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(Letter("one").to("bob@example.org").file("bob@example.org")));
  BOOST_REQUIRE(remove(world, "bob@example.org"));
  BOOST_REQUIRE(add(world, "bob@example.org"));
  reopen(world);
  BOOST_TEST(world.messages("bob@example.org").empty());
  BOOST_REQUIRE(world.accept(Letter("two").to("bob@example.org").file("bob@example.org")));
  reopen(world);
  BOOST_TEST(world.messages("bob@example.org").size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_counts_of_days_that_are_over_are_forgotten) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  const auto counts = [&] { return test::dump(world.store())[{store::Table::creations, directory::shard}].size(); };
  for (int day = 0; day < 20; ++day) {
    for (const char* domain : {"@example.org", "@example.net"}) {
      const auto name = "u" + std::to_string(day) + domain;
      BOOST_REQUIRE(world.accept(Letter(name).to(name).file(name)));
    }
    BOOST_TEST(counts() == 2u);
    world.clock.advance(std::chrono::hours(24));
  }
}

BOOST_AUTO_TEST_CASE(the_log_says_all_that_a_follower_needs_to_seed_nobody_again) {
  ArchiveWorld world;
  world.options.seeds = {{"alice@example.org", {}, ""}, {"bob@example.org", {}, ""}};
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(Letter("one").to("alice@example.org").file("alice@example.org")));
  BOOST_REQUIRE(remove(world, "bob@example.org"));
  BOOST_REQUIRE(add(world, "carol@example.org"));
  world.options.seeds.push_back({"carol@example.org", {}, ""});  // is there already
  reopen(world);
  std::set<std::string> seen, accounts;
  std::optional<Position> removed;
  const auto log = world.store().subscribe(directory::shard, 0, {})->next(1000);
  BOOST_REQUIRE(log);
  for (std::size_t i = 0; i < log->size(); ++i) {
    BOOST_TEST((*log)[i].sequence == i + 1);
    base::Reader in((*log)[i].record);
    in.u8();
    const std::string name(in.text());
    switch (in.u8()) {
      case 0:
        accounts.erase(name);
        removed = Position::decode(in);
        break;
      case 1: {
        const auto record = directory::AccountRecord::decode(in.text());
        BOOST_REQUIRE(record);
        BOOST_TEST(record->name == name);
        accounts.insert(name);
        break;
      }
      case 2:
        seen.insert(name);
        break;
      default:
        BOOST_TEST(false, "a kind that docs/store.md does not name");
    }
    BOOST_TEST(in.ok());
    BOOST_TEST(in.at_end());
  }
  BOOST_TEST((seen == std::set<std::string>{"alice@example.org", "bob@example.org", "carol@example.org"}));
  BOOST_TEST((accounts == std::set<std::string>{"alice@example.org", "carol@example.org"}));
  BOOST_TEST((removed == Position{0, 1}));
}

BOOST_AUTO_TEST_CASE(no_account_gets_the_number_of_one_whose_key_was_destroyed_after_this_copy_of_the_store_was_made) {
  ArchiveWorld world;
  const auto ring = std::make_shared<test::MemoryKeyRing>();
  world.keys = ring;
  BOOST_REQUIRE(world.open());
  test::TestMailbox first(world, "first@example.org");
  BOOST_REQUIRE(ring->destroy(mailbox::shard_of(first.number + 1)));
  BOOST_REQUIRE(ring->destroy(mailbox::shard_of(first.number + 2)));
  test::TestMailbox next(world, "next@example.org");
  BOOST_TEST(next.number == first.number + 3);
  BOOST_TEST(next.append("INBOX", "x").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
