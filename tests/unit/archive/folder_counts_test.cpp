/// What is counted of each folder is what is in it: after every change, and after a rebuild.
#include "archive/mailbox/folder_counts.hpp"

#include <random>

#include "archive/check/mailboxes.hpp"
#include "archive/check/tables.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using mailbox::Flags;
using test::ArchiveWorld;
using test::TestMailbox;

namespace {

const std::string alice = "alice@example.org";

/// Counted one by one.
mailbox::Folder counted(ArchiveWorld& world, const mailbox::ListedFolder& listed) {
  auto folder = listed.folder;
  folder.messages = folder.unseen = folder.deleted = 0;
  folder.octets = folder.deleted_octets = 0;
  for (const auto& [uid, message] : world.messages(alice, folder.name)) {
    folder.messages += 1;
    folder.octets += message.body.size;
    folder.unseen += message.flags.system & Flags::seen ? 0 : 1;
    folder.deleted += message.flags.system & Flags::deleted ? 1 : 0;
    folder.deleted_octets += message.flags.system & Flags::deleted ? message.body.size : 0;
  }
  return folder;
}

void all_are_right(ArchiveWorld& world) {
  const auto folders = mailbox::folders(world.store(), world.number_of(alice));
  BOOST_REQUIRE(folders);
  for (const auto& listed : *folders) BOOST_TEST_REQUIRE((counted(world, listed) == listed.folder), listed.folder.name);
}

std::vector<std::string> faults(ArchiveWorld& world) {
  check::Findings found;
  check::MailboxCheck options;
  const auto names = check::account_names(world.store());
  BOOST_REQUIRE(check::mailboxes(world.store(), world.store().bodies(), names, {}, options, found, {}));
  return found.faults;
}

void fill(TestMailbox& box) {
  for (int i = 0; i < 9; ++i)
    BOOST_REQUIRE(box.append("INBOX", "Subject: " + std::string(static_cast<std::size_t>(i), 'x') + "\r\n\r\n"));
  BOOST_REQUIRE(box.flags("INBOX", 1, {Flags::seen, {}}));
  BOOST_REQUIRE(box.flags("INBOX", 2, {Flags::seen | Flags::deleted, {}}));
  BOOST_REQUIRE(box.flags("INBOX", 3, {Flags::deleted, {}}));
  BOOST_REQUIRE(box.flags("INBOX", 1, {Flags::flagged, {"$label"}}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(folder_counts)

BOOST_AUTO_TEST_CASE(each_kind_of_change_leaves_the_counters_right) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, alice);
  fill(box);
  all_are_right(world);
  BOOST_TEST(box.folder("INBOX").unseen == 8u);
  BOOST_TEST(box.folder("INBOX").deleted == 2u);
  BOOST_REQUIRE(box.copy("INBOX", 2, "Archive"));
  BOOST_REQUIRE(box.copy("INBOX", 2, "INBOX"));
  BOOST_REQUIRE(box.move("INBOX", 3, "Trash"));
  all_are_right(world);
  BOOST_TEST(box.folder("Trash").deleted == 1u);
  BOOST_REQUIRE(box.expunge("INBOX", 2));
  BOOST_REQUIRE(world.change([&](auto& stage, auto& owners) -> base::Result<> {
    const auto inbox = mailbox::load_state(world.store(), box.number)->find("INBOX");
    auto done =
        owners.mailbox.change_flags(stage, box.number, *inbox, {{1, 6}}, mailbox::FlagsChanged::How::add, {Flags::seen, {}});
    if (!done) return std::unexpected(done.error());
    auto gone = owners.mailbox.expunge_all(stage, box.number, *inbox, {{5, 7}}, mailbox::Owner::Only::all);
    return gone ? base::Result<>() : std::unexpected(gone.error());
  }));
  all_are_right(world);
  BOOST_REQUIRE(box.remove("Archive"));
  BOOST_REQUIRE(box.rename("Trash", "Bin"));
  all_are_right(world);
  BOOST_TEST(faults(world).empty());
  const auto before = test::dump(world.store());
  world.close();
  {
    store::MemoryStore store(world.disk);
    BOOST_REQUIRE(mailbox::rebuild(store, box.number));
    BOOST_TEST((test::dump(store) == before));
  }
}

BOOST_AUTO_TEST_CASE(each_counter_that_is_wrong_is_found) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, alice);
  fill(box);
  const auto number = box.number;
  const auto inbox = *mailbox::load_state(world.store(), number)->find("INBOX");
  const auto right = box.folder("INBOX");
  for (int which = 0; which < 6; ++which) {
    auto wrong = right;
    if (which == 0) wrong.unseen += 1;
    if (which == 1) wrong.deleted -= 1;
    if (which == 2) wrong.deleted_octets += 1;
    if (which == 3) wrong.octets -= 1;
    if (which == 4) wrong.messages += 1;
    auto value = wrong.encode();
    if (which == 5) value += '\0';  // more behind it than it may have
    store::Batch batch(mailbox::shard_of(number));
    batch.put(store::Table::folders, mailbox::keys::folder(inbox), value);
    BOOST_REQUIRE(world.store().commit({&batch, 1}, store::Sync::now));
    const auto found = faults(world);
    BOOST_TEST(found.size() == 1u, which);
    for (const auto& fault : found) BOOST_TEST(fault.find(", INBOX: ") != std::string::npos, fault);
  }
}

BOOST_AUTO_TEST_CASE(a_folder_record_reads_as_it_was_written_a_cut_one_is_damaged_and_an_earlier_one_is_said_to_be_one) {
  mailbox::Folder folder;
  folder.name = "INBOX";
  folder.messages = 5;
  folder.unseen = 4;
  folder.deleted = 3;
  folder.deleted_octets = 1ull << 40;
  const auto record = folder.encode();
  BOOST_TEST((*mailbox::Folder::decode(record) == folder));
  for (std::size_t end = 0; end < record.size(); ++end)
    BOOST_TEST((mailbox::Folder::decode(record.substr(0, end)).error().code == base::errc::damaged), end);
  for (const char version : {'\1', '\2'})
    BOOST_TEST((mailbox::Folder::decode(version + record.substr(1)).error().code == base::errc::unsupported));
}

BOOST_AUTO_TEST_CASE(a_quota_stops_what_grows_beyond_it_and_nothing_else) {
  using mailbox::Quota;
  using mailbox::Usage;
  const Quota both{1000, 10};
  for (const auto& [before, after, allowed] : std::vector<std::tuple<Usage, Usage, bool>>{
           {{1, 100}, {2, 1000}, true},
           {{1, 100}, {2, 1001}, false},
           {{9, 100}, {10, 100}, true},
           {{10, 100}, {11, 100}, false},
           {{20, 5000}, {20, 5000}, true},  // a move
           {{20, 5000}, {19, 4999}, true},  // still over, and less
           {{20, 5000}, {20, 5001}, false},
       })
    BOOST_TEST(both.allows(before, after) == allowed);
  BOOST_TEST(Quota{}.allows({}, {1'000'000, 1ull << 60}));
  BOOST_TEST(!Quota{}.limits());
}

BOOST_AUTO_TEST_CASE(mail_that_comes_is_filed_whatever_the_quota) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, alice);
  BOOST_REQUIRE(world.change([&](auto& stage, auto& owners) {
    auto record = *owners.directory.find(alice);
    record.quota = 1;
    record.quota_messages = 1;
    return owners.directory.change(stage, record);
  }));
  for (int i = 0; i < 3; ++i)
    BOOST_REQUIRE(world.accept(test::Letter("Subject: " + std::to_string(i) + "\r\n\r\n").to(alice).file(alice)));
  BOOST_TEST(box.folder("INBOX").messages == 3u);
  const auto record = world.archive().directory().record(alice);
  BOOST_TEST((record->quota == 1u && record->quota_messages == 1u));
}

BOOST_AUTO_TEST_SUITE_END()
