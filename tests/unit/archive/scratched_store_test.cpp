/// A medium that does not give back single records: what is only a cache keeps nobody's mail away, and one folder's or one
/// account's damage is nobody else's.
#include <algorithm>

#include "archive/mailbox/live_account.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "archive/mailbox/view.hpp"
#include "tests/support/archive_mailbox.hpp"
#include "tests/support/store_over.hpp"

using namespace understudy;
using namespace understudy::archive;
using store::Table;
using test::ArchiveWorld;
using test::Letter;
using test::TestMailbox;

namespace {

const std::string alice = "alice@example.org";
const std::string bob = "bob@example.org";

struct Scratch {
  store::Shard shard;
  Table table;
  std::string key;
};

class ScratchedStore final : public test::StoreOver {
 public:
  ScratchedStore(store::MemoryDisk& disk, std::vector<Scratch> scratches)
      : StoreOver(std::make_unique<store::MemoryStore>(disk, 64)), scratches_(std::move(scratches)) {}

  bool hit(store::Shard shard, Table table, std::string_view key) const {
    return std::ranges::any_of(scratches_,
                               [&](const auto& each) { return each.shard == shard && each.table == table && each.key == key; });
  }
  base::Result<> commit(std::span<const store::Batch> batches, store::Sync sync) override {
    for (const auto& batch : batches)
      for (const auto& each : batch.operations())
        std::erase_if(scratches_, [&](const auto& scratch) {  // what is written anew can be read
          if (scratch.shard != batch.shard() || scratch.table != each.table) return false;
          if (each.kind != store::Batch::Operation::Kind::erase_range) return scratch.key == each.key;
          return scratch.key >= each.key && (each.value.empty() || scratch.key < each.value);
        });
    return under().commit(batches, sync);
  }
  base::Result<std::optional<std::string>> get(store::Shard shard, Table table, std::string_view key) const override {
    if (hit(shard, table, key)) return base::fail("scratch", base::errc::damaged);
    return under().get(shard, table, key);
  }
  std::unique_ptr<store::Cursor> scan(store::Shard shard, Table table, std::string_view from,
                                      std::string_view within) const override {
    return std::make_unique<At>(*this, shard, table, under().scan(shard, table, from, within));
  }
  std::unique_ptr<store::Cursor> scan_last(store::Shard shard, Table table) const override {
    return std::make_unique<At>(*this, shard, table, under().scan_last(shard, table));
  }
  std::shared_ptr<const store::Snapshot> snapshot() const override { return std::make_shared<View>(*this, under().snapshot()); }

 private:
  class At final : public store::Cursor {
   public:
    At(const ScratchedStore& of, store::Shard shard, Table table, std::unique_ptr<store::Cursor> at)
        : of_(of), shard_(shard), table_(table), at_(std::move(at)) {}
    bool scratched() const { return at_->valid() && of_.hit(shard_, table_, at_->key()); }
    bool valid() const override { return at_->valid() && !scratched(); }
    std::string_view key() const override { return at_->key(); }
    std::string_view value() const override { return at_->value(); }
    void next() override { at_->next(); }
    void previous() override { at_->previous(); }
    base::Result<> status() const override {
      if (scratched()) return base::fail("scratch", base::errc::damaged);
      return at_->status();
    }

   private:
    const ScratchedStore& of_;
    store::Shard shard_;
    Table table_;
    std::unique_ptr<store::Cursor> at_;
  };
  class View final : public store::Snapshot {
   public:
    View(const ScratchedStore& of, std::shared_ptr<const store::Snapshot> whole) : of_(of), whole_(std::move(whole)) {}
    base::Result<std::optional<std::string>> get(store::Shard shard, Table table, std::string_view key) const override {
      if (of_.hit(shard, table, key)) return base::fail("scratch", base::errc::damaged);
      return whole_->get(shard, table, key);
    }
    std::unique_ptr<store::Cursor> scan(store::Shard shard, Table table, std::string_view from,
                                        std::string_view within) const override {
      return std::make_unique<At>(of_, shard, table, whole_->scan(shard, table, from, within));
    }
    std::unique_ptr<store::Cursor> scan_last(store::Shard shard, Table table) const override {
      return std::make_unique<At>(of_, shard, table, whole_->scan_last(shard, table));
    }
    base::Result<std::vector<store::Shard>> shards(Table table) const override { return whole_->shards(table); }
    std::unique_ptr<store::BodyReader> open(const store::BodyRef& ref) const override { return whole_->open(ref); }

   private:
    const ScratchedStore& of_;
    std::shared_ptr<const store::Snapshot> whole_;
  };

  std::vector<Scratch> scratches_;
};

/// A machine on the medium as it is now.
struct Machine {
  Machine(ArchiveWorld& world, std::vector<Scratch> scratches) : store(world.disk, std::move(scratches)) {
    auto opened = Archive::open(store, world.options, world.clock, world.random, Threading::inline_);
    BOOST_REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().text()));
    archive = std::move(*opened);
  }
  bool files(const std::string& account) {
    bool filed = false;
    archive->accept(Letter("Subject: more " + std::to_string(++filed_) + "\r\n\r\n").to(account).file(account).arrive(store),
                    [&](const base::Result<Accepted>& accepted) { filed = accepted.has_value(); });
    while (archive->pump()) {
    }
    return filed;
  }

  ScratchedStore store;
  std::unique_ptr<Archive> archive;

 private:
  int filed_ = 0;
};

Scratch heading_of(ArchiveWorld& world, const TestMailbox& box, mailbox::Uid uid) {
  const auto message = mailbox::message(world.store(), box.number, 1, uid);
  BOOST_REQUIRE(message);
  return {mailbox::shard_of(box.number), Table::headings, mailbox::keys::summary(message->body)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scratched_store)

BOOST_AUTO_TEST_CASE(a_heading_that_cannot_be_read_keeps_no_mail_away_and_no_rebuild) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, alice);
  for (int i = 0; i < 62; ++i) BOOST_REQUIRE(box.append("INBOX", "Subject: " + std::to_string(i) + "\r\n\r\n"));
  const auto scratch = heading_of(world, box, 20);
  world.close();
  {
    Machine machine(world, {scratch});
    for (int i = 0; i < 3; ++i) BOOST_TEST(machine.files(alice));  // the first one gets the last UID of the chunk
    machine.archive->close();
  }
  ScratchedStore store(world.disk, {scratch});
  const auto rebuilt = mailbox::rebuild(store, box.number);
  BOOST_REQUIRE_MESSAGE(rebuilt, (rebuilt ? "" : rebuilt.error().text()));
  BOOST_TEST(rebuilt->messages == 65u);
}

BOOST_AUTO_TEST_CASE(a_folder_is_read_whole_where_the_next_one_begins_with_what_cannot_be_read) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, alice);
  for (int i = 0; i < 70; ++i) BOOST_REQUIRE(box.append("INBOX", "Subject: " + std::to_string(i) + "\r\n\r\n"));
  for (const auto* name : {"Sent", "Drafts"}) BOOST_REQUIRE(box.append(name, "there\r\n\r\n"));
  const auto sent = mailbox::find_folder(world.store(), box.number, "Sent")->number;
  const auto drafts = mailbox::find_folder(world.store(), box.number, "Drafts")->number;
  BOOST_REQUIRE(sent == 2u);
  BOOST_REQUIRE(drafts == 3u);
  world.close();
  const auto first_chunk_of = [&](mailbox::FolderNumber folder) {
    return Scratch{mailbox::shard_of(box.number), Table::message_chunks, mailbox::keys::message_chunk(folder, 0)};
  };
  {
    Machine machine(world, {first_chunk_of(sent)});
    auto live = mailbox::LiveAccount::open(machine.store, box.number);
    BOOST_REQUIRE(live);
    const auto image = (*live)->image(1);
    BOOST_REQUIRE_MESSAGE(image, (image ? "" : image.error().text()));
    BOOST_TEST((*image)->size() == 70u);
    BOOST_TEST(!(*live)->image(sent));
    BOOST_TEST(mailbox::messages(machine.store, box.number, 1, 1, 1000).value().size() == 70u);
    machine.archive->close();
  }
  Machine machine(world, {first_chunk_of(drafts)});
  base::Result<> removed = base::fail("nothing", base::errc::not_found);
  machine.archive->change(
      [&](commit::Stage& stage, commit::Owners& owners) { return owners.mailbox.remove_folder(stage, box.number, "Sent"); },
      [&](base::Result<> done) { removed = std::move(done); });
  while (machine.archive->pump()) {
  }
  BOOST_TEST(removed.has_value(), (removed ? "" : removed.error().text()));
}

BOOST_AUTO_TEST_CASE(behind_messages_that_cannot_be_read_others_are_put) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, alice);
  for (const auto* name : {"INBOX", "Sent"})
    for (int i = 0; i < 3; ++i) BOOST_REQUIRE(box.append(name, "there\r\n\r\n"));
  const auto sent = mailbox::find_folder(world.store(), box.number, "Sent")->number;
  world.close();
  Machine machine(world, {{mailbox::shard_of(box.number), Table::message_chunks, mailbox::keys::message_chunk(sent, 0)}});
  for (int i = 0; i < 2; ++i) {
    base::Result<mailbox::Owner::Placed> placed;
    machine.archive->change(
        [&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
          placed = owners.mailbox.copy_all(stage, box.number, 1, mailbox::Uids{{1, 3}}, sent);
          return placed ? base::Result<>() : std::unexpected(placed.error());
        },
        [](const base::Result<>&) {});
    while (machine.archive->pump()) {
    }
    BOOST_REQUIRE_MESSAGE(placed, (placed ? "" : placed.error().text()));
    BOOST_TEST(placed->first == 64u + static_cast<mailbox::Uid>(i) * 3);
    BOOST_TEST(placed->uids.text() == "1:3");
  }
}

BOOST_AUTO_TEST_CASE(an_account_that_cannot_be_read_stops_nobody_else) {
  for (const auto key : {mailbox::keys::numbers, std::string_view("a\0\0", 3)}) {
    ArchiveWorld world;
    BOOST_REQUIRE(world.open());
    TestMailbox box(world, alice), other(world, bob);
    BOOST_REQUIRE(world.accept(Letter("Subject: a\r\n\r\n").to(alice).file(alice)));
    BOOST_REQUIRE(world.accept(Letter("Subject: b\r\n\r\n").to(bob).file(bob)));
    const auto number = box.number;
    BOOST_REQUIRE(world.store().get(mailbox::shard_of(number), Table::account_state, key).value());
    world.close();
    Machine machine(world, {{mailbox::shard_of(number), Table::account_state, std::string(key)}});
    BOOST_TEST(machine.files(bob));
    BOOST_TEST(!machine.files(alice));
    using Access = routing::Account::Access;  // at RCPT, before a message for both
    BOOST_TEST((machine.archive->directory().account(alice)->access == Access::closed_for_now));
    BOOST_TEST((machine.archive->directory().account(bob)->access == Access::open));
    BOOST_TEST(!mailbox::LiveAccount::open(machine.store, number));
  }
}

BOOST_AUTO_TEST_SUITE_END()
