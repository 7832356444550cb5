/// Mailboxes as an earlier version kept them, a record for each message: the next start brings them into today's form,
/// octet for octet what they would be; until then they are not served, and a check says so.
#include <algorithm>

#include "archive/check/mailboxes.hpp"
#include "archive/check/tables.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "archive/mailbox/view.hpp"
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using mailbox::Flags;
using store::Table;
using test::ArchiveWorld;
using test::TestMailbox;

namespace {

const std::string alice = "alice@example.org";
const std::string bob = "bob@example.org";

void fill(ArchiveWorld& world, TestMailbox& box, const std::string& name) {
  for (int i = 0; i < 70; ++i) BOOST_REQUIRE(box.append("INBOX", "Subject: " + std::to_string(i) + "\r\n\r\n"));
  BOOST_REQUIRE(world.accept(test::Letter("Subject: mail\r\n\r\n").to(name).file(name)));
  BOOST_REQUIRE(box.flags("INBOX", 1, {Flags::seen, {"$label"}}));
  BOOST_REQUIRE(box.copy("INBOX", 66, "Archive"));
  BOOST_REQUIRE(box.move("INBOX", 3, "Trash"));
  BOOST_REQUIRE(box.expunge("INBOX", 5));
}

std::string earlier_record(const mailbox::Folder& folder, std::uint8_t version) {
  base::Writer out(version);
  out.text(folder.name).text(folder.special_use).u32(folder.uid_validity).u32(folder.uid_next).u32(folder.messages);
  out.u64(folder.octets).u64(folder.highest_modseq);
  if (version > 1) out.u32(folder.unseen).u32(folder.deleted).u64(folder.deleted_octets);
  return out.take();
}

std::string row_of(const mailbox::Message& message) {
  base::Writer out(message.version);
  message.encode(out);
  return out.take();
}

std::string row_key(mailbox::FolderNumber folder, mailbox::Uid uid) {
  return base::Writer().u32(folder).u32(uid).take();
}

/// The records of an account as they were. `from`: chunks before it are in today's form already, as a cut leaves them.
void make_earlier(ArchiveWorld& world, mailbox::AccountNumber account, std::uint8_t version,
                  mailbox::MessageChunk::Number from = 0) {
  store::Batch batch(mailbox::shard_of(account));
  const auto folders = mailbox::folders(world.store(), account);
  BOOST_REQUIRE(folders);
  for (const auto& [number, folder] : *folders) {
    const auto messages = mailbox::messages(world.store(), account, number, from * mailbox::MessageChunk::uids, 1000);
    BOOST_REQUIRE(messages);
    for (const auto& [uid, message] : *messages) batch.put(Table::messages, row_key(number, uid), row_of(message));
    const auto record = earlier_record(folder, version);
    mailbox::Folder uncounted = folder;
    uncounted.messages = uncounted.unseen = uncounted.deleted = 0;
    uncounted.octets = uncounted.deleted_octets = 0;
    if (from > 0) batch.put(Table::account_state, "u" + mailbox::keys::folder(number), record);
    batch.put(Table::folders, mailbox::keys::folder(number), from > 0 ? uncounted.encode() : record);
    for (auto chunk = from; chunk < 3; ++chunk) batch.erase(Table::message_chunks, mailbox::keys::message_chunk(number, chunk));
  }
  BOOST_REQUIRE(world.store().commit({&batch, 1}, store::Sync::now));
}

std::vector<std::string> faults(ArchiveWorld& world) {
  check::Findings found;
  const auto names = check::account_names(world.store());
  BOOST_REQUIRE(check::mailboxes(world.store(), world.store().bodies(), names, {}, {}, found, {}));
  return found.faults;
}

bool one_says(const std::vector<std::string>& faults, const std::string& what) {
  return std::ranges::any_of(faults, [&](const auto& fault) { return fault.find(what) != std::string::npos; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(earlier_mailbox)

BOOST_AUTO_TEST_CASE(is_brought_into_today_s_form_at_the_start_wherever_that_was_cut_and_is_said_to_be_one_before) {
  for (const std::uint8_t version : {1, 2})
    for (const mailbox::MessageChunk::Number from : {0, 1}) {
      ArchiveWorld world;
      BOOST_REQUIRE(world.open());
      TestMailbox box(world, alice), other(world, bob);
      fill(world, box, alice);
      fill(world, other, bob);
      const auto before = test::dump(world.store());
      make_earlier(world, box.number, version, from);
      BOOST_TEST((test::dump(world.store()) != before));
      const auto code = mailbox::load_state(world.store(), box.number).error().code;
      BOOST_TEST((code == (from > 0 ? base::errc::busy : base::errc::unsupported)));
      const auto told = faults(world);
      BOOST_TEST(one_says(told, "messages are as an earlier version kept them"));
      BOOST_TEST(!one_says(told, bob));
      world.close();
      BOOST_REQUIRE(world.open());
      BOOST_TEST((test::dump(world.store()) == before));
      BOOST_TEST(faults(world).empty());
      BOOST_TEST(world.messages(alice, "INBOX").size() == 69u);
      BOOST_REQUIRE(box.append("INBOX", "one more"));
      BOOST_TEST(faults(world).empty());
    }
}

/// Renewed, then made anew by the earlier version, which knows nothing of chunks: what these said meanwhile is not true.
BOOST_AUTO_TEST_CASE(in_which_the_earlier_version_went_on_is_what_that_left) {
  for (const bool cut : {false, true}) {
    ArchiveWorld world;
    BOOST_REQUIRE(world.open());
    TestMailbox box(world, alice);
    for (int i = 0; i < 130; ++i) BOOST_REQUIRE(box.append("INBOX", "Subject: " + std::to_string(i) + "\r\n\r\n"));
    const auto folder = mailbox::find_folder(world.store(), box.number, "INBOX");
    const auto messages = mailbox::messages(world.store(), box.number, folder->number, 1, 1000);
    store::Batch batch(mailbox::shard_of(box.number));
    for (const auto& [uid, message] : *messages)
      if (uid < 60) batch.put(Table::messages, row_key(folder->number, uid), row_of(message));
    batch.put(Table::folders, mailbox::keys::folder(folder->number), earlier_record(folder->folder, 2));
    if (cut) batch.put(Table::account_state, "u" + mailbox::keys::folder(folder->number), earlier_record(folder->folder, 2));
    BOOST_REQUIRE(world.store().commit({&batch, 1}, store::Sync::now));
    world.close();
    BOOST_REQUIRE(world.open());
    BOOST_TEST(world.messages(alice, "INBOX").size() == 59u);
    const auto packs = test::dump(world.store(), box.number)[{Table::heading_packs, mailbox::shard_of(box.number)}];
    BOOST_TEST(packs.empty());
  }
}

/// What came last is applied again at a start: whose log it is must not matter.
BOOST_AUTO_TEST_CASE(needs_no_change_log) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, alice);
  fill(world, box, alice);
  make_earlier(world, box.number, 2);
  store::Batch batch(mailbox::shard_of(box.number));
  batch.put(Table::account_log, base::Writer().u64(9).take(), "\1\4");
  BOOST_REQUIRE(world.store().commit({&batch, 1}, store::Sync::now));
  world.close();
  BOOST_REQUIRE(world.open());
  BOOST_TEST(world.messages(alice, "INBOX").size() == 69u);
  BOOST_TEST(box.append("INBOX", "one more").has_value());
}

BOOST_AUTO_TEST_CASE(of_which_a_record_is_damaged_keeps_all_the_others_and_the_damage_is_named) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, alice);
  fill(world, box, alice);
  make_earlier(world, box.number, 2);
  store::Batch batch(mailbox::shard_of(box.number));
  batch.put(Table::messages, row_key(1, 20), "\2 no message");
  BOOST_REQUIRE(world.store().commit({&batch, 1}, store::Sync::now));
  world.close();
  BOOST_REQUIRE(world.open());
  BOOST_TEST(world.messages(alice, "INBOX").size() == 68u);
  BOOST_TEST(one_says(faults(world), "INBOX, UID 20: "));
  BOOST_TEST(one_says(faults(world), "1 messages are as an earlier version kept them"));
  BOOST_REQUIRE(box.append("INBOX", "one more"));
  world.close();
  {
    store::MemoryStore store(world.disk, 64);
    BOOST_REQUIRE(mailbox::rebuild(store, box.number));
  }
  BOOST_REQUIRE(world.open());
  BOOST_TEST(world.messages(alice, "INBOX").size() == 70u);
  BOOST_TEST(faults(world).empty());
}

BOOST_AUTO_TEST_CASE(with_more_keywords_than_have_room_now_keeps_its_messages_and_takes_mail) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, alice);
  fill(world, box, alice);
  make_earlier(world, box.number, 2);
  store::Batch batch(mailbox::shard_of(box.number));
  const auto changes = mailbox::changes(world.store(), box.number, 0, 1000);
  for (const auto& [modseq, change] : *changes) {
    const auto* filed = std::get_if<mailbox::Filed>(&change);
    if (!filed || filed->folder != 1 || filed->uid < 65) continue;
    auto message = filed->message;
    for (int i = 0; i < 100; ++i)
      message.flags.keywords.push_back("k" + std::to_string(filed->uid * 1000 + static_cast<unsigned>(i)) +
                                       std::string(249, 'x'));
    batch.put(Table::messages, row_key(1, filed->uid), row_of(message));
  }
  BOOST_REQUIRE(world.store().commit({&batch, 1}, store::Sync::now));
  for (int start = 0; start < 2; ++start) {
    world.close();
    BOOST_REQUIRE(world.open());
    BOOST_TEST(world.messages(alice, "INBOX").size() == 69u + static_cast<unsigned>(start));
    BOOST_REQUIRE(world.accept(test::Letter("Subject: more\r\n\r\n").to(alice).file(alice)));
  }
  BOOST_REQUIRE(box.flags("INBOX", 66, {Flags::seen, {}}));
}

BOOST_AUTO_TEST_SUITE_END()
