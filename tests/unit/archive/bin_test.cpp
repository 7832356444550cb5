/// The recycle bin: what comes into it keeps its flags, times and octets, says where it came from, and finds its way back
/// there.
#include "archive/check/whole.hpp"
#include "archive/mailbox/bin_origin.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "archive/store/memory/memory_store.hpp"
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using mailbox::Binned;
using mailbox::BinOrigin;
using mailbox::Flags;
using mailbox::FolderKind;
using mailbox::Uids;
using test::ArchiveWorld;
using test::TestMailbox;

namespace {

const std::string bin = "Recycle Bin";

struct Opened {
  ArchiveWorld world;
  std::optional<TestMailbox> box;

  Opened() {
    BOOST_REQUIRE(world.open());
    box.emplace(world, "alice@example.org");
    for (int i = 1; i <= 4; ++i) BOOST_REQUIRE(box->append("INBOX", "Subject: letter " + std::to_string(i) + "\r\n\r\n"));
  }
  std::map<mailbox::Uid, BinOrigin> origins() {
    const auto found = mailbox::find_folder(world.store(), box->number, bin);
    BOOST_REQUIRE(found);
    return mailbox::bin_origins(world.store(), box->number, found->number, 1, 0xffffffff).value();
  }
  std::string uids(const std::string& folder) {
    Uids uids;
    for (const auto& each : box->messages(folder)) uids.add(each.uid);
    return uids.text();
  }
  std::vector<std::string> faults() {
    const auto found = check::whole(world.store(), world.store().bodies(), {}, world.clock.now(), {});
    BOOST_REQUIRE(found);
    return found->faults;
  }
  void check() {
    const auto found = faults();
    BOOST_TEST(found.empty(), (found.empty() ? "" : found.front()));
    const auto before = test::dump(world.store());
    world.close();
    {
      store::MemoryStore store(world.disk, 64);
      BOOST_REQUIRE(mailbox::rebuild(store, box->number));
      BOOST_TEST((test::dump(store) == before));
    }
    BOOST_REQUIRE(world.open());
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(bin_of_an_account)

BOOST_AUTO_TEST_CASE(what_is_deleted_keeps_what_it_had_and_says_where_it_came_from) {  // VP-29
  Opened o;
  BOOST_REQUIRE(o.box->flags("INBOX", 2, {Flags::seen | Flags::flagged, {"$label"}}));
  const auto before = o.box->messages("INBOX")[1].message;
  const auto validity = o.box->folder("INBOX").uid_validity;
  o.world.clock.advance(std::chrono::hours(1));
  BOOST_REQUIRE(o.box->bin("INBOX", {{2, 2}, {4, 9}}, {Binned::By::rule, "old mail", bin}));
  BOOST_TEST(o.uids("INBOX") == "1,3");
  BOOST_TEST(o.uids(bin) == "1:2");
  BOOST_TEST((o.box->folder(bin).kind == FolderKind::bin));
  const auto after = o.box->messages(bin)[0].message;
  BOOST_TEST((after.flags == before.flags && after.body == before.body && after.name == before.name));
  BOOST_TEST((after.internal_date == before.internal_date && after.stored == before.stored));
  BOOST_TEST((after.saved == o.world.clock.now()));
  BOOST_TEST(!after.put_back);
  const auto origins = o.origins();
  BOOST_REQUIRE(origins.size() == 1u);
  const auto& [first, origin] = *origins.begin();
  BOOST_TEST((first == 1u && origin.name == "INBOX" && origin.uid_validity == validity && origin.uids.text() == "2,4"));
  BOOST_TEST((origin.by == Binned::By::rule && origin.who == "old mail" && origin.binned == o.world.clock.now()));
  BOOST_TEST((origin.uid_before(1, 1) == 2u && origin.uid_before(1, 2) == 4u && origin.uid_before(1, 3) == 0u));
  o.check();
}

BOOST_AUTO_TEST_CASE(what_is_put_back_is_where_it_was_and_counts_from_then) {  // VP-29
  Opened o;
  BOOST_REQUIRE(o.box->flags("INBOX", 1, {Flags::seen, {}}));
  BOOST_REQUIRE(o.box->append("Work", "Subject: work\r\n\r\n"));
  BOOST_REQUIRE((o.box->bin("INBOX", {{1, 3}}) && o.box->bin("Work", {{1, 1}})));
  const auto stored = o.box->messages(bin)[0].message.stored;
  o.world.clock.advance(std::chrono::hours(24));
  const auto put = o.box->put_back({{1, 1}, {3, 99}});
  BOOST_REQUIRE(put);
  BOOST_TEST(put->size() == 2u);
  BOOST_TEST(o.uids("INBOX") == "4:6");
  BOOST_TEST(o.uids("Work") == "2");
  BOOST_TEST(o.uids(bin) == "2");
  const auto back = o.box->messages("INBOX")[1].message;
  BOOST_TEST((back.put_back && back.flags.system == Flags::seen && back.stored == stored));
  BOOST_TEST((back.saved == o.world.clock.now()));
  BOOST_TEST(o.origins().size() == 1u);  // of INBOX, of which one is left
  BOOST_REQUIRE(o.box->put_back({{1, 9}}));
  BOOST_TEST(o.origins().empty());
  BOOST_TEST(o.box->put_back({{1, 9}})->empty());
  o.check();
}

BOOST_AUTO_TEST_CASE(a_folder_under_another_name_is_found_and_one_that_has_gone_is_made) {
  Opened o;
  for (const std::string folder : {"Kept", "Gone"}) {
    BOOST_REQUIRE(o.box->append(folder, "Subject: " + folder + "\r\n\r\n"));
    BOOST_REQUIRE(o.box->bin(folder, {{1, 1}}));
  }
  BOOST_REQUIRE((o.box->rename("Kept", "Renamed") && o.box->remove("Gone")));
  const auto validity = o.origins().at(2).uid_validity;
  BOOST_REQUIRE(o.box->put_back({{1, 2}}));
  BOOST_TEST((o.uids("Renamed") == "2" && o.uids("Gone") == "1"));
  BOOST_TEST(o.box->folder("Gone").uid_validity > validity);
  o.check();
}

BOOST_AUTO_TEST_CASE(a_copy_out_of_the_bin_puts_back_too) {
  Opened o;
  BOOST_REQUIRE(o.box->bin("INBOX", {{1, 2}}));
  BOOST_REQUIRE((o.box->copy(bin, 1, "INBOX") && o.box->move(bin, 2, "INBOX")));
  BOOST_TEST((o.uids("INBOX") == "3:6" && o.uids(bin) == "1"));
  for (const auto& each : o.box->messages("INBOX")) BOOST_TEST(each.message.put_back == (each.uid > 4));
  BOOST_REQUIRE((o.box->make("Work") && o.box->copy("INBOX", 5, "Work")));
  BOOST_TEST(o.box->messages("Work")[0].message.put_back);
  o.check();
}

BOOST_AUTO_TEST_CASE(only_what_is_deleted_comes_into_the_bin_which_stays_as_it_is) {
  Opened o;
  BOOST_REQUIRE(o.box->bin("INBOX", {{1, 1}}));
  const auto refused = [](const auto& result) { return !result && result.error().code == base::errc::refused; };
  BOOST_TEST(refused(o.box->append(bin, "Subject: here\r\n\r\n")));
  BOOST_TEST((refused(o.box->copy("INBOX", 2, bin)) && refused(o.box->move("INBOX", 2, bin))));
  BOOST_TEST((refused(o.box->rename(bin, "Elsewhere")) && refused(o.box->remove(bin))));
  BOOST_TEST(refused(o.box->bin(bin, {{1, 1}})));
  BOOST_TEST((o.uids("INBOX") == "2:4" && o.uids(bin) == "1"));
  BOOST_REQUIRE(o.box->expunge(bin, 1));
  BOOST_TEST(o.origins().empty());
  BOOST_TEST(o.world.disk.durable().unheld().empty());
  o.check();
}

BOOST_AUTO_TEST_CASE(a_folder_of_that_name_stays_the_users_and_nothing_deleted_makes_no_bin) {
  Opened o;
  BOOST_REQUIRE((o.box->make(bin) && o.box->append(bin, "Subject: mine\r\n\r\n")));
  BOOST_REQUIRE(o.box->bin("INBOX", {{77, 99}}));
  BOOST_TEST((o.box->folder(bin + " 2").uid_validity == 0u));
  BOOST_REQUIRE((o.box->bin(bin, {{1, 1}}) && o.box->bin("INBOX", {{1, 1}})));
  BOOST_TEST((o.box->folder(bin + " 2").kind == FolderKind::bin && o.uids(bin + " 2") == "1:2"));
  BOOST_REQUIRE(o.box->put_back({{1, 2}}));
  BOOST_TEST((o.uids(bin) == "2" && o.uids("INBOX") == "2:5"));
  o.check();
}

BOOST_AUTO_TEST_CASE(the_quota_counts_live_folders_alone) {
  Opened o;
  const auto used = [&] { return mailbox::usage_of(mailbox::load_state(o.world.store(), o.box->number)->folders).messages; };
  BOOST_TEST(used() == 4u);
  BOOST_REQUIRE(o.box->bin("INBOX", {{1, 3}}));
  BOOST_TEST(used() == 1u);
}

BOOST_AUTO_TEST_CASE(a_record_that_says_otherwise_is_named) {
  Opened o;
  BOOST_REQUIRE((o.box->bin("INBOX", {{1, 1}}) && o.box->bin("INBOX", {{2, 2}})));
  const auto number = mailbox::find_folder(o.world.store(), o.box->number, bin)->number;
  const auto shard = mailbox::shard_of(o.box->number);
  const auto first = mailbox::keys::bin_origin(number, 1), second = mailbox::keys::bin_origin(number, 2);
  const auto change = [&](auto with) {
    store::Batch batch(shard);
    with(batch);
    BOOST_REQUIRE(o.world.store().commit({&batch, 1}, store::Sync::now));
  };
  const auto named = [&](std::string_view what) {
    const auto faults = o.faults();
    return std::ranges::any_of(faults, [&](const auto& fault) { return fault.find(what) != std::string::npos; });
  };
  const auto record = o.world.store().get(shard, store::Table::bin, first)->value();
  auto other = BinOrigin::decode(record).value();
  other.who = "somebody else";
  change([&](store::Batch& batch) { batch.put(store::Table::bin, first, other.encode()); });
  BOOST_TEST(named("is not what the change log says"));
  change([&](store::Batch& batch) { batch.erase(store::Table::bin, first); });
  BOOST_TEST(named("where UIDs 1 of the bin came from is missing"));
  BOOST_TEST((o.box->put_back({{1, 1}}).error().code == base::errc::damaged));
  change([&](store::Batch& batch) { batch.put(store::Table::bin, first, record); });
  BOOST_TEST(o.faults().empty());
  BOOST_REQUIRE(o.box->put_back({{2, 2}}));
  change([&](store::Batch& batch) { batch.put(store::Table::bin, second, o.origins().at(1).encode()); });
  BOOST_TEST(named("is not what the change log says"));
}

BOOST_AUTO_TEST_CASE(a_record_comes_back_from_its_octets_and_another_is_refused) {
  const BinOrigin origin{
      7, "Work", 9, Uids{{1, 2}, {5, 5}}, base::WallTime(std::chrono::milliseconds(12)), Binned::By::administrator, "root"};
  const auto record = origin.encode();
  BOOST_TEST((BinOrigin::decode(record).value() == origin));
  for (std::size_t octets = 0; octets < record.size(); ++octets) BOOST_TEST(!BinOrigin::decode(record.substr(0, octets)));
  auto other = origin;
  other.uids = {};
  BOOST_TEST(!BinOrigin::decode(other.encode()));
  const Binned binned{7, origin.uids, 8, 1, origin.binned, Binned::By::rule, "r"};
  const auto change = mailbox::encode(binned);
  const auto read = mailbox::decode_change(change);
  BOOST_REQUIRE(read);
  BOOST_TEST(mailbox::encode(*read) == change);
  for (std::size_t octets = 0; octets < change.size(); ++octets) BOOST_TEST(!mailbox::decode_change(change.substr(0, octets)));
}

BOOST_AUTO_TEST_SUITE_END()
