/// The journal's entries and tree against formulas that are written here a second time.
#include <random>

#include "archive/journal/entry.hpp"
#include "archive/journal/tree.hpp"
#include "archive/store/batch.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;

namespace {

journal::Entry entry_for(std::size_t recipients) {
  journal::Entry entry;
  entry.position = {7, 0x0102030405060708};
  entry.time = base::WallTime(std::chrono::milliseconds(1'700'000'000'123));
  entry.envelope.reverse_path = test::address("sender@world.example");
  entry.envelope.envid = "QQ314159";
  entry.facts.received = base::sha256("received");
  entry.facts.handed = base::sha256("handed");
  entry.facts.has_message_id = true;
  entry.facts.message_id = "one@world.example";
  entry.facts.from.push_back({"odd \"name\" @ all", ""});
  entry.body = {{3, 4}, 5, 6};
  entry.made = "unique";
  entry.plan.marks = {"loop"};
  for (std::size_t i = 0; i < recipients; ++i) {
    const auto name = "user" + std::to_string(i) + "@example.org";
    entry.envelope.recipients.push_back({test::address(name), {mail::smtp::Notify::failure}, "rfc822;" + name});
    routing::RecipientPlan plan;
    plan.files.push_back({name, "INBOX", true, false, {}});
    entry.plan.recipients.push_back(plan);
  }
  return entry;
}

std::string sha(const std::string& octets) {
  return std::string(base::view(base::sha256(octets)));
}

std::string be(std::uint64_t value, int octets) {
  std::string out;
  for (int i = octets - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

/// RFC 9162 §2.1.1, as it is written there: split at the largest power of two below n.
std::string naive_head(const std::vector<std::string>& leaves, std::size_t from, std::size_t to) {
  if (from == to) return sha("");
  if (to - from == 1) return leaves[from];
  std::size_t k = 1;
  while (k * 2 < to - from) k *= 2;
  return sha(std::string(1, '\1') + naive_head(leaves, from, from + k) + naive_head(leaves, from + k, to));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_entry)

BOOST_AUTO_TEST_CASE(the_leaf_is_the_hash_of_version_position_and_salted_parts) {
  sim::SimRandom random(5);
  for (std::size_t recipients : {0u, 1u, 3u}) {
    const auto sealed = journal::seal(entry_for(recipients), random);
    BOOST_TEST(sealed.parts.size() == recipients);
    std::string input = std::string("\0\1", 2) + be(7, 2) + be(0x0102030405060708, 8);
    input += sha(sealed.common.nonce + sealed.common.octets);
    for (const auto& part : sealed.parts) {
      BOOST_TEST(part.nonce.size() == 32u);
      input += sha(part.nonce + part.octets);
    }
    BOOST_TEST(std::string(base::view(sealed.leaf())) == sha(input));
    BOOST_TEST(sealed.consistent());
  }
}

BOOST_AUTO_TEST_CASE(no_two_parts_share_a_nonce) {
  sim::SimRandom random(5);
  const auto sealed = journal::seal(entry_for(100), random);
  std::set<std::string> nonces = {sealed.common.nonce};
  for (const auto& part : sealed.parts) nonces.insert(part.nonce);
  BOOST_TEST(nonces.size() == 101u);
}

BOOST_AUTO_TEST_CASE(the_frontier_gives_the_head_of_rfc_9162_at_every_size) {
  std::vector<std::string> leaves;
  journal::Frontier frontier;
  for (int i = 0; i <= 300; ++i) {
    BOOST_TEST(frontier.size() == leaves.size());
    BOOST_TEST((std::string(base::view(frontier.root())) == naive_head(leaves, 0, leaves.size())));
    auto again = journal::Frontier::decode(frontier.encode());
    BOOST_REQUIRE(again);
    BOOST_TEST((*again == frontier));
    leaves.push_back(sha("leaf " + std::to_string(i)));
    frontier.append(base::digest_from(leaves.back()));
  }
}

BOOST_AUTO_TEST_CASE(a_frontier_with_a_flipped_bit_is_never_taken_for_a_shorter_tree) {
  for (int size : {1, 2, 3, 7, 12}) {
    journal::Frontier frontier;
    for (int i = 0; i < size; ++i) frontier.append(base::sha256(std::to_string(i)));
    const std::string good = frontier.encode();
    for (std::size_t bit = 0; bit < 9 * 8; ++bit) {  // version and size; the roots are compared by verify()
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      BOOST_TEST(!journal::Frontier::decode(bad), "size " << size << ", bit " << bit);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_entry_of_any_number_of_recipients_fits_into_records_and_comes_back) {
  sim::SimRandom random(5);
  for (std::size_t recipients : {0u, 1u, 100u, 1000u, 3000u}) {
    const auto entry = entry_for(recipients);
    const auto sealed = journal::seal(entry, random);
    const auto segments = journal::to_segments(sealed);
    for (const auto& segment : segments) BOOST_TEST(segment.size() < store::Batch::max_value);
    auto later = journal::later_segments(segments[0]);
    BOOST_REQUIRE(later);
    BOOST_TEST(*later + 1 == segments.size());
    auto again = journal::from_segments(entry.position, segments);
    BOOST_REQUIRE(again);
    BOOST_TEST((again->leaf() == sealed.leaf()));
    BOOST_TEST(again->consistent());
    auto opened = journal::open(*again);
    BOOST_REQUIRE(opened);
    BOOST_TEST((opened->envelope == entry.envelope));
    BOOST_TEST((opened->plan == entry.plan));
    BOOST_TEST((opened->body == entry.body));
    BOOST_TEST((opened->time == entry.time));
    BOOST_TEST(opened->made == entry.made);
    BOOST_TEST((opened->facts.handed == entry.facts.handed));
    BOOST_TEST((opened->facts.from == entry.facts.from));  // listings show it, at commit and at replay the same
  }
}

BOOST_AUTO_TEST_CASE(settlements_and_origin_come_back_as_they_went_in) {
  sim::SimRandom random(5);
  auto entry = entry_for(1);
  entry.origin.via = routing::Via::submission;
  entry.origin.client = "scanner.example.org";
  entry.origin.may = {.relay = true, .local_sender = false, .copy = true};
  entry.origin.user = "alice@example.org";
  entry.origin.helo = std::string("odd\0name", 8);
  outbox::Entry left;
  left.id = {{0, 3}, 2, 99};
  auto& target = left.targets.emplace_back();
  target.recipient.forward_path = test::address("x@y.example");
  target.state = outbox::State::failed;
  target.last_reply = {550, "5.1.1", "no"};
  target.last_host = "mx.y.example";
  entry.settlements = {{{{0, 1}, 0, 42}, std::nullopt}, {left.id, left}};
  auto opened = journal::open(journal::seal(entry, random));
  BOOST_REQUIRE(opened);
  BOOST_TEST((opened->origin.via == entry.origin.via));
  BOOST_TEST(opened->origin.client == entry.origin.client);
  BOOST_TEST((opened->origin.may == entry.origin.may));
  BOOST_TEST(opened->origin.user == entry.origin.user);
  BOOST_TEST(opened->origin.helo == entry.origin.helo);
  BOOST_REQUIRE(opened->settlements.size() == 2u);
  BOOST_TEST((opened->settlements[0].id == entry.settlements[0].id));
  BOOST_TEST(!opened->settlements[0].left);
  BOOST_REQUIRE(opened->settlements[1].left);
  BOOST_TEST(opened->settlements[1].left->encode() == left.encode());
}

BOOST_AUTO_TEST_CASE(ending_any_part_leaves_the_leaf_as_it_is) {
  sim::SimRandom random(5);
  const auto sealed = journal::seal(entry_for(3), random);
  const auto end = [](journal::Sealed::Part& part) {
    part.nonce.clear();
    part.octets.clear();
  };
  for (int which = 0; which <= 4; ++which) {  // the common part, each recipient's, all
    auto ended = sealed;
    if (which == 0 || which == 4) end(ended.common);
    for (int i = 0; i < 3; ++i)
      if (which == i + 1 || which == 4) end(ended.parts[static_cast<std::size_t>(i)]);
    auto stored = journal::from_segments(sealed.position, journal::to_segments(ended));
    BOOST_REQUIRE(stored);
    BOOST_TEST((stored->leaf() == sealed.leaf()));
    BOOST_TEST(stored->consistent());
    const auto opened = journal::open(*stored);
    if (which == 0 || which == 4) {
      BOOST_TEST((opened.error().code == base::errc::not_found));
    } else {
      BOOST_REQUIRE(opened);
      BOOST_TEST(opened->plan.recipients.size() == 3u);
      BOOST_TEST(opened->plan.recipients[static_cast<std::size_t>(which - 1)].files.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_of_a_stored_entry_goes_unnoticed) {
  sim::SimRandom random(5);
  for (std::size_t recipients : {0u, 1u, 2u}) {
    const auto sealed = journal::seal(entry_for(recipients), random);
    const auto good = journal::to_segments(sealed);
    BOOST_REQUIRE(good.size() == 1u);
    for (std::size_t bit = 0; bit < good[0].size() * 8; ++bit) {
      auto bad = good;
      bad[0][bit / 8] = static_cast<char>(bad[0][bit / 8] ^ (1 << bit % 8));
      const auto later = journal::later_segments(bad[0]);
      if (!later || *later != 0) continue;  // a segment that is not there: found
      const auto read = journal::from_segments(sealed.position, bad);
      BOOST_TEST((!read || !read->consistent() || read->leaf() != sealed.leaf()), recipients << " recipients, bit " << bit);
    }
  }
}

BOOST_AUTO_TEST_CASE(random_octets_are_refused_or_read_without_harm) {
  constexpr unsigned seed = 20260301;
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937_64 draw(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string octets(draw() % 200, '\0');
    for (char& c : octets) c = static_cast<char>(draw());
    if (!octets.empty() && round % 2) octets[0] = 1;
    if (auto read = journal::from_segments({}, {octets})) static_cast<void>(journal::open(*read));
    static_cast<void>(journal::later_segments(octets));
    static_cast<void>(outbox::Entry::decode(1, octets.substr(0, 12), octets));
    static_cast<void>(mailbox::decode_change(octets));
    static_cast<void>(directory::AccountRecord::decode(octets));
  }
}

BOOST_AUTO_TEST_SUITE_END()
