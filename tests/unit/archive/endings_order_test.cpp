/// Orders to end, and answers: what is written is read, what was changed is not believed, and each bad order has a name.
#include "base/log.hpp"
#include "tests/support/ending_pair.hpp"

using namespace understudy;
using namespace understudy::archive;
using namespace understudy::archive::endings;
using test::EndingPair;

namespace {

custody::Life life(std::uint8_t octet) {
  custody::Life life;
  life.instance.fill(octet);
  life.incarnation.fill(static_cast<std::uint8_t>(octet + 1));
  return life;
}

Order sample() {
  Order order;
  order.salt.fill(0xa5);
  order.by = life(1);
  order.index = 17;
  order.time = base::WallTime(std::chrono::seconds(1'700'000'000));
  order.reason = "90 days after arrival";
  const auto digest = base::sha256("a message");
  order.items = {{custody::number_of(life(1), 0, 5), digest, {custody::name_of(digest, test::address("a@example.org"))}}};
  return order;
}

Answer answer() {
  return {life(1), 17, sample().hash(), Came::done, life(3), 23, base::WallTime(std::chrono::seconds(1'700'000'100)), "so"};
}

struct Keys {
  sim::SimRandom random{1};
  base::SigningKey key = base::SigningKey::make(random), other = base::SigningKey::make(random);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(endings_order)

BOOST_AUTO_TEST_CASE(an_order_is_read_as_it_was_written_and_nothing_shorter_longer_or_looser_is) {
  const auto octets = sample().encode();
  BOOST_TEST((*Order::decode(octets) == sample()));
  for (std::size_t i = 0; i < octets.size(); ++i) BOOST_TEST(!Order::decode(octets.substr(0, i)), i);
  BOOST_TEST(!Order::decode(octets + '\0'));
  const auto later = Order::decode("\2" + octets.substr(1));
  BOOST_TEST((!later && later.error().code == base::errc::unsupported));
  auto empty = sample(), nobody = sample(), unnumbered = sample(), silent = sample(), torn = sample(), latin = sample(),
       long_one = sample();
  empty.items.clear();
  nobody.items[0].recipients.clear();
  unnumbered.items[0].number.number = 0;
  silent.reason.clear();
  torn.reason = "a\r\nb";
  latin.reason = "caf\xe9";
  long_one.reason = std::string(max_reason + 1, 'x');
  for (const auto& bad : {empty, nobody, unnumbered, silent, torn, latin, long_one}) {
    const auto read = Order::decode(bad.encode());
    BOOST_TEST((!read && read.error().code == base::errc::malformed));
  }
  const std::string many =
      octets.substr(0, octets.size() - 42 - 32 - 1 - 16 - 1) + base::Writer().varint(std::uint64_t(1) << 60).take();
  BOOST_TEST(!Order::decode(many));
}

BOOST_AUTO_TEST_CASE(an_order_stays_below_the_limit_of_a_record_as_long_as_it_takes_more) {
  for (const std::size_t recipients : {1u, 2000u}) {
    auto item = sample().items[0];
    item.recipients.clear();
    for (std::uint16_t i = 0; i < recipients; ++i)
      item.recipients.push_back({static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
    auto order = sample();
    order.items.clear();
    order.reason = std::string(max_reason, 'x');
    BOOST_TEST(order.takes(item));  // one of the largest always fits
    while (order.takes(item)) order.items.push_back(item);
    BOOST_TEST(order.encode().size() <= Order::max_octets);
    BOOST_TEST(Order::decode(order.encode()).has_value());
  }
}

BOOST_AUTO_TEST_CASE(an_order_of_which_any_bit_was_changed_is_not_believed) {
  const Keys keys;
  const auto octets = SignedOrder::sign(sample(), keys.key).encode();
  BOOST_TEST(SignedOrder::decode(octets)->signed_by(keys.key.public_key()));
  BOOST_TEST(!SignedOrder::decode(octets)->signed_by(keys.other.public_key()));
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    auto changed = octets;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto read = SignedOrder::decode(changed);
    BOOST_TEST((!read || !read->signed_by(keys.key.public_key())), bit);
  }
}

BOOST_AUTO_TEST_CASE(the_signature_of_an_order_that_is_gone_can_be_checked_by_its_hash) {
  const Keys keys;
  const auto order = SignedOrder::sign(sample(), keys.key);
  const auto key = keys.key.public_key();
  BOOST_TEST(signed_order(order.order.by, 17, order.order.hash(), key, order.signature));
  BOOST_TEST(!signed_order(order.order.by, 18, order.order.hash(), key, order.signature));
  BOOST_TEST(!signed_order(life(2), 17, order.order.hash(), key, order.signature));
}

BOOST_AUTO_TEST_CASE(an_answer_is_read_as_it_was_written_and_believed_by_its_key_alone) {
  const Keys keys;
  const auto made = SignedAnswer::sign(answer(), keys.key);
  const auto octets = made.encode();
  BOOST_TEST((*SignedAnswer::decode(octets) == made));
  BOOST_TEST(!made.signed_by(keys.other.public_key()));
  for (std::size_t i = 0; i < octets.size(); ++i) BOOST_TEST(!SignedAnswer::decode(octets.substr(0, i)), i);
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    auto changed = octets;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto read = SignedAnswer::decode(changed);
    BOOST_TEST((!read || !read->signed_by(keys.key.public_key())), bit);
  }
  auto nothing = answer(), unknown = answer(), torn = answer();
  nothing.came = Came::nothing;
  unknown.came = static_cast<Came>(6);
  torn.why = "a\nb";
  for (const auto& bad : {nothing, unknown, torn}) BOOST_TEST(!Answer::decode(bad.encode()));
}

BOOST_AUTO_TEST_CASE(an_order_of_one_use_is_no_signature_for_another) {
  const Keys keys;
  const auto made = SignedAnswer::sign(answer(), keys.key);
  BOOST_TEST(!base::verify(keys.key.public_key(), "understudy ending", made.answer.encode(), made.signature));
  BOOST_TEST(base::verify(keys.key.public_key(), "understudy ending answered", made.answer.encode(), made.signature));
}

namespace {

/// Two machines that know each other, and a message that the primary handed over.
struct Judged : EndingPair {
  Handed made;
  Judged() {
    base::log::set_silent();
    made = hand_over("it", {"alice@secret.example", "bob@secret.example"});
    introduce();
    give_receipts();
  }
  Order order(custody::Number number, std::vector<std::string> recipients = {"alice@secret.example"}) {
    Order order;
    order.salt = custody::draw_salt(primary.seed_random);
    order.by = primary.life();
    order.index = 1000;
    order.reason = "for a test";
    const auto digest = base::sha256(made.handed);
    custody::Names names;
    for (const auto& recipient : recipients) names.push_back(custody::name_of(digest, test::address(recipient)));
    order.items = {{number, digest, custody::sorted(names)}};
    return order;
  }
  /// What the archive counts and answers.
  std::string give(const Order& order) { return give(SignedOrder::sign(order, primary.key).encode()); }
  std::string give(const std::string& octets) {
    const auto before = keeper.desk->counts();
    BOOST_REQUIRE(keeper.take_order(octets));
    std::string said;
    for (const auto& [word, count] : keeper.desk->counts())
      if (!before.contains(word) || before.at(word) != count) said += (said.empty() ? "" : ", ") + word;
    const auto sent = keeper.desk->next_answer(1);
    if (*sent) {
      const auto last = keeper.desk->next_answer((*sent)->position);
      const auto read = SignedAnswer::decode((*last)->octets);
      said += ": " + std::string(word(read->answer.came)) + (read->answer.why.empty() ? "" : " " + read->answer.why);
    }
    return said;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(each_bad_order_is_refused_by_name_and_ends_nothing) {
  Judged pair;
  const auto good = pair.order(pair.made.number);
  auto stranger = good, former = good, foreign = good, digest = good, ours = good;
  stranger.by.instance.fill(9);
  former.by.incarnation.fill(9);
  foreign.items[0].number.instance.fill(9);
  digest.items[0].digest[0] ^= 1;
  ours.items[0].number = custody::number_of(pair.keeper.life(), 0, 5);  // the archive gave none
  auto former_number = ours;
  former_number.items[0].number.incarnation.fill(9);
  BOOST_TEST(pair.give(SignedOrder::sign(good, pair.keeper.key).encode()) == "forged");
  BOOST_TEST(pair.give("no order") == "malformed");
  BOOST_TEST(pair.give(stranger) == "other-incarnation");
  BOOST_TEST(pair.give(former) == "other-incarnation");
  const std::vector<std::pair<Order, std::string>> answered = {
      {foreign, "other-incarnation"}, {digest, "digest"}, {ours, "unknown-number"}, {former_number, "other-incarnation"}};
  std::uint64_t index = 2000;
  for (auto [bad, name] : answered) {
    Judged fresh;
    bad.by = fresh.primary.life();
    bad.index = index++;
    BOOST_TEST(fresh.give(bad) == name + ": refused " + name);
    BOOST_TEST(fresh.keeper.taken(1).parts.empty());
    BOOST_TEST(!fresh.keeper.obey(1).has_value());
    BOOST_TEST(!fresh.keeper.remembers("alice").empty());
  }
  // One item that is wrong spoils the order: nobody knows what was meant.
  Judged fresh;
  auto mixed = fresh.order(fresh.made.number);
  mixed.items.push_back(digest.items[0]);
  BOOST_TEST(fresh.give(mixed) == "digest: refused digest");
}

BOOST_AUTO_TEST_CASE(an_order_that_comes_again_changes_nothing_and_another_one_under_its_name_is_refused) {
  Judged pair;
  const auto good = pair.order(pair.made.number);
  BOOST_TEST(pair.give(good) == "taken: waiting");
  const auto stored = test::dump(pair.keeper.store());
  BOOST_TEST(pair.give(good) == ": waiting");
  BOOST_TEST((test::dump(pair.keeper.store()) == stored));
  auto other = good;
  other.items = pair.order(pair.made.number, {"bob@secret.example"}).items;
  BOOST_TEST(pair.give(other) == "replayed: waiting");
  BOOST_TEST((test::dump(pair.keeper.store()) == stored));
  BOOST_REQUIRE(pair.keeper.obey(1));
  BOOST_TEST(pair.give(good) == "taken: done");
  BOOST_TEST(pair.give(other) == "replayed: done");
  BOOST_TEST(!pair.keeper.remembers("bob").empty());
}

BOOST_AUTO_TEST_CASE(an_answer_that_fits_no_order_changes_nothing) {
  Judged pair;
  const auto ended = pair.primary.end(pair.made.here);
  const auto index = ended->told[0].index;
  const auto& order = ended->orders[0];
  const auto take = [&](const Answer& answer, const base::SigningKey& key) {
    static std::uint64_t position = 1;
    return pair.primary.wait<void>([&](Done<> done) {
      pair.primary.desk->take_answer(position++, SignedAnswer::sign(answer, key).encode(), std::move(done));
    });
  };
  const Answer good{pair.primary.life(), index, order.hash(), Came::done, pair.keeper.life(), 9, {}, {}};
  auto unknown = good, other = good, foreign = good;
  unknown.index = 4711;
  other.order[0] ^= 1;
  foreign.to.instance.fill(9);
  for (const auto& bad : {unknown, other, foreign}) BOOST_TEST(take(bad, pair.keeper.key).has_value());
  const auto forged = take(good, pair.primary.key);
  BOOST_TEST((!forged && forged.error().code == base::errc::refused));
  BOOST_TEST((pair.primary.given(index).came == Came::nothing));
  BOOST_TEST(take(good, pair.keeper.key).has_value());
  BOOST_TEST((pair.primary.given(index).came == Came::done));
  auto late = good;
  late.came = Came::waiting;
  BOOST_TEST(take(late, pair.keeper.key).has_value());
  BOOST_TEST((pair.primary.given(index).came == Came::done));  // what is answered for good stays so
}

BOOST_AUTO_TEST_CASE(a_machine_that_was_not_introduced_orders_nothing) {
  base::log::set_silent();
  EndingPair pair;
  const auto made = pair.hand_over("it", {"alice@secret.example"});
  EndingPair::introduce(pair.keeper, pair.primary);
  pair.give_receipts();
  BOOST_REQUIRE(pair.primary.end(made.here));
  BOOST_TEST(pair.connect(pair.primary, pair.keeper) == 0u);
  EndingPair::introduce(pair.primary, pair.keeper);
  BOOST_TEST(pair.connect(pair.primary, pair.keeper) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
