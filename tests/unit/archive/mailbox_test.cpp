/// Folders and messages: the numbers that are given out, names, special uses, and what holds the octets.
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using mailbox::Flags;
using test::ArchiveWorld;
using test::Letter;
using test::TestMailbox;

namespace {
struct Opened {
  ArchiveWorld world;
  std::optional<TestMailbox> alice;
  Opened() {
    BOOST_REQUIRE(world.open());
    alice.emplace(world, "alice@example.org");
    BOOST_REQUIRE(alice->number != 0);
  }
  void reopen() {
    world.close();
    BOOST_REQUIRE(world.open());
  }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(mailboxes)

BOOST_AUTO_TEST_CASE(a_new_account_has_the_folders_of_its_template_with_their_special_uses) {
  Opened o;
  BOOST_TEST((o.alice->names() == std::vector<std::string>{"Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"}));
  for (const char* use : {"\\Archive", "\\Drafts", "\\Junk", "\\Sent", "\\Trash"})
    BOOST_TEST(o.alice->folder(use).special_use == use);
  BOOST_TEST(o.alice->folder("INBOX").special_use.empty());
}

BOOST_AUTO_TEST_CASE(uids_grow_by_one_and_are_never_given_again) {
  Opened o;
  for (mailbox::Uid uid = 1; uid <= 3; ++uid) BOOST_TEST(*o.alice->append("INBOX", "x" + std::to_string(uid)) == uid);
  BOOST_REQUIRE(o.alice->expunge("INBOX", 3));
  BOOST_TEST(*o.alice->append("INBOX", "y") == 4u);
  BOOST_REQUIRE(o.alice->expunge("INBOX", 4));
  o.reopen();
  BOOST_TEST(*o.alice->append("INBOX", "z") == 5u);
  BOOST_TEST(*o.alice->move("INBOX", 5, "INBOX") == 6u);
}

BOOST_AUTO_TEST_CASE(uidvalidity_differs_after_delete_and_create_in_the_same_second) {
  Opened o;
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 5; ++i) {
    BOOST_REQUIRE(o.alice->make("Work"));
    BOOST_TEST(seen.insert(o.alice->folder("Work").uid_validity).second);
    BOOST_REQUIRE(o.alice->remove("Work"));
    if (i == 2) o.reopen();
  }
}

BOOST_AUTO_TEST_CASE(uidvalidity_only_grows_when_the_clock_goes_back) {
  Opened o;
  BOOST_REQUIRE(o.alice->make("Work"));
  const auto before = o.alice->folder("Work").uid_validity;
  BOOST_REQUIRE(o.alice->remove("Work"));
  o.world.clock.set_wall(o.world.clock.now() - std::chrono::days(3000));
  o.reopen();
  BOOST_REQUIRE(o.alice->make("Work"));
  BOOST_TEST(o.alice->folder("Work").uid_validity > before);
}

BOOST_AUTO_TEST_CASE(two_machines_of_a_pair_never_give_the_same_uidvalidity) {
  for (const auto parity : {directory::Parity::even, directory::Parity::odd}) {
    Opened o;
    BOOST_REQUIRE(o.world.change([&](auto&, auto& owners) -> base::Result<> {
      owners.mailbox.set_uid_validity(parity);
      return {};
    }));
    std::uint32_t before = 0;
    for (int i = 0; i < 5; ++i) {
      const auto name = "Work" + std::to_string(i);
      BOOST_REQUIRE(o.alice->make(name));
      const auto given = o.alice->folder(name).uid_validity;
      BOOST_TEST(given % 2 == (parity == directory::Parity::odd ? 1u : 0u));
      BOOST_TEST(given > before);
      before = given;
      if (i == 2) o.world.clock.set_wall(o.world.clock.now() + std::chrono::seconds(101));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_change_has_a_modseq_of_its_own_and_they_only_grow) {
  Opened o;
  BOOST_REQUIRE(o.alice->append("INBOX", "one"));
  BOOST_REQUIRE(o.alice->append("INBOX", "two"));
  BOOST_REQUIRE(o.alice->flags("INBOX", 1, {Flags::seen, {"$Junk"}}));
  o.reopen();
  BOOST_REQUIRE(o.alice->move("INBOX", 2, "Trash"));
  BOOST_REQUIRE(o.alice->expunge("INBOX", 1));
  const auto logged = mailbox::changes(o.world.store(), o.alice->number, 0, 1000);
  BOOST_REQUIRE(logged);
  for (std::size_t i = 0; i < logged->size(); ++i) BOOST_TEST((*logged)[i].modseq == i + 1);
  BOOST_TEST(o.alice->folder("INBOX").highest_modseq == logged->size());
  BOOST_TEST(o.alice->folder("Trash").highest_modseq == logged->size() - 1);
  BOOST_TEST(o.alice->messages("Trash")[0].message.modseq == logged->size() - 1);
}

BOOST_AUTO_TEST_CASE(inbox_is_one_name_in_any_case_and_can_be_neither_renamed_nor_removed) {
  Opened o;
  BOOST_REQUIRE(o.alice->append("inbox", "one"));
  BOOST_TEST(o.alice->messages("InBox").size() == 1u);
  BOOST_TEST((o.alice->make("iNBOX").error().code == base::errc::exists));
  BOOST_TEST((o.alice->rename("inbox", "Other").error().code == base::errc::refused));
  BOOST_TEST((o.alice->remove("Inbox").error().code == base::errc::refused));
}

BOOST_AUTO_TEST_CASE(a_rename_takes_the_folders_below_along_with_uids_and_uidvalidity) {
  Opened o;
  for (const char* name : {"a", "a/b", "a/b/c", "ab", "x"}) BOOST_REQUIRE(o.alice->make(name));
  BOOST_REQUIRE(o.alice->append("a/b", "kept"));
  const auto before = o.alice->folder("a/b");
  BOOST_REQUIRE(o.alice->rename("a", "z"));
  const auto after = o.alice->folder("z/b");
  BOOST_TEST(after.uid_validity == before.uid_validity);
  BOOST_TEST(after.uid_next == before.uid_next);
  BOOST_TEST(o.alice->messages("z/b").size() == 1u);
  BOOST_TEST(o.alice->folder("z/b/c").uid_validity != 0u);
  BOOST_TEST(o.alice->folder("ab").uid_validity != 0u);
  BOOST_TEST(o.alice->folder("a").uid_validity == 0u);
}

BOOST_AUTO_TEST_CASE(under_no_name_does_a_rename_bring_back_a_uidvalidity_or_a_lower_one) {
  Opened o;
  for (const char* name : {"old", "new", "last"}) BOOST_REQUIRE(o.alice->make(name));
  const auto old = o.alice->folder("old").uid_validity, given_up = o.alice->folder("new").uid_validity;
  BOOST_REQUIRE(o.alice->remove("new"));
  BOOST_REQUIRE(o.alice->rename("last", "later"));  // has a higher one than any name that was given up
  o.reopen();
  BOOST_REQUIRE(o.alice->rename("old", "new"));
  BOOST_TEST(o.alice->folder("new").uid_validity > given_up);
  BOOST_TEST(old < given_up);
  const auto named = o.alice->folder("later").uid_validity;
  BOOST_REQUIRE(o.alice->rename("later", "z"));
  BOOST_REQUIRE(o.alice->rename("new", "later"));
  BOOST_TEST(o.alice->folder("later").uid_validity > named);
}

BOOST_AUTO_TEST_CASE(a_level_that_only_stands_above_folders_is_renamed_with_them) {
  Opened o;
  for (const char* name : {"a/b", "a/b/c", "ab"}) BOOST_REQUIRE(o.alice->make(name));
  BOOST_REQUIRE(o.alice->rename("a", "z"));
  BOOST_TEST(o.alice->folder("z/b/c").uid_validity != 0u);
  BOOST_TEST(o.alice->folder("a/b").uid_validity == 0u);
  BOOST_TEST(o.alice->folder("ab").uid_validity != 0u);
  BOOST_TEST((o.alice->rename("a", "y").error().code == base::errc::not_found));
}

BOOST_AUTO_TEST_CASE(keywords_are_the_same_in_any_case_and_stay_as_they_were_first_written) {
  using How = mailbox::FlagsChanged::How;
  const Flags has{Flags::seen, {"$Junk", "later"}};
  BOOST_TEST((mailbox::changed(has, How::add, {0, {"$JUNK", "New"}}) == Flags{Flags::seen, {"$Junk", "New", "later"}}));
  BOOST_TEST((mailbox::changed(has, How::remove, {Flags::seen, {"LATER"}}) == Flags{0, {"$Junk"}}));
  BOOST_TEST(
      (mailbox::changed(has, How::replace, {Flags::draft, {"Other", "$junk"}}) == Flags{Flags::draft, {"$Junk", "Other"}}));
}

BOOST_AUTO_TEST_CASE(a_rename_into_what_is_there_or_below_itself_is_refused_and_changes_nothing) {
  Opened o;
  for (const char* name : {"a", "a/b", "z/b"}) BOOST_REQUIRE(o.alice->make(name));
  const auto before = test::dump(o.world.store(), o.alice->number);
  BOOST_TEST((o.alice->rename("a", "Sent").error().code == base::errc::exists));
  BOOST_TEST((o.alice->rename("a", "z").error().code == base::errc::exists));  // z/b is there already
  BOOST_TEST((o.alice->rename("a", "a/c").error().code == base::errc::refused));
  BOOST_TEST((o.alice->rename("nothing", "c").error().code == base::errc::not_found));
  BOOST_TEST((test::dump(o.world.store(), o.alice->number) == before));
}

BOOST_AUTO_TEST_CASE(a_rename_by_special_use_takes_the_folders_below_along_too) {
  Opened o;
  BOOST_REQUIRE(o.alice->make("Sent/2026"));
  BOOST_REQUIRE(o.alice->rename("\\Sent", "Gesendet"));
  BOOST_TEST(o.alice->folder("Gesendet/2026").uid_validity != 0u);
  BOOST_TEST(o.alice->folder("Gesendet").special_use == "\\Sent");
}

BOOST_AUTO_TEST_CASE(a_folder_can_take_the_place_of_its_missing_parent) {
  Opened o;
  for (const char* name : {"a/b", "a/b/b"}) BOOST_REQUIRE(o.alice->make(name));
  BOOST_REQUIRE(o.alice->rename("a/b", "a"));
  BOOST_TEST(o.alice->folder("a").uid_validity != 0u);
  BOOST_TEST(o.alice->folder("a/b").uid_validity != 0u);
  BOOST_TEST(o.alice->folder("a/b/b").uid_validity == 0u);
}

BOOST_AUTO_TEST_CASE(names_that_no_client_could_use_are_refused) {
  const std::string levels_100 = [] {
    std::string name = "l";
    for (int i = 1; i < 100; ++i) name += "/l";
    return name;
  }();
  struct Row {
    std::string name;
    bool good;
  };
  for (const auto& row : std::vector<Row>{{"Work", true},
                                          {"Gr\xc3\xbc\xc3\x9f"
                                           "e/2026",
                                           true},
                                          {std::string(1000, 'a'), true},
                                          {levels_100, true},
                                          {"", false},
                                          {"/a", false},
                                          {"a/", false},
                                          {"a//b", false},
                                          {"..", false},
                                          {"a/../b", false},
                                          {"a/.", false},
                                          {"a/...", true},
                                          {"a..b", true},
                                          {"a\nb", false},
                                          {"a\x7f", false},
                                          {"\xff", false},
                                          {std::string(1001, 'a'), false},
                                          {levels_100 + "/l", false},
                                          {"\\Sent", false},  // how a special use is asked for
                                          {"a/\\b", true}})
    BOOST_TEST(bool(mailbox::check_folder_name(row.name)) == row.good, row.name);
}

BOOST_AUTO_TEST_CASE(a_message_for_a_missing_special_use_makes_its_folder_or_takes_the_one_of_the_usual_name) {
  Opened o;
  BOOST_REQUIRE(o.alice->remove("\\Junk"));
  BOOST_REQUIRE(o.alice->append("\\Junk", "spam"));
  BOOST_TEST(o.alice->folder("Junk").special_use == "\\Junk");
  BOOST_REQUIRE(o.alice->remove("Trash"));
  BOOST_REQUIRE(o.alice->make("Trash"));
  BOOST_REQUIRE(o.alice->append("\\Trash", "old"));
  BOOST_TEST(o.alice->messages("Trash").size() == 1u);
}

BOOST_AUTO_TEST_CASE(no_two_folders_get_the_same_special_use_by_filing) {
  Opened o;
  BOOST_REQUIRE(o.alice->rename("Sent", "Gesendet"));
  BOOST_REQUIRE(o.alice->append("Sent", "by name"));
  BOOST_TEST(o.alice->folder("Sent").special_use.empty());
  BOOST_TEST(o.alice->folder("\\Sent").name == "Gesendet");
}

BOOST_AUTO_TEST_CASE(counts_and_octets_of_a_folder_are_those_of_its_messages) {
  Opened o;
  BOOST_REQUIRE(o.alice->append("INBOX", "12345"));
  BOOST_REQUIRE(o.alice->append("INBOX", "1234567"));
  BOOST_REQUIRE(o.alice->copy("INBOX", 1, "INBOX"));
  BOOST_REQUIRE(o.alice->move("INBOX", 2, "Trash"));
  BOOST_TEST(o.alice->folder("INBOX").messages == 2u);
  BOOST_TEST(o.alice->folder("INBOX").octets == 10u);
  BOOST_TEST(o.alice->folder("Trash").octets == 7u);
}

BOOST_AUTO_TEST_CASE(the_octets_stay_until_the_last_copy_of_the_account_has_gone) {
  Opened o;
  BOOST_REQUIRE(o.alice->append("INBOX", "appended: in no journal"));
  BOOST_REQUIRE(o.alice->copy("INBOX", 1, "Trash"));
  const auto body = o.alice->messages("INBOX")[0].message.body;
  BOOST_REQUIRE(o.alice->expunge("INBOX", 1));
  BOOST_TEST(o.world.octets_of(body) == "appended: in no journal");
  BOOST_REQUIRE(o.alice->remove("Trash"));
  o.reopen();
  BOOST_TEST(o.world.octets_of(body) == "(gone)");
  BOOST_TEST(o.world.disk.durable().bodies() == 0u);
}

BOOST_AUTO_TEST_CASE(a_body_let_go_and_taken_again_in_one_commit_stays) {
  Opened o;
  TestMailbox bob(o.world, "bob@example.org");
  BOOST_REQUIRE(o.alice->append("INBOX", "shared"));
  const auto message = o.alice->messages("INBOX")[0].message;
  BOOST_REQUIRE(bob.file("INBOX", message));
  BOOST_REQUIRE(o.world.change([&](auto& stage, auto& owners) -> base::Result<> {
    if (auto gone = owners.mailbox.expunge(stage, bob.number, "INBOX", 1); !gone) return gone;
    auto back = owners.mailbox.file(stage, bob.number, "INBOX", message);
    if (!back) return std::unexpected(back.error());
    return {};
  }));
  BOOST_REQUIRE(o.alice->expunge("INBOX", 1));
  BOOST_TEST(o.world.octets_of(message.body) == "shared");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_not_found_and_leaves_no_trace) {
  Opened o;
  const auto before = test::dump(o.world.store());
  BOOST_TEST((o.alice->expunge("INBOX", 1).error().code == base::errc::not_found));
  BOOST_TEST((o.alice->flags("INBOX", 9, {}).error().code == base::errc::not_found));
  BOOST_TEST((o.alice->move("INBOX", 1, "Trash").error().code == base::errc::not_found));
  BOOST_TEST((o.alice->copy("INBOX", 1, "Nowhere").error().code == base::errc::not_found));
  BOOST_TEST((test::dump(o.world.store()) == before));
}

BOOST_AUTO_TEST_SUITE_END()
