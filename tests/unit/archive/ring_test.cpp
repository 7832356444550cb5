/// The key ring's file: what a cut, a flipped bit, another master key and a destruction leave.
#include "archive/keys/ring.hpp"

#include <fstream>

#include "archive/keys/master_key.hpp"
#include "tests/support/sim_clock.hpp"
#include "tests/support/temp_dir.hpp"

using namespace understudy;
using namespace understudy::archive;
using keys::Ring;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t before_records = keys::header_octets + keys::mark_octets;

store::Shard account(std::uint64_t number) {
  return {store::ShardKind::account, number};
}

struct Fixture {
  sim::TempDir folder;
  sim::SimClock clock;
  sim::SimRandom random{7};
  std::string path = (folder.path() / "keys/ring").string();
  base::SecretKey master = base::SecretKey::make(random);

  base::Result<std::unique_ptr<Ring>> open() { return Ring::open(path, master, random, clock); }
  std::unique_ptr<Ring> create() {
    auto made = Ring::create(path, master, random, clock);
    BOOST_REQUIRE(made.has_value());
    return std::move(*made);
  }
  /// Three accounts and a journal; the key of account 2.
  base::SecretKey fill() {
    auto ring = create();
    for (const auto number : {1, 2, 3}) BOOST_REQUIRE(ring->make(account(number)).has_value());
    BOOST_REQUIRE(ring->make({store::ShardKind::journal, 0}).has_value());
    return *ring->find(account(2));
  }
  std::string octets() const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(std::string_view octets) const {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << octets;
  }
};

bool is(const base::Result<std::unique_ptr<Ring>>& opened, base::errc code) {
  return !opened && opened.error().code == code;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ring, Fixture)

BOOST_AUTO_TEST_CASE(a_key_that_was_made_is_the_same_after_a_restart_and_another_ones_is_not_it) {
  const auto two = fill();
  auto ring = open();
  BOOST_REQUIRE(ring.has_value());
  BOOST_TEST((*(*ring)->find(account(2)) == two));
  BOOST_TEST((*(*ring)->make(account(2)) == two));
  BOOST_TEST((!(*(*ring)->find(account(3)) == two)));
  BOOST_TEST(((*ring)->find(account(4)).error().code == base::errc::no_key));
  BOOST_TEST((*ring)->counts().keys == 4u);
  BOOST_TEST(octets().find(two.view()) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(all_hops_of_the_outbox_have_one_key) {
  auto ring = create();
  const auto one = ring->make({store::ShardKind::outbox, 17});
  BOOST_TEST((*one == *ring->find({store::ShardKind::outbox, 18})));
  BOOST_TEST(ring->counts().keys == 1u);
}

BOOST_AUTO_TEST_CASE(a_destroyed_key_is_never_given_and_never_made_again) {
  fill();
  {
    auto ring = open();
    const auto before = (*ring)->destructions();
    BOOST_REQUIRE((*ring)->destroy(account(2)).has_value());
    BOOST_REQUIRE((*ring)->destroy(account(2)).has_value());
    BOOST_REQUIRE((*ring)->destroy(account(9)).has_value());  // never made, and never will be
    BOOST_TEST((*ring)->destructions() > before);
    BOOST_TEST((*ring)->destroyed(account(2)));
    BOOST_TEST(!(*ring)->destroyed(account(1)));
  }
  auto ring = open();
  BOOST_REQUIRE(ring.has_value());
  for (const auto number : {2, 9}) {
    BOOST_TEST((*ring)->destroyed(account(number)));
    BOOST_TEST(((*ring)->find(account(number)).error().code == base::errc::no_key));
    BOOST_TEST(((*ring)->make(account(number)).error().code == base::errc::refused));
  }
  BOOST_TEST((*ring)->find(account(1)).has_value());
  BOOST_TEST((*ring)->make(account(4)).has_value());
  BOOST_TEST((*ring)->counts().keys == 4u);
  BOOST_TEST((*ring)->counts().destroyed == 2u);
}

BOOST_AUTO_TEST_CASE(what_wrapped_a_destroyed_key_is_gone_from_the_file_and_from_where_the_old_file_lay) {
  fill();
  const auto wrapped = octets().substr(before_records + keys::record_octets + 18, keys::wrap_octets);
  const fs::path other_name = folder.path() / "same-file";
  fs::create_hard_link(path, other_name);
  BOOST_REQUIRE((*open())->destroy(account(2)).has_value());
  BOOST_TEST(octets().find(wrapped) == std::string::npos);
  std::ifstream in(other_name, std::ios::binary);
  const std::string old{std::istreambuf_iterator<char>(in), {}};
  BOOST_TEST(old.size() >= before_records);
  BOOST_TEST(old.find_first_not_of('\0') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_append_that_was_cut_anywhere_leaves_what_was_promised) {
  const auto two = fill();
  const auto before = octets();
  { BOOST_REQUIRE((*open())->make(account(5)).has_value()); }
  const auto after = octets();
  for (auto size = before.size(); size < after.size(); ++size) {
    put(before + after.substr(before.size(), size - before.size()));  // with the mark of before
    auto ring = open();
    BOOST_REQUIRE_MESSAGE(ring.has_value(), size);
    BOOST_TEST((*(*ring)->find(account(2)) == two));
    BOOST_TEST((*ring)->counts().keys == 4u);
    BOOST_TEST(fs::file_size(path) == before.size());
    BOOST_REQUIRE((*ring)->make(account(6)).has_value());
    ring->reset();
    BOOST_REQUIRE((*open())->find(account(6)).has_value());
  }
  put(before + after.substr(before.size()));  // whole, and only the mark is of before
  BOOST_TEST((*open())->counts().keys == 5u);
}

BOOST_AUTO_TEST_CASE(a_ring_that_lost_what_it_promised_is_damaged_wherever_it_was_cut) {
  fill();
  const auto whole = octets();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(whole.substr(0, size));
    BOOST_TEST(is(open(), base::errc::damaged), size);
  }
  put(whole + std::string(keys::record_octets + 1, 'x'));  // no append leaves that much
  BOOST_TEST(is(open(), base::errc::damaged));
  const auto record = [&](std::size_t place) {
    return whole.substr(before_records + place * keys::record_octets, keys::record_octets);
  };
  put(whole.substr(0, before_records) + record(0) + record(2) + record(1) + record(3));
  BOOST_TEST(is(open(), base::errc::damaged));
  put(whole.substr(0, before_records) + record(0) + record(1) + record(1) + record(3));
  BOOST_TEST(is(open(), base::errc::damaged));
}

BOOST_AUTO_TEST_CASE(any_bit_that_is_flipped_is_damage_and_not_a_wrong_master_key) {
  fill();
  const auto whole = octets();
  const std::size_t version = 16;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    put(flipped);
    const auto opened = open();
    BOOST_TEST((is(opened, base::errc::damaged) || (at == version && is(opened, base::errc::unsupported))), at);
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_master_key_is_named_as_one) {
  fill();
  const auto other = base::SecretKey::make(random);
  const auto opened = Ring::open(path, other, random, clock);
  BOOST_REQUIRE(is(opened, base::errc::refused));
  BOOST_TEST(opened.error().text().find("it was made under another master key") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_key_of_another_ring_or_shard_opens_nothing_here) {
  fill();
  const auto mine = octets();
  fs::remove(path);
  fill();
  const auto theirs = octets();
  BOOST_TEST(mine != theirs);
  put(theirs.substr(0, before_records) + mine.substr(before_records));
  BOOST_TEST(is(open(), base::errc::damaged));
}

BOOST_AUTO_TEST_CASE(one_process_has_a_ring_at_a_time_and_nobody_else_may_enter_it) {
  fill();
  {
    auto ring = open();
    BOOST_TEST(is(open(), base::errc::busy));
    BOOST_REQUIRE((*ring)->destroy(account(1)).has_value());
    BOOST_TEST(is(open(), base::errc::busy));  // also when the file was replaced
  }
  BOOST_TEST(open().has_value());
  fs::permissions(path, fs::perms::owner_all | fs::perms::group_read);
  BOOST_TEST(is(open(), base::errc::refused));
  BOOST_TEST((Ring::create(path, master, random, clock).error().code == base::errc::exists));
}

BOOST_AUTO_TEST_CASE(a_new_master_key_opens_the_same_keys_and_the_old_one_none) {
  const auto two = fill();
  BOOST_REQUIRE((*open())->destroy(account(3)).has_value());
  const auto id = (*open())->id();
  const auto old_file = octets();
  const auto other = base::SecretKey::make(random);
  {
    auto ring = open();
    BOOST_REQUIRE((*ring)->change_master(other).has_value());
    BOOST_REQUIRE((*ring)->make(account(8)).has_value());
  }
  BOOST_TEST(is(open(), base::errc::refused));
  auto ring = Ring::open(path, other, random, clock);
  BOOST_REQUIRE(ring.has_value());
  BOOST_TEST((*(*ring)->find(account(2)) == two));
  BOOST_TEST((*ring)->destroyed(account(3)));
  BOOST_TEST((*ring)->find(account(8)).has_value());
  BOOST_TEST((*ring)->id() == id);
  ring->reset();
  // Cut anywhere, the file beside is not whole, or not in place: the old one counts.
  const auto new_file = octets();
  for (std::size_t size = 0; size <= new_file.size(); ++size) {
    put(old_file);
    std::ofstream(path + ".next", std::ios::binary) << new_file.substr(0, size);
    BOOST_TEST(open().has_value(), size);
    BOOST_TEST(!fs::exists(path + ".next"), size);
  }
}

BOOST_AUTO_TEST_CASE(after_a_write_that_failed_nothing_more_is_promised) {
  auto ring = create();
  BOOST_REQUIRE(ring->make(account(1)).has_value());
  fs::remove_all(fs::path(path).parent_path());
  BOOST_TEST(!ring->destroy(account(1)).has_value());
  BOOST_TEST(ring->find(account(1)).has_value());
  BOOST_TEST((ring->make(account(2)).error().code == base::errc::stopped));
  BOOST_TEST(ring->stopped());
  BOOST_TEST((ring->find(account(2)).error().code == base::errc::no_key));
}

BOOST_AUTO_TEST_CASE(a_master_key_is_its_line_and_nothing_else) {
  const auto line = keys::master_key_line(master);
  BOOST_TEST((*keys::parse_master_key(line) == master));
  BOOST_TEST((*keys::parse_master_key(line.substr(0, line.size() - 1)) == master));
  for (const auto& wrong :
       {std::string(), std::string("\n"), line + "\n", line + line, " " + line, line.substr(0, line.size() - 4),
        "understudy-master:" + std::string(44, 'A') + "\n", "Understudy" + line.substr(10)})
    BOOST_TEST((keys::parse_master_key(wrong).error().code == base::errc::malformed), wrong);
  BOOST_TEST(keys::parse_master_key("understudy-master:secret").error().text().find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(nobody_without_the_master_key_writes_a_tombstone_or_a_mark_that_counts) {
  const auto theirs = base::SecretKey::make(random);
  fill();
  const std::string good = octets();
  const auto header = std::string_view(good).substr(0, keys::header_octets);
  const auto ours = *keys::Wrapping::read(master, header);
  const auto stranger = keys::Wrapping::make(theirs, ours.id(), random);
  auto records = keys::decode_ring(good, ours)->records;
  const auto written_by = [&](const keys::Wrapping& by) {
    keys::RingWriter writer(by);
    std::string all;
    for (const auto& record : records) all += writer.record(record);
    return std::string(header) + writer.mark() + all;
  };
  BOOST_TEST((written_by(ours) == good));
  records[1].kind = keys::RingRecord::Kind::tombstone;
  for (const auto* by : {&ours, &stranger}) {
    put(written_by(*by));
    const auto opened = open();
    BOOST_TEST(opened.has_value() == (by == &ours));
    if (!opened) BOOST_TEST((opened.error().code == base::errc::damaged));
  }
  records.pop_back();
  for (const auto* by : {&ours, &stranger}) {
    put(written_by(*by));
    BOOST_TEST(open().has_value() == (by == &ours));
  }
}

BOOST_AUTO_TEST_CASE(a_record_of_an_older_ring_put_back_in_its_place_is_damage) {
  fill();
  const std::string before = octets();
  BOOST_REQUIRE((*open())->destroy(account(2)).has_value());
  const std::string after = octets();
  BOOST_REQUIRE(before.size() == after.size());
  const auto place = [](std::size_t record) { return before_records + record * keys::record_octets; };
  std::string one = after;  // the key is back where its tombstone is
  one.replace(place(1), keys::record_octets, before, place(1), keys::record_octets);
  std::string rest = after.substr(0, place(1)) + before.substr(place(1));  // and all that came behind it then
  for (const auto& spliced : {one, rest}) {
    put(spliced);
    BOOST_TEST(is(open(), base::errc::damaged));
  }
  put(after);
  BOOST_TEST((*open())->destroyed(account(2)));
}

BOOST_AUTO_TEST_CASE(what_was_promised_of_the_store_outlives_restarts_destructions_and_a_new_master_key) {
  using Pledge = store::KeyRing::Pledge;
  const auto other = base::SecretKey::make(random);
  {
    auto ring = create();
    BOOST_TEST((ring->pledge() == Pledge{}));
    BOOST_REQUIRE(ring->make(account(1)).has_value());
    BOOST_REQUIRE(ring->promise({7, Pledge::Records::some}).has_value());
    BOOST_REQUIRE(ring->make(account(2)).has_value());
    BOOST_REQUIRE(ring->promise({9, Pledge::Records::all}).has_value());
    BOOST_REQUIRE(ring->promise({9, Pledge::Records::some}).has_value());  // nothing is taken back
    BOOST_REQUIRE(ring->destroy(account(1)).has_value());
    BOOST_REQUIRE(ring->change_master(other).has_value());
    BOOST_REQUIRE(ring->make(account(3)).has_value());
  }
  master = other;
  auto ring = open();
  BOOST_REQUIRE(ring.has_value());
  BOOST_TEST(((*ring)->pledge() == Pledge{7, Pledge::Records::all}));
  BOOST_TEST((*ring)->counts().keys == 2u);
  BOOST_TEST((*ring)->counts().destroyed == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
