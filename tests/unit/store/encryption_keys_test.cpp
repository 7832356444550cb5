/// Who can read a body, and who no longer: its key lies under the keys of its holders, and ends with the last of them.
#include <atomic>
#include <thread>

#include "archive/store/rocksdb/keys.hpp"
#include "tests/unit/store/encrypted_store.hpp"
#include "tests/unit/store/raw_database.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using base::errc;
using test::alice;
using test::bob;
using test::change;
using test::EncryptedStore;
using test::journal;
using test::keep;
using test::put;
using test::reads;
using test::RocksSetup;

namespace {

const boost::system::error_code fine;

/// The journal's hold of a body is under the keys of these.
BodyRef journaled(Store& store, const std::string& octets, const std::vector<Shard>& parties) {
  const auto body = test::write_body(store, octets);
  Batch batch(journal);
  batch.hold(body, parties);
  BOOST_REQUIRE(store.commit({&batch, 1}, Sync::now).has_value());
  return body.ref();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(encryption_keys)

BOOST_AUTO_TEST_CASE(what_alice_alone_held_ends_with_her_key_and_bobs_copy_stays_bobs) {
  EncryptedStore it;
  const std::string octets = test::noise(30'000, 1);
  const BodyRef hers = keep(it.store(), octets, {alice}), theirs = keep(it.store(), octets, {alice, bob});
  const BodyRef journaled_hers = journaled(it.store(), octets, {alice});
  const BodyRef journaled_theirs = journaled(it.store(), octets, {alice, bob});
  BOOST_REQUIRE(put(it.store(), alice, Table::messages, "key", "hers").has_value());
  BOOST_REQUIRE(put(it.store(), journal, Table::leaves, "key", "leaf").has_value());
  auto open_reader = it.store().bodies().open(hers);
  BOOST_REQUIRE(open_reader->read(0, 100).has_value());
  auto snapshot = it.store().snapshot();
  BOOST_TEST((snapshot->keys() == it.ring.get()));  // for those who seal inside of records
  BOOST_REQUIRE(it.ring->destroy(alice).has_value());
  for (const bool again : {false, true}) {
    for (const BodyRef& ref : {hers, journaled_hers}) {
      const auto got = it.store().bodies().open(ref)->read(0, 100);
      BOOST_REQUIRE(!got);
      BOOST_TEST((got.error().code == errc::no_key));
      BOOST_TEST(got.error().context.find("its keys were destroyed") != std::string::npos, got.error().context);
    }
    for (const BodyRef& ref : {theirs, journaled_theirs}) BOOST_TEST((test::read_body(it.store(), ref) == octets));
    const auto record = it.store().get(alice, Table::messages, "key");
    BOOST_TEST((!record && record.error().code == errc::no_key));
    BOOST_TEST(it.store().get(journal, Table::leaves, "key")->value_or("") == "leaf");
    if (again) break;
    BOOST_TEST((open_reader->read(200, 100).error().code == errc::no_key));
    BOOST_TEST((reads(*snapshot, hers) == errc::no_key));
    BOOST_TEST((reads(*snapshot, theirs) == fine));
    BOOST_TEST((snapshot->get(alice, Table::messages, "key").error().code == errc::no_key));
    open_reader.reset();
    snapshot.reset();
    it.harness.reopen();
  }
}

BOOST_AUTO_TEST_CASE(a_copy_of_the_directory_from_before_is_as_unreadable_with_the_ring_of_after) {
  EncryptedStore it;
  const std::string octets = test::noise(30'000, 1);
  const BodyRef hers = journaled(it.store(), octets, {alice}), theirs = journaled(it.store(), octets, {alice, bob});
  BOOST_REQUIRE(put(it.store(), alice, Table::messages, "key", "hers").has_value());
  it.harness.close();
  const auto before = it.harness.files().save();
  BOOST_REQUIRE(it.harness.open().has_value());
  BOOST_REQUIRE(it.ring->destroy(alice).has_value());
  it.harness.close();
  it.harness.files().load(before);
  BOOST_REQUIRE(it.harness.open().has_value());
  BOOST_TEST((reads(it.store().bodies(), hers) == errc::no_key));
  BOOST_TEST((it.store().get(alice, Table::messages, "key").error().code == errc::no_key));
  BOOST_TEST((test::read_body(it.store(), theirs) == octets));
}

BOOST_AUTO_TEST_CASE(who_holds_a_body_later_gets_its_key_from_any_who_has_it) {
  EncryptedStore it;
  const std::string octets = test::noise(30'000, 1);
  const BodyRef ref = keep(it.store(), octets, {alice});
  it.harness.reopen();
  BOOST_REQUIRE(change(it.store(), bob, [&](Batch& batch) { batch.hold(ref); }).has_value());
  BOOST_REQUIRE(change(it.store(), alice, [&](Batch& batch) { batch.release(ref); }).has_value());
  BOOST_REQUIRE(it.ring->destroy(alice).has_value());
  BOOST_TEST((test::read_body(it.store(), ref) == octets));
}

BOOST_AUTO_TEST_CASE(who_lets_go_takes_his_key_away) {
  EncryptedStore it;
  const BodyRef ref = keep(it.store(), test::noise(3000, 1), {alice, bob});
  BOOST_REQUIRE(change(it.store(), bob, [&](Batch& batch) { batch.release(ref); }).has_value());
  it.harness.close();
  {
    const test::RawDatabase database(it.harness);
    const auto holders = database.own(keys::holder_prefix(ref.id));
    BOOST_REQUIRE(holders.size() == 1u);
    const auto wraps = values::wraps_from(holders.at(keys::holder(ref.id, alice)));
    BOOST_REQUIRE(wraps.has_value());
    BOOST_REQUIRE(wraps->size() == 1u);
    BOOST_TEST((wraps->front().under == alice));
  }
  BOOST_REQUIRE(it.harness.open().has_value());
  BOOST_TEST((reads(it.store().bodies(), ref) == fine));
  BOOST_REQUIRE(it.ring->destroy(alice).has_value());
  BOOST_TEST((reads(it.store().bodies(), ref) == errc::no_key));
}

BOOST_AUTO_TEST_CASE(in_one_commit_the_batch_that_holds_before_the_octets_come_has_their_key_too) {
  EncryptedStore it;
  const std::string octets = test::noise(3000, 1);
  const auto body = test::write_body(it.store(), octets);
  std::vector<Batch> batches{Batch(bob), Batch(journal), Batch(alice)};
  batches[0].hold(body.ref());
  batches[1].hold(body, {alice});
  batches[2].hold(body.ref());
  batches[2].release(body.ref());  // a hold wins
  BOOST_REQUIRE(it.store().commit(batches, Sync::now).has_value());
  BOOST_REQUIRE(it.ring->destroy(alice).has_value());
  BOOST_TEST((test::read_body(it.store(), body.ref()) == octets));
  BOOST_REQUIRE(it.ring->destroy(bob).has_value());
  BOOST_TEST((reads(it.store().bodies(), body.ref()) == errc::no_key));
}

BOOST_AUTO_TEST_CASE(a_key_that_is_gone_is_passed_over_and_where_all_are_it_is_the_holders_own) {
  EncryptedStore it;
  BOOST_REQUIRE(it.ring->destroy(alice).has_value());
  const BodyRef to_both = journaled(it.store(), "to both", {alice, bob}), to_her = journaled(it.store(), "to her", {alice});
  BOOST_TEST(test::read_body(it.store(), to_both) == "to both");
  BOOST_TEST(test::read_body(it.store(), to_her) == "to her");
  BOOST_REQUIRE(it.ring->destroy(bob).has_value());
  BOOST_TEST((reads(it.store().bodies(), to_both) == errc::no_key));
  BOOST_TEST((reads(it.store().bodies(), to_her) == fine));
}

BOOST_AUTO_TEST_CASE(holding_anew_what_nobody_can_open_takes_nothing_from_who_holds_it) {
  EncryptedStore it;
  const BodyRef hers = journaled(it.store(), "octets", {alice});
  BOOST_REQUIRE(put(it.store(), journal, Table::leaves, "key", "leaf").has_value());
  const auto whole = it.ring->copy();
  it.ring->lose(alice);
  for (const Shard holder : {journal, bob})
    BOOST_REQUIRE(change(it.store(), holder, [&](Batch& batch) { batch.hold(hers); }).has_value());
  BOOST_TEST((reads(it.store().bodies(), hers) == errc::no_key));
  it.harness.options().keys = whole;  // her key was found again
  it.harness.close();
  BOOST_REQUIRE(whole->make(bob).has_value());
  BOOST_REQUIRE(it.harness.open().has_value());
  BOOST_TEST(test::read_body(it.store(), hers) == "octets");
}

BOOST_AUTO_TEST_CASE(while_keys_end_under_many_threads_what_is_read_is_right_or_has_no_key) {
  EncryptedStore it(RocksSetup(4096));
  constexpr std::uint64_t accounts = 20;
  const auto account = [](std::uint64_t number) { return Shard{ShardKind::account, number}; };
  std::vector<BodyRef> bodies;
  const std::string octets = test::noise(3000, 1);
  for (std::uint64_t i = 0; i < accounts; ++i) {
    bodies.push_back(keep(it.store(), octets, {account(i)}));
    BOOST_REQUIRE(put(it.store(), account(i), Table::messages, "key", octets).has_value());
  }
  std::atomic<int> wrong = 0;
  std::atomic<bool> ending = false;
  const auto right = [&](const auto& result) { return result ? true : result.error().code == errc::no_key; };
  const auto live = [&] {
    for (std::uint64_t i = 0; !ending; i = (i + 7) % accounts) {
      const auto body = it.store().bodies().open(bodies[i])->read(0, 3000);
      const auto record = it.store().get(account(i), Table::messages, "key");
      const auto written = put(it.store(), account(i), Table::folders, "key", "value");
      if (!right(body) || !right(record) || !right(written)) ++wrong;
      if ((body && *body != octets) || (record && **record != octets)) ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(live);
  for (std::uint64_t i = 0; i < accounts; ++i) {
    if (!it.ring->destroy(account(i))) ++wrong;
    if (!put(it.store(), journal, Table::leaves, "key", "leaf")) ++wrong;
    if (reads(it.store().bodies(), bodies[i]) != errc::no_key) ++wrong;
  }
  ending = true;
  for (auto& thread : threads) thread.join();
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(nothing_more_is_written_to_a_shard_whose_key_is_gone_and_the_others_go_on) {
  EncryptedStore it;
  BOOST_REQUIRE(put(it.store(), alice, Table::messages, "1", "one").has_value());
  const BodyRef ref = keep(it.store(), "octets", {alice, bob});
  BOOST_REQUIRE(it.ring->destroy(alice).has_value());
  const auto refused = put(it.store(), alice, Table::messages, "2", "two");
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == errc::no_key));
  BOOST_TEST(refused.error().context.find("account 1") != std::string::npos, refused.error().context);
  BOOST_TEST(!it.store().stopped());
  BOOST_TEST(put(it.store(), bob, Table::messages, "2", "two").has_value());
  // What is hers is still taken away.
  BOOST_TEST(change(it.store(), alice, [&](Batch& batch) {
               batch.release(ref);
               batch.erase_range(Table::messages, "", "");
             }).has_value());
  BOOST_TEST(!it.store().get(alice, Table::messages, "1")->has_value());
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_made_durable_fails_who_needs_it_and_nobody_else) {
  EncryptedStore it;
  BOOST_REQUIRE(put(it.store(), bob, Table::messages, "1", "one").has_value());
  it.ring->fail_to_make(true);
  const auto failed = put(it.store(), alice, Table::messages, "1", "one");
  BOOST_TEST((!failed && failed.error().code == errc::io));
  BOOST_TEST(!it.store().stopped());
  BOOST_TEST(put(it.store(), bob, Table::messages, "2", "two").has_value());
  it.ring->fail_to_make(false);
  BOOST_TEST(put(it.store(), alice, Table::messages, "1", "one").has_value());
}

BOOST_AUTO_TEST_CASE(a_store_that_is_encrypted_does_not_open_without_keys_or_with_those_of_another) {
  EncryptedStore it;
  BOOST_REQUIRE(put(it.store(), alice, Table::messages, "1", "one").has_value());
  it.harness.close();
  const auto refused = [&](std::shared_ptr<KeyRing> keys) {
    it.harness.options().keys = std::move(keys);
    const auto opened = it.harness.open();
    BOOST_REQUIRE(!opened);
    BOOST_TEST((opened.error().code == errc::no_key));
    return opened.error().context;
  };
  BOOST_TEST(refused(nullptr).find("no keys are given") != std::string::npos);
  const auto another = std::make_shared<test::MemoryKeyRing>();
  BOOST_TEST(refused(another).find("the key of instance was destroyed, or is not in the ring") != std::string::npos);
  BOOST_TEST(another->size() == 0u);  // nothing is made where keys are missing
  BOOST_REQUIRE(another->make(test::instance).has_value());
  BOOST_TEST(refused(another).find("the key of instance is not the one") != std::string::npos);
  it.harness.options().keys = it.ring;
  BOOST_REQUIRE(it.harness.open().has_value());
  BOOST_TEST(it.store().get(alice, Table::messages, "1")->value_or("") == "one");
}

BOOST_AUTO_TEST_CASE(an_older_copy_of_the_ring_makes_no_second_key_for_whom_it_does_not_know) {
  EncryptedStore it;
  BOOST_REQUIRE(put(it.store(), bob, Table::messages, "1", "one").has_value());
  const auto older = it.ring->copy();
  BOOST_REQUIRE(put(it.store(), alice, Table::messages, "1", "one").has_value());
  it.harness.options().keys = older;
  it.harness.reopen();
  BOOST_TEST(it.store().get(bob, Table::messages, "1")->value_or("") == "one");
  BOOST_TEST((it.store().get(alice, Table::messages, "1").error().code == errc::no_key));
  BOOST_TEST((put(it.store(), alice, Table::messages, "2", "two").error().code == errc::no_key));
  BOOST_REQUIRE(older->make(alice).has_value());  // whoever did that
  const auto got = it.store().get(alice, Table::messages, "1");
  BOOST_REQUIRE(!got);
  BOOST_TEST(got.error().context.find("the key of account 1 is not the one") != std::string::npos, got.error().context);
}

BOOST_AUTO_TEST_CASE(the_outbox_of_every_hop_has_one_key_and_each_account_its_own) {
  EncryptedStore it;
  for (std::uint64_t id : {1, 2, 3}) {
    BOOST_REQUIRE(put(it.store(), {ShardKind::outbox, id}, Table::outbox, "key", "value").has_value());
    BOOST_REQUIRE(put(it.store(), {ShardKind::account, id}, Table::messages, "key", "value").has_value());
  }
  BOOST_TEST(it.ring->size() == 1u + 1 + 3);  // of the instance, the outbox and the accounts
}

BOOST_AUTO_TEST_SUITE_END()
