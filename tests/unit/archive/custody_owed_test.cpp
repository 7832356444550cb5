/// The sender's book: what is numbered, when a number is final, and why a receipt is not believed.
#include "archive/commit/outgoing.hpp"
#include "archive/custody/owed.hpp"
#include "archive/give_up.hpp"
#include "archive/journal/reader.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using custody::Fault;
using custody::Settled;
using routing::EntryKind;
using test::ArchiveWorld;
using test::Letter;

namespace {

const std::string octets = "Message-ID: <one@world.example>\r\n\r\nhello\r\n";
const std::string hop = "route:*";

Letter copy_to(const std::string& who, const std::string& text = octets) {
  return Letter(text).to(who).enqueue(EntryKind::copy, hop).owed();
}

struct Opened : ArchiveWorld {
  Opened() { BOOST_REQUIRE(open()); }

  custody::Number number(std::uint64_t number) { return custody::number_of(custody::Life{}, 0, number); }
  custody::Marks marks() {
    auto marks = custody::find_marks(store(), 0, zero_life());
    BOOST_REQUIRE(marks);
    return *marks;
  }
  std::optional<custody::Owed> owed(std::uint64_t of) {
    auto owed = custody::find_owed(store(), number(of));
    BOOST_REQUIRE(owed);
    return *owed;
  }
  /// The memory engine's names are zeros in hexadecimal.
  static custody::Life zero_life() { return {}; }

  custody::Receipt receipt(std::uint64_t of) {
    const auto book = owed(of);
    BOOST_REQUIRE(book.has_value());
    custody::Receipt receipt;
    receipt.number = number(of);
    receipt.digest = book->digest;
    receipt.recipients = book->recipients;
    receipt.by = keeper;
    return receipt;
  }
  custody::TakenReceipts take(std::vector<custody::Receipt> receipts) {
    const auto batch = custody::SignedByPinned::check(custody::SignedBatch::sign({++batches, keeper, std::move(receipts)}, key),
                                                      key.public_key());
    BOOST_REQUIRE(batch.has_value());
    custody::TakenReceipts taken;
    BOOST_REQUIRE(change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto result = owners.owed.take_receipts(stage, *batch);
      if (!result) return std::unexpected(result.error());
      taken = *result;
      return {};
    }));
    return taken;
  }
  void settle(std::uint64_t of, const custody::Names& names, Settled how) {
    BOOST_REQUIRE(change([&](auto& stage, auto& owners) { return owners.owed.settle(stage, number(of), names, how); }));
  }

  std::uint64_t batches = 0;
  custody::Life keeper;
  base::SigningKey key = base::SigningKey::make(random), other_key = base::SigningKey::make(random);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(custody_owed)

BOOST_AUTO_TEST_CASE(what_leaves_with_custody_is_numbered_from_1_without_gaps_and_nothing_else_is) {
  Opened world;
  BOOST_REQUIRE(world.accept(copy_to("bob@example.org", octets + "1")));
  BOOST_REQUIRE(world.accept(Letter(octets + "2").to("bob@example.org").enqueue(EntryKind::copy, hop)));
  BOOST_REQUIRE(world.accept(Letter(octets + "3").to("bob@example.org").file("bob@example.org")));
  BOOST_REQUIRE(world.accept(copy_to("bob@example.org", octets + "4")));
  BOOST_TEST(world.accept(copy_to("bob@example.org", octets + "4"))->resend);  // a resend owes nothing more
  BOOST_TEST(world.marks().next == 3u);
  BOOST_TEST(world.owed(1)->position.index == 0u);
  BOOST_TEST(world.owed(2)->position.index == 3u);
  BOOST_TEST(!world.owed(3).has_value());
  const auto entries = world.entries();
  BOOST_REQUIRE(entries.size() == 3u);
  BOOST_TEST((entries[0].custody && entries[0].custody->number == world.number(1)));
  BOOST_TEST(!entries[1].custody.has_value());
  BOOST_TEST((entries[2].custody && entries[2].custody->number == world.number(2)));
}

BOOST_AUTO_TEST_CASE(the_digest_is_that_of_the_octets_that_leave_also_of_what_came_as_a_copy) {
  Opened world;
  const auto letter = copy_to("bob@example.org").by_copy_client();
  BOOST_REQUIRE(world.accept(letter));
  const auto entries = world.entries();
  BOOST_REQUIRE(entries.size() == 1u);
  BOOST_TEST((entries[0].custody->digest == base::sha256(world.octets_of(entries[0].body))));
  BOOST_TEST((world.owed(1)->digest == entries[0].custody->digest));
}

BOOST_AUTO_TEST_CASE(one_message_has_one_number_however_many_hops_it_goes_to) {
  Opened world;
  BOOST_REQUIRE(world.accept(copy_to("bob@example.org").to("eve@world.example").enqueue(EntryKind::relay, "route:far").owed()));
  BOOST_TEST(world.marks().next == 2u);
  const auto entries = world.entries();
  BOOST_REQUIRE(entries.size() == 2u);
  for (const auto& entry : entries) BOOST_TEST((entry.custody->number == world.number(1)));
  BOOST_TEST(world.owed(1)->recipients.size() == 2u);
}

BOOST_AUTO_TEST_CASE(very_many_recipients_take_a_number_for_each_two_thousand) {
  Opened world;
  Letter letter(octets);
  for (int i = 0; i < 4500; ++i) letter.to("r" + std::to_string(i) + "@example.org").enqueue(EntryKind::copy, hop).owed();
  BOOST_REQUIRE(world.accept(letter));
  const auto next = world.marks().next;
  BOOST_TEST(next == 4u);
  std::size_t recipients = 0;
  for (std::uint64_t i = 1; i < next; ++i) {
    BOOST_TEST(world.owed(i)->recipients.size() <= custody::Receipt::max_recipients);
    recipients += world.owed(i)->recipients.size();
  }
  BOOST_TEST(recipients == 4500u);
  for (const auto& entry : world.entries()) {
    const auto owed = world.owed(entry.custody->number.number);
    for (const auto& target : entry.targets)
      BOOST_TEST(custody::holds(owed->recipients, custody::name_of(owed->digest, target.recipient.forward_path)));
  }
}

BOOST_AUTO_TEST_CASE(the_outbox_entry_keeps_its_number_and_one_of_before_has_none) {
  Opened world;
  BOOST_REQUIRE(world.accept(copy_to("bob@example.org")));
  auto entry = world.entries().front();
  const auto again = outbox::Entry::decode(entry.id.shard, entry.id.key(), entry.encode());
  BOOST_REQUIRE(again);
  BOOST_TEST((again->custody == entry.custody));
  const auto with = entry.encode();
  entry.custody.reset();
  const auto without = entry.encode();
  BOOST_TEST(with.starts_with(without));  // at the end: a reader of before goes on
  BOOST_TEST(!outbox::Entry::decode(entry.id.shard, entry.id.key(), without)->custody.has_value());
  BOOST_TEST(!outbox::Entry::decode(entry.id.shard, entry.id.key(), with.substr(0, with.size() - 1)));
}

BOOST_AUTO_TEST_CASE(a_number_is_final_when_receipts_cover_all_of_its_recipients) {
  Opened world;
  BOOST_REQUIRE(world.accept(copy_to("bob@example.org").to("carol@example.org").enqueue(EntryKind::copy, hop).owed()));
  auto first = world.receipt(1), second = world.receipt(1);
  first.recipients.pop_back();
  second.recipients.erase(second.recipients.begin());
  auto taken = world.take({first});
  BOOST_TEST(taken.believed == 1u);
  BOOST_TEST(taken.closed.empty());
  BOOST_TEST(!world.owed(1)->final());
  BOOST_TEST(world.marks().low == 1u);
  taken = world.take({second});
  BOOST_TEST((taken.closed == std::vector{world.number(1)}));
  BOOST_TEST(world.owed(1)->final());
  BOOST_TEST(int(world.owed(1)->settled) == int(Settled::receipt));
  BOOST_TEST(world.marks().low == 2u);
  taken = world.take({first, second});  // once more changes nothing
  BOOST_TEST(taken.believed == 2u);
  BOOST_TEST(taken.closed.empty());
}

BOOST_AUTO_TEST_CASE(the_low_mark_stands_before_the_first_open_number) {
  Opened world;
  for (int i = 1; i <= 5; ++i) BOOST_REQUIRE(world.accept(copy_to("bob@example.org", octets + std::to_string(i))));
  BOOST_TEST(world.marks().low == 1u);
  world.take({world.receipt(2), world.receipt(3)});
  BOOST_TEST(world.marks().low == 1u);
  world.take({world.receipt(1)});
  BOOST_TEST(world.marks().low == 4u);
  world.take({world.receipt(5), world.receipt(4)});
  BOOST_TEST(world.marks().low == 6u);
  BOOST_TEST(world.marks().next == 6u);
}

BOOST_AUTO_TEST_CASE(what_is_not_believed_is_named_and_changes_nothing) {
  struct Row {
    Fault fault;
    std::function<void(custody::Receipt&)> change;
  };
  const std::vector<Row> rows = {
      {Fault::other_incarnation, [](auto& receipt) { receipt.number.instance.fill(9); }},
      {Fault::other_incarnation, [](auto& receipt) { receipt.number.incarnation.fill(9); }},
      {Fault::unknown_number, [](auto& receipt) { receipt.number.number = 2; }},
      {Fault::unknown_number, [](auto& receipt) { receipt.number.partition = 1; }},
      {Fault::digest, [](auto& receipt) { receipt.digest[0] ^= 1; }},
      {Fault::recipients, [](auto& receipt) { receipt.recipients.back()[15] ^= 1; }},
      {Fault::recipients, [](auto& receipt) { receipt.recipients.clear(); }},
  };
  Opened world;
  BOOST_REQUIRE(world.accept(copy_to("bob@example.org")));
  const auto before = test::dump(world.store());
  for (const auto& row : rows) {
    auto receipt = world.receipt(1);
    row.change(receipt);
    const auto taken = world.take({receipt});
    BOOST_REQUIRE(taken.refused.size() == 1u);
    BOOST_TEST(word(taken.refused[0].fault) == word(row.fault));
    BOOST_TEST(taken.believed == 0u);
  }
  const auto forged = custody::SignedBatch::sign({1, world.keeper, {world.receipt(1)}}, world.other_key);
  BOOST_TEST(!custody::SignedByPinned::check(forged, world.key.public_key()));
  BOOST_TEST((test::dump(world.store()) == before));
  BOOST_TEST(world.take({world.receipt(1)}).closed.size() == 1u);
}

BOOST_AUTO_TEST_CASE(one_false_receipt_of_a_batch_does_not_stop_the_others) {
  Opened world;
  for (int i = 1; i <= 2; ++i) BOOST_REQUIRE(world.accept(copy_to("bob@example.org", octets + std::to_string(i))));
  auto wrong = world.receipt(1);
  wrong.digest[0] ^= 1;
  const auto taken = world.take({wrong, world.receipt(2)});
  BOOST_TEST(taken.refused.size() == 1u);
  BOOST_TEST((taken.closed == std::vector{world.number(2)}));
}

BOOST_AUTO_TEST_CASE(what_a_next_hop_without_receipts_took_and_what_was_given_up_is_owed_no_more) {
  Opened world;
  BOOST_REQUIRE(world.accept(copy_to("bob@example.org").to("carol@example.org").enqueue(EntryKind::copy, hop).owed()));
  const auto names = world.owed(1)->recipients;
  world.settle(1, {names[0]}, Settled::no_receipt);
  BOOST_TEST(!world.owed(1)->final());
  world.settle(1, {names[1]}, Settled::given_up);
  BOOST_TEST(world.owed(1)->final());
  BOOST_TEST(int(world.owed(1)->settled) == int(Settled::no_receipt) + int(Settled::given_up));
  BOOST_TEST(world.marks().low == 2u);
  world.settle(77, names, Settled::given_up);  // nothing to settle is no failure
}

BOOST_AUTO_TEST_CASE(the_end_of_an_outbox_entry_tells_the_book_of_whom_no_receipt_will_come) {
  Opened world;
  BOOST_REQUIRE(world.accept(copy_to("bob@example.org").to("carol@example.org").enqueue(EntryKind::copy, hop).owed()));
  const auto entry = world.entries().front();
  journal::Settlement ended;
  ended.id = entry.id;
  ended.custody = entry.custody;
  ended.without_receipt = {test::address("bob@example.org")};
  ended.left = entry;
  BOOST_REQUIRE(world.ArchiveWorld::settle({ended}));
  BOOST_TEST(world.owed(1)->open.size() == 1u);
  BOOST_REQUIRE(
      world.change([&](auto& stage, auto& owners) { return give_up(stage, owners, world.store(), world.entries().front()); }));
  BOOST_TEST(world.owed(1)->final());
  BOOST_TEST(int(world.owed(1)->settled) == int(Settled::no_receipt) + int(Settled::given_up));
}

BOOST_AUTO_TEST_CASE(a_bounce_tells_the_book_in_its_own_commit) {
  Opened world;
  BOOST_REQUIRE(world.accept(Letter(octets).to("x@far.example").enqueue(EntryKind::relay, hop).owed()));
  const auto entry = world.entries().front();
  journal::Settlement ended;
  ended.id = entry.id;
  ended.custody = entry.custody;
  ended.given_up = {test::address("x@far.example")};
  BOOST_REQUIRE(world.accept(Letter("a bounce").made("unique").to("bob@example.org").file("bob@example.org").settle(ended)));
  BOOST_TEST(world.owed(1)->final());
}

BOOST_AUTO_TEST_CASE(another_life_of_the_store_begins_at_1_and_the_numbers_of_the_former_stay_theirs) {
  const auto names = [](char incarnation) {
    return store::Identity{"memory", 1, std::string(32, '1'), std::string(32, incarnation), {}};
  };
  for (const char incarnation : {'a', 'b'}) {
    store::MemoryDisk disk(names(incarnation));
    store::Faults faults;
    store::MemoryStore store(disk, faults, 64);
    custody::OwedBook book(store, 0);
    BOOST_REQUIRE(book.load());
    commit::Stage stage(store);
    const auto first = book.give(stage, 1);
    BOOST_REQUIRE(first);
    BOOST_TEST(first->number == 1u);
    BOOST_TEST((first->incarnation == mail::smtp::parse_instance_id(std::string(32, incarnation))));
    auto former = *first;
    former.incarnation.fill(3);
    book.note(stage, former, {});
    BOOST_TEST(!custody::find_owed(stage, *first)->has_value());
  }
}

BOOST_AUTO_TEST_CASE(numbers_have_no_gap_where_a_member_of_the_group_fails) {
  Opened world;
  const auto submit = [&](const Letter& letter, std::optional<bool>& taken) {
    world.archive().accept(letter.arrive(world.store()),
                           [&taken](base::Result<Accepted> accepted) { taken = accepted.has_value(); });
  };
  std::optional<bool> first, wrong, second;
  submit(copy_to("bob@example.org", octets + "1"), first);
  auto bad = copy_to("bob@example.org", octets + "2").arrive(world.store());
  bad.plan.recipients.emplace_back();  // a plan of another envelope: this member fails alone
  world.archive().accept(std::move(bad), [&wrong](base::Result<Accepted> accepted) { wrong = accepted.has_value(); });
  submit(copy_to("bob@example.org", octets + "3"), second);
  world.pump();
  BOOST_TEST((first == true && wrong == false && second == true));
  BOOST_TEST(world.marks().next == 3u);
  BOOST_TEST(world.owed(2)->position.index == 1u);
}

BOOST_AUTO_TEST_CASE(the_outbox_entry_gets_its_number_again_at_the_replay) {
  for (const auto kept : {ArchiveWorld::Kept::none, ArchiveWorld::Kept::all, ArchiveWorld::Kept::subset}) {
    for (std::uint64_t point = 1; point <= 16; ++point) {
      ArchiveWorld world;
      BOOST_REQUIRE(world.open());
      world.faults().crash_at(world.faults().points() + point, kept, point);
      static_cast<void>(world.accept(copy_to("bob@example.org")));
      world.cut(kept, point);
      BOOST_REQUIRE(world.open());
      BOOST_REQUIRE(world.accept(copy_to("bob@example.org")));
      const auto entries = world.entries();
      BOOST_REQUIRE(entries.size() == 1u);
      BOOST_REQUIRE(entries[0].custody.has_value());
      BOOST_TEST(entries[0].custody->number.number == 1u);
      const auto owed = custody::find_owed(world.store(), entries[0].custody->number);
      BOOST_REQUIRE((owed && *owed));
      BOOST_TEST(((*owed)->position == entries[0].id.position));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
