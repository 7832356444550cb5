/// The headings of a chunk in one record: there when the chunk is full, with what each message says, and gone with the first
/// message that goes.
#include "archive/mailbox/heading_pack.hpp"

#include "archive/mailbox/view.hpp"
#include "mail/imap/headings.hpp"
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using mail::imap::Headings;
using mailbox::MessageChunk;
using mailbox::Uid;
using test::ArchiveWorld;
using test::TestMailbox;

namespace {

const std::string alice = "alice@example.org";

struct Filled {
  ArchiveWorld world;
  std::optional<TestMailbox> box;

  Filled() {
    BOOST_REQUIRE(world.open());
    box.emplace(world, alice);
  }
  void append(int count, const std::string& folder = "INBOX") {
    for (int i = 0; i < count; ++i)
      BOOST_REQUIRE(
          box->append(folder, "Subject: number " + std::to_string(++appended_) + "\r\nFrom: a@example.org\r\n\r\ntext\r\n"));
  }
  std::optional<Headings> pack(MessageChunk::Number number, const std::string& folder = "INBOX") {
    const auto found = mailbox::find_folder(world.store(), box->number, folder);
    const auto record = world.store().get(mailbox::shard_of(box->number), store::Table::heading_packs,
                                          mailbox::keys::message_chunk(found->number, number));
    BOOST_REQUIRE(record);
    if (!*record) return std::nullopt;
    auto headings = Headings::decode(**record);
    BOOST_REQUIRE(headings);
    return std::move(*headings);
  }

 private:
  int appended_ = 0;
};

std::string subject(const Headings& headings, Uid uid) {
  return std::string(headings.key(headings.row(uid).value(), mail::imap::SortField::subject));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(heading_pack)

BOOST_AUTO_TEST_CASE(is_there_once_the_chunk_has_its_last_uid_with_each_message) {
  Filled filled;
  filled.append(62);
  BOOST_TEST(!filled.pack(0));
  filled.append(1);
  const auto first = filled.pack(0);
  BOOST_REQUIRE(first);
  BOOST_TEST(first->size() == 63u);  // there is no UID 0
  for (Uid uid = 1; uid < 64; ++uid) BOOST_TEST(subject(*first, uid) == "NUMBER " + std::to_string(uid));
  filled.append(64);
  BOOST_REQUIRE(filled.pack(1));
  BOOST_TEST(filled.pack(1)->size() == 64u);
  BOOST_TEST(subject(*filled.pack(1), 127) == "NUMBER 127");
  BOOST_TEST(!filled.pack(2));
}

BOOST_AUTO_TEST_CASE(is_gone_when_a_message_of_it_goes_by_whatever_way_and_not_when_one_is_marked) {
  Filled filled;
  filled.append(64 * 3 - 1);
  BOOST_REQUIRE(filled.box->flags("INBOX", 5, {mailbox::Flags::seen, {}}));
  BOOST_TEST(filled.pack(0).has_value());
  BOOST_REQUIRE(filled.box->expunge("INBOX", 5));
  BOOST_TEST(!filled.pack(0));
  BOOST_TEST(filled.pack(1).has_value());
  BOOST_REQUIRE(filled.box->move("INBOX", 64, "Archive"));
  BOOST_TEST(!filled.pack(1));
  BOOST_TEST(filled.pack(2).has_value());
  BOOST_REQUIRE(filled.box->copy("INBOX", 191, "Archive"));
  BOOST_TEST(filled.pack(2).has_value());
  BOOST_REQUIRE(filled.box->make("Work"));
  filled.append(63, "Work");
  BOOST_TEST(filled.pack(0, "Work").has_value());
  BOOST_REQUIRE(filled.box->remove("Work"));
  std::size_t left = 0;
  for (const auto& [where, records] : test::dump(filled.world.store()))
    if (where.first == store::Table::heading_packs) left += records.size();
  BOOST_TEST(left == 1u);
}

BOOST_AUTO_TEST_CASE(holds_who_is_left_where_some_went_before_the_chunk_was_full) {
  Filled filled;
  filled.append(20);
  BOOST_REQUIRE(filled.box->expunge("INBOX", 7));
  filled.append(43);
  const auto pack = filled.pack(0);
  BOOST_REQUIRE(pack);
  BOOST_TEST(pack->size() == 62u);
  BOOST_TEST(!pack->row(7));
  BOOST_TEST(subject(*pack, 8) == "NUMBER 8");
}

BOOST_AUTO_TEST_CASE(is_made_for_what_is_copied_or_moved_one_by_one_too) {
  Filled filled;
  filled.append(63);
  for (Uid uid = 1; uid <= 63; ++uid) BOOST_REQUIRE(filled.box->copy("INBOX", uid, "Archive"));
  const auto pack = filled.pack(0, "Archive");
  BOOST_REQUIRE(pack);
  BOOST_TEST(subject(*pack, 63) == "NUMBER 63");
}

BOOST_AUTO_TEST_CASE(is_not_made_where_a_heading_is_missing_or_all_are_too_long) {
  Filled filled;
  filled.append(10);
  const auto third = mailbox::message(filled.world.store(), filled.box->number,
                                      mailbox::find_folder(filled.world.store(), filled.box->number, "INBOX")->number, 3);
  store::Batch batch(mailbox::shard_of(filled.box->number));
  batch.erase(store::Table::headings, mailbox::keys::summary(third->body));
  BOOST_REQUIRE(filled.world.store().commit({&batch, 1}, store::Sync::now));
  filled.append(53);
  BOOST_TEST(!filled.pack(0));
  std::string to;
  for (int i = 0; i < 30; ++i) to += "a" + std::to_string(i) + std::string(90, 'x') + "@example.org, ";
  for (int i = 0; i < 64; ++i) BOOST_REQUIRE(filled.box->append("INBOX", "To: " + to + "b@example.org\r\n\r\n"));
  BOOST_TEST(!filled.pack(1));
  BOOST_TEST(mailbox::messages(filled.world.store(), filled.box->number,
                               mailbox::find_folder(filled.world.store(), filled.box->number, "INBOX")->number, 1, 1000)
                 ->size() == 127u);
}

BOOST_AUTO_TEST_CASE(is_kept_of_who_put_it_together_where_it_still_says_what_is_there) {
  Filled filled;
  filled.append(64 + 10);
  const auto whole = filled.pack(0);
  BOOST_REQUIRE(whole);
  BOOST_REQUIRE(filled.box->expunge("INBOX", 5));
  BOOST_REQUIRE(!filled.pack(0));
  Headings left, last;
  const auto message = [&](Uid uid) { return mailbox::message(filled.world.store(), filled.box->number, 1, uid).value(); };
  const auto add = [&](Headings& to, Uid uid) {
    const auto shard = mailbox::shard_of(filled.box->number);
    const auto record = filled.world.store().get(shard, store::Table::headings, mailbox::keys::summary(message(uid).body));
    BOOST_REQUIRE(record.value());
    to.add(uid, mail::imap::HeadingView::decode(**record).value());
  };
  for (Uid uid = 1; uid < 64; ++uid)
    if (uid != 5) add(left, uid);
  for (Uid uid = 64; uid <= 74; ++uid) add(last, uid);
  const auto keep = [&](MessageChunk::Number number, const Headings& headings) {
    BOOST_REQUIRE(filled.world.change([&](commit::Stage& stage, commit::Owners&) -> base::Result<> {
      mailbox::keep_pack(stage, mailbox::shard_of(filled.box->number), 1, number, headings, mailbox::record_of(headings));
      return {};
    }));
  };
  keep(0, *whole);  // with the one that is gone
  BOOST_TEST(!filled.pack(0));
  keep(1, last);  // more will come
  BOOST_TEST(!filled.pack(1));
  keep(0, left);
  const auto kept = filled.pack(0);
  BOOST_REQUIRE(kept);
  BOOST_TEST(kept->size() == 62u);
  BOOST_TEST(subject(*kept, 6) == "NUMBER 6");
  BOOST_REQUIRE(filled.box->expunge("INBOX", 6));
  BOOST_TEST(!filled.pack(0));
  Headings unknown;
  unknown.add(7, std::nullopt);
  BOOST_TEST(mailbox::record_of(unknown).empty());
}

BOOST_AUTO_TEST_SUITE_END()
