/// What users note beside mailboxes: kept, counted against limits, gone with the mailbox; made again by a rebuild, and held
/// against the change log.
#include "archive/check/mailboxes.hpp"
#include "archive/check/tables.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "tests/support/archive_mailbox.hpp"
#include "tests/unit/archive/account_records.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::ArchiveWorld;
using test::TestMailbox;

namespace {

const std::string alice = "alice@example.org";
using Noted = std::map<std::string, std::string>;

struct Opened {
  ArchiveWorld world;
  std::optional<TestMailbox> box;
  Opened() {
    BOOST_REQUIRE(world.open());
    box.emplace(world, alice);
  }
  Noted noted(const std::string& folder) {
    auto number = mailbox::Annotated::of_account;
    if (!folder.empty()) number = mailbox::find_folder(world.store(), box->number, folder)->number;
    return *mailbox::annotations(world.store(), box->number, number);
  }
  base::Result<> annotate(const mailbox::Owner::Annotations& all, const mailbox::Owner::AnnotationLimits& limits) {
    return world.change([&](auto& stage, auto& owners) { return owners.mailbox.annotate(stage, box->number, 1, all, limits); });
  }
  std::vector<std::string> faults() { return test::mailbox_faults(world); }
  void put(const std::string& key, const std::optional<std::string>& value) {
    test::put_record(world, box->number, store::Table::annotations, key, value);
  }
  std::size_t changes() { return mailbox::changes(world.store(), box->number, 0, 10'000)->size(); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(annotations)

BOOST_AUTO_TEST_CASE(what_is_noted_is_there_until_it_is_taken_away_or_its_folder_goes) {
  Opened o;
  const std::string any("a\0\r\n\xff", 5);
  BOOST_REQUIRE(o.box->make("Box"));
  BOOST_REQUIRE(o.box->annotate("Box", "/private/comment", any));
  BOOST_REQUIRE(o.box->annotate("Box", "/shared/comment", ""));
  BOOST_REQUIRE(o.box->annotate("", "/private/comment", "mine"));
  BOOST_TEST((o.noted("Box") == Noted{{"/private/comment", any}, {"/shared/comment", ""}}));
  BOOST_REQUIRE(o.box->rename("Box", "Renamed"));
  BOOST_TEST(o.noted("Renamed").size() == 2u);
  BOOST_REQUIRE(o.box->annotate("Renamed", "/shared/comment", std::nullopt));
  BOOST_TEST((o.noted("Renamed") == Noted{{"/private/comment", any}}));
  BOOST_TEST(o.noted("INBOX").empty());
  BOOST_REQUIRE(o.box->remove("Renamed"));
  BOOST_TEST((o.noted("") == Noted{{"/private/comment", "mine"}}));
  BOOST_TEST(test::dump(o.world.store()).at({store::Table::annotations, mailbox::shard_of(o.box->number)}).size() == 1u);
  BOOST_TEST(o.faults().empty());
  const auto before = test::dump(o.world.store());
  o.put(mailbox::keys::annotation(1, "/private/stray"), base::Writer(1).text("x").take());
  o.world.close();
  store::MemoryStore store(o.world.disk);
  BOOST_REQUIRE(mailbox::rebuild(store, o.box->number));
  BOOST_TEST((test::dump(store) == before));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_removed_in_the_group_in_which_it_was_noted_leaves_nothing_behind) {
  Opened o;
  BOOST_REQUIRE(o.world.change([&](auto& stage, auto& owners) -> base::Result<> {
    if (auto made = owners.mailbox.make_folder(stage, o.box->number, "Box", {}); !made) return made;
    const auto number = mailbox::load_state(o.world.store(), stage, o.box->number)->find("Box");
    auto noted = owners.mailbox.annotate(stage, o.box->number, *number, {{"/private/a", "x"}}, {});
    return noted ? owners.mailbox.remove_folder(stage, o.box->number, "Box") : noted;
  }));
  BOOST_TEST(!test::dump(o.world.store()).contains({store::Table::annotations, mailbox::shard_of(o.box->number)}));
  BOOST_TEST(o.faults().empty());
}

BOOST_AUTO_TEST_CASE(what_is_so_already_is_no_change) {
  Opened o;
  BOOST_REQUIRE(o.box->annotate("INBOX", "/private/comment", "x"));
  const auto before = o.changes();
  BOOST_REQUIRE(o.box->annotate("INBOX", "/private/comment", "x"));
  BOOST_REQUIRE(o.box->annotate("INBOX", "/private/other", std::nullopt));
  BOOST_TEST(o.changes() == before);
}

BOOST_AUTO_TEST_CASE(the_limits_of_an_account_hold_for_all_of_a_command_and_let_it_become_less) {
  Opened o;
  mailbox::Owner::AnnotationLimits limits;
  limits.entries = 3;
  limits.value = 10;
  BOOST_REQUIRE(o.box->annotate("", "/private/of-account", "x"));
  BOOST_REQUIRE(o.annotate({{"/private/a", "x"}, {"/private/b", "0123456789"}}, limits));
  BOOST_TEST((o.annotate({{"/private/a", "y"}, {"/private/c", "x"}}, limits).error().code == base::errc::too_long));
  BOOST_TEST(o.noted("INBOX").at("/private/a") == "x");  // all or nothing
  BOOST_REQUIRE(o.annotate({{"/private/a", std::nullopt}, {"/private/c", "x"}}, limits));
  BOOST_TEST((o.annotate({{"/private/b", "0123456789a"}}, limits).error().code == base::errc::too_long));
  limits.entries = 1;
  BOOST_REQUIRE(o.annotate({{"/private/b", "less"}}, limits));
  limits.entries = 100;
  limits.octets = 60;
  BOOST_TEST((o.annotate({{"/private/d", "x"}}, limits).error().code == base::errc::too_long));
  BOOST_TEST(
      (o.annotate({{std::string(mailbox::longest_annotation_name + 1, 'x'), "x"}}, {}).error().code == base::errc::too_long));
  limits = {};
  limits.value = 1 << 20;
  BOOST_REQUIRE(o.annotate(
      {{std::string(mailbox::longest_annotation_name, 'x'), std::string(mailbox::longest_annotation, 'x')}}, limits));
  BOOST_TEST((o.world
                  .change([&](auto& stage, auto& owners) {
                    return owners.mailbox.annotate(stage, o.box->number, 99, {{"/private/a", "x"}}, {});
                  })
                  .error()
                  .code == base::errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_note_that_is_not_what_the_change_log_says_is_found) {
  Opened o;
  BOOST_REQUIRE(o.box->annotate("INBOX", "/private/comment", "x"));
  const auto key = mailbox::keys::annotation(1, "/private/comment");
  const auto right = base::Writer(1).text("x").take();
  for (const auto& [at, value] : std::vector<std::pair<std::string, std::optional<std::string>>>{
           {key, base::Writer(1).text("y").take()},
           {key, std::nullopt},
           {key, std::string("\1", 1)},
           {mailbox::keys::annotation(1, "/private/other"), right},
           {mailbox::keys::annotation(2, "/private/comment"), right},
           {std::string("\0\0", 2), right}}) {
    o.put(at, value);
    BOOST_TEST(!o.faults().empty());
    if (at != key) o.put(at, std::nullopt);
    o.put(key, right);
    BOOST_TEST(o.faults().empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
