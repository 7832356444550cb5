/// Accounts: seeds, numbers, aliases, and how many mail may make in a day.
#include "tests/support/archive_mailbox.hpp"

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

BOOST_AUTO_TEST_SUITE_END()
