/// Receipts and their batches: what is written is read, what was changed is not believed, and why a receipt is not believed has
/// a name.
#include "archive/custody/receipt_batch.hpp"
#include "tests/support/sim_clock.hpp"
#include "tests/support/table_directory.hpp"

using namespace understudy;
using namespace understudy::archive;
using namespace understudy::archive::custody;

namespace {

Life life(std::uint8_t octet) {
  Life life;
  life.instance.fill(octet);
  life.incarnation.fill(static_cast<std::uint8_t>(octet + 1));
  return life;
}

const Life sender = life(1), keeper = life(7);
const base::Digest message = base::sha256("a message");

Names names(const std::vector<std::string>& addresses) {
  std::vector<mail::smtp::Recipient> recipients;
  for (const auto& address : addresses) recipients.push_back({test::address(address), {}, {}});
  return names_of(message, recipients);
}

Receipt receipt(std::uint64_t number, const std::vector<std::string>& addresses = {"a@example.org", "b@example.org"}) {
  Receipt receipt;
  receipt.number = number_of(sender, 0, number);
  receipt.digest = message;
  receipt.recipients = names(addresses);
  receipt.position = {0, 1000 + number};
  receipt.time = base::WallTime(std::chrono::seconds(1'700'000'000));
  receipt.by = keeper;
  receipt.salt.fill(static_cast<std::uint8_t>(0xa0 + number));
  return receipt;
}

ReceiptBatch batch(std::size_t receipts = 3) {
  ReceiptBatch batch;
  batch.number = 5;
  batch.by = keeper;
  for (std::size_t i = 1; i <= receipts; ++i) batch.receipts.push_back(receipt(i));
  return batch;
}

struct Keys {
  sim::SimRandom random{1};
  base::SigningKey key = base::SigningKey::make(random), other = base::SigningKey::make(random);
};

std::string word_of(const std::optional<Fault>& fault) {
  return fault ? std::string(word(*fault)) : "none";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(custody_receipt)

BOOST_AUTO_TEST_CASE(a_hidden_receipt_leaves_the_signature_over_its_neighbours_and_nothing_of_itself) {
  Keys keys;
  const auto made = SignedBatch::sign(batch(3), keys.key);
  auto kept = KeptBatch::of(made);
  BOOST_TEST(kept.hide(number_of(sender, 0, 2)));
  BOOST_TEST(!kept.hide(number_of(sender, 0, 2)));
  BOOST_TEST(kept.signed_by(keys.key.public_key()));
  BOOST_TEST(!kept.signed_by(keys.other.public_key()));
  const auto octets = kept.encode();
  BOOST_TEST((*KeptBatch::decode(octets) == kept));
  for (std::size_t i = 0; i < octets.size(); ++i) BOOST_TEST(!KeptBatch::decode(octets.substr(0, i)), i);
  BOOST_TEST(octets.find(receipt(1).encode()) != std::string::npos);
  const auto hidden = receipt(2);
  base::Writer number;
  encode(number, hidden.number);
  for (const auto& secret : {hidden.encode(), number.take(), std::string(hidden.salt.begin(), hidden.salt.end())})
    BOOST_TEST(octets.find(secret) == std::string::npos);
  kept.receipts[1].hash[0] ^= 1;
  BOOST_TEST(!kept.signed_by(keys.key.public_key()));
}

BOOST_AUTO_TEST_CASE(two_receipts_that_differ_in_their_salt_alone_have_hashes_that_tell_nobody) {
  sim::SimRandom random{7};
  auto one = receipt(1), other = receipt(1);
  one.salt = draw_salt(random);
  other.salt = draw_salt(random);
  BOOST_TEST((one.salt != other.salt));
  BOOST_TEST((one.hash() != other.hash()));
}

BOOST_AUTO_TEST_CASE(a_number_is_stored_in_42_octets_that_sort_by_number) {
  const auto stored = [](std::uint64_t number) {
    base::Writer out;
    custody::encode(out, number_of(sender, 3, number));
    return out.take();
  };
  BOOST_TEST(stored(1).size() == 42u);
  BOOST_TEST(stored(255) < stored(256));
  const auto octets = stored(77);
  base::Reader in(octets);
  BOOST_TEST((decode_number(in) == number_of(sender, 3, 77)));
  BOOST_TEST(Life::parse(std::string(32, '0'), std::string(32, 'f')).has_value());
  BOOST_TEST(!Life::parse(std::string(31, '0'), std::string(32, 'f')).has_value());
}

BOOST_AUTO_TEST_CASE(a_recipient_has_one_name_whatever_its_case_and_another_one_in_another_message) {
  const auto plain = name_of(message, test::address("user@example.org"));
  BOOST_TEST((name_of(message, test::address("USER@Example.ORG")) == plain));
  BOOST_TEST((name_of(message, test::address("user2@example.org")) != plain));
  BOOST_TEST((name_of(base::sha256("another"), test::address("user@example.org")) != plain));
  BOOST_TEST(names({"a@example.org", "A@example.org", "b@example.org"}).size() == 2u);
  BOOST_TEST((names({"a@example.org", "b@example.org"}) == names({"b@example.org", "a@example.org"})));
  BOOST_TEST(without(names({"a@example.org", "b@example.org"}), names({"b@example.org"})).size() == 1u);
}

BOOST_AUTO_TEST_CASE(names_are_read_in_order_once_each_and_no_more_than_may_be) {
  const Name low{1}, high{2};
  const auto reads = [](const Names& names, std::size_t limit) {
    base::Writer out;
    custody::encode(out, names);
    const auto octets = out.take();
    base::Reader in(octets);
    const auto read = decode_names(in, limit);
    return in.ok() && in.at_end() && read == names;
  };
  BOOST_TEST(reads({}, 0));
  BOOST_TEST(reads({low, high}, 2));
  BOOST_TEST(!reads({low, high}, 1));
  BOOST_TEST(!reads({high, low}, 2));
  BOOST_TEST(!reads({low, low}, 2));
  const std::string many = base::Writer().varint(std::uint64_t(1) << 60).take();
  base::Reader in(many);
  decode_names(in, 2000);
  BOOST_TEST(!in.ok());
}

BOOST_AUTO_TEST_CASE(a_receipt_is_read_as_it_was_written_and_nothing_shorter_or_longer_is) {
  const auto octets = receipt(1).encode();
  const auto again = Receipt::decode(octets);
  BOOST_REQUIRE(again);
  BOOST_TEST((*again == receipt(1)));
  for (std::size_t i = 0; i < octets.size(); ++i) BOOST_TEST(!Receipt::decode(octets.substr(0, i)), i);
  BOOST_TEST(!Receipt::decode(octets + '\0'));
  BOOST_TEST(!Receipt::decode(receipt(0).encode()));  // no number is 0
  const auto later = Receipt::decode("\3" + octets.substr(1));
  BOOST_TEST((!later && later.error().code == base::errc::unsupported));
}

BOOST_AUTO_TEST_CASE(a_batch_is_good_under_its_key_alone) {
  const Keys keys;
  const auto signed_batch = SignedBatch::sign(batch(), keys.key);
  const auto octets = signed_batch.encode();
  const auto again = SignedBatch::decode(octets);
  BOOST_REQUIRE(again);
  BOOST_TEST((*again == signed_batch));
  BOOST_TEST(again->signed_by(keys.key.public_key()));
  BOOST_TEST(!again->signed_by(keys.other.public_key()));
  BOOST_TEST(!again->signed_by(base::PublicKey{}));
  for (std::size_t i = 0; i < octets.size(); ++i) BOOST_TEST(!SignedBatch::decode(octets.substr(0, i)), i);
}

BOOST_AUTO_TEST_CASE(a_batch_of_which_any_bit_was_changed_is_not_believed) {
  const Keys keys;
  const auto octets = SignedBatch::sign(batch(2), keys.key).encode();
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    auto changed = octets;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto got = SignedBatch::decode(changed);
    BOOST_TEST((!got || !got->signed_by(keys.key.public_key())), bit);
  }
}

BOOST_AUTO_TEST_CASE(receipts_that_change_places_or_leave_are_not_believed) {
  const Keys keys;
  const auto good = SignedBatch::sign(batch(), keys.key);
  auto swapped = good, shorter = good, moved = good, renumbered = good;
  std::swap(swapped.batch.receipts[0], swapped.batch.receipts[1]);
  shorter.batch.receipts.pop_back();
  moved.batch.receipts[0].number.number = 4;
  renumbered.batch.number = 6;
  for (const auto& changed : {swapped, shorter, moved, renumbered}) BOOST_TEST(!changed.signed_by(keys.key.public_key()));
}

BOOST_AUTO_TEST_CASE(one_receipt_can_be_shown_with_the_hashes_of_its_neighbours) {
  const Keys keys;
  const auto good = SignedBatch::sign(batch(), keys.key);
  base::Writer shown;
  shown.u8(1).u64(good.batch.number);
  keeper.encode(shown);
  shown.u16(3);
  for (const auto& one : good.batch.receipts) {
    const auto hash = base::sha256(one.encode());
    shown.raw(base::view(hash));
  }
  BOOST_TEST(base::verify(keys.key.public_key(), "understudy receipts", shown.str(), good.signature));
}

BOOST_AUTO_TEST_CASE(a_batch_has_between_1_and_256_receipts_of_one_machine) {
  BOOST_TEST(ReceiptBatch::decode(batch(256).encode()).has_value());
  BOOST_TEST(!ReceiptBatch::decode(batch(257).encode()).has_value());
  BOOST_TEST(!ReceiptBatch::decode(batch(0).encode()).has_value());
  auto foreign = batch();
  foreign.receipts[1].by = life(99);
  BOOST_TEST(!ReceiptBatch::decode(foreign.encode()).has_value());
  auto unnumbered = batch();
  unnumbered.number = 0;
  BOOST_TEST(!ReceiptBatch::decode(unnumbered.encode()).has_value());
  BOOST_TEST(batch(255).takes(receipt(1)));
  BOOST_TEST(!batch(256).takes(receipt(1)));
}

BOOST_AUTO_TEST_CASE(what_takes_a_receipt_stays_below_the_limit_of_octets) {
  for (const std::size_t recipients : {Receipt::max_recipients, std::size_t{100}}) {
    auto wide = receipt(1);
    wide.recipients.clear();
    for (std::uint16_t i = 0; i < recipients; ++i)
      wide.recipients.push_back({static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
    ReceiptBatch full;
    full.number = 1;
    full.by = keeper;
    while (full.takes(wide)) full.receipts.push_back(wide);
    BOOST_TEST(full.receipts.size() == (recipients == 100 ? 35u : 1u));  // one of the largest always fits
    BOOST_TEST(full.encode().size() <= ReceiptBatch::max_octets);
    BOOST_TEST(ReceiptBatch::decode(full.encode()).has_value());
    while (full.encode().size() <= ReceiptBatch::max_octets) full.receipts.push_back(wide);
    BOOST_TEST(!ReceiptBatch::decode(full.encode()).has_value());
  }
}

BOOST_AUTO_TEST_CASE(why_a_receipt_is_not_believed_has_a_name) {
  const auto owed = names({"a@example.org", "b@example.org"});
  const OwedNumber known{message, owed};
  const OwedNumber others{base::sha256("other octets"), owed};
  auto foreign = receipt(1), former = receipt(1), nobody = receipt(1, {});
  foreign.number.instance.fill(9);
  former.number.incarnation.fill(9);
  BOOST_TEST(word_of(fault_in(receipt(1), sender, known)) == "none");
  BOOST_TEST(word_of(fault_in(receipt(1, {"b@example.org"}), sender, known)) == "none");
  BOOST_TEST(word_of(fault_in(foreign, sender, known)) == "other-incarnation");
  BOOST_TEST(word_of(fault_in(former, sender, std::nullopt)) == "other-incarnation");
  BOOST_TEST(word_of(fault_in(former, sender, known)) == "none");  // of a life that the book remembers
  BOOST_TEST(word_of(fault_in(receipt(1), sender, std::nullopt)) == "unknown-number");
  BOOST_TEST(word_of(fault_in(receipt(1), sender, others)) == "digest");
  BOOST_TEST(word_of(fault_in(receipt(1, {"a@example.org", "c@example.org"}), sender, known)) == "recipients");
  BOOST_TEST(word_of(fault_in(nobody, sender, known)) == "recipients");
  BOOST_TEST(word(Fault::forged) == "forged");
}

BOOST_AUTO_TEST_SUITE_END()
