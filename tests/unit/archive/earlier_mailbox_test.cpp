/// Mailboxes as an earlier version kept them, a record for each message: the next start makes them anew of their change logs,
/// octet for octet what they would be; until then they are not served, and a check says so.
#include <algorithm>

#include "archive/check/mailboxes.hpp"
#include "archive/check/tables.hpp"
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

/// The records of an account as they were.
void make_earlier(ArchiveWorld& world, mailbox::AccountNumber account) {
  const auto shard = mailbox::shard_of(account);
  store::Batch batch(shard);
  const auto folders = mailbox::folders(world.store(), account);
  BOOST_REQUIRE(folders);
  for (const auto& [number, folder] : *folders) {
    const auto messages = mailbox::messages(world.store(), account, number, 1, 1000);
    BOOST_REQUIRE(messages);
    for (const auto& [uid, message] : *messages) {
      base::Writer out(message.version);
      message.encode(out);
      batch.put(Table::messages, base::Writer().u32(number).u32(uid).take(), out.take());
    }
    batch.put(Table::folders, mailbox::keys::folder(number), '\2' + folder.encode().substr(1));
  }
  batch.erase_range(Table::message_chunks, {}, {});
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

BOOST_AUTO_TEST_CASE(is_made_anew_at_the_start_as_it_would_be_now_and_is_said_to_be_one_before) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, alice), other(world, bob);
  fill(world, box, alice);
  fill(world, other, bob);
  const auto before = test::dump(world.store());
  make_earlier(world, box.number);
  BOOST_TEST((test::dump(world.store()) != before));
  BOOST_TEST((mailbox::load_state(world.store(), box.number).error().code == base::errc::unsupported));
  const auto told = faults(world);
  BOOST_TEST(one_says(told, alice + ": 71 messages are as an earlier version kept them"));
  BOOST_TEST(!one_says(told, bob));
  world.close();
  BOOST_REQUIRE(world.open());
  BOOST_TEST((test::dump(world.store()) == before));
  BOOST_TEST(faults(world).empty());
  BOOST_TEST(world.messages(alice, "INBOX").size() == 69u);
  BOOST_REQUIRE(box.append("INBOX", "one more"));
  BOOST_TEST(faults(world).empty());
}

BOOST_AUTO_TEST_CASE(whose_change_log_cannot_be_read_stays_as_it_is_and_the_others_are_served) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, alice), other(world, bob);
  fill(world, box, alice);
  fill(world, other, bob);
  make_earlier(world, box.number);
  make_earlier(world, other.number);
  store::Batch batch(mailbox::shard_of(box.number));
  batch.put(Table::account_log, base::Writer().u64(9).take(), "\1\4");
  BOOST_REQUIRE(world.store().commit({&batch, 1}, store::Sync::now));
  world.close();
  BOOST_REQUIRE(world.open());
  BOOST_TEST((mailbox::load_state(world.store(), box.number).error().code == base::errc::unsupported));
  BOOST_TEST(!box.append("INBOX", "one more"));
  BOOST_TEST(world.messages(bob, "INBOX").size() == 69u);
  BOOST_TEST(other.append("INBOX", "one more").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
