/// Octet for octet: whatever comes in as a message comes out again the same, in whatever pieces it came and by whatever ranges
/// it is read, and what was cut leaves nothing.
#include <chrono>
#include <fstream>

#include "base/codec.hpp"
#include "tests/support/store_bodies_model.hpp"
#include "tests/support/store_harness.hpp"
#include "tests/unit/mail/corpus_files.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::RocksHarness;
using test::RocksSetup;

namespace {

constexpr Shard journal{ShardKind::journal, 0};

BodyRef keep(Store& store, const std::string& octets, std::uint64_t seed = 1) {
  const SealedBody body = test::write_body(store, octets, seed);
  BOOST_TEST(body.ref().size == octets.size());
  Batch batch(journal);
  batch.hold(body);
  BOOST_REQUIRE(store.commit({&batch, 1}, Sync::now).has_value());
  return body.ref();
}

bool reads_by_ranges(const Store& store, const BodyRef& ref, std::string_view octets, std::mt19937_64& draw) {
  const auto reader = store.bodies().open(ref);
  for (int i = 0; i < 12; ++i) {
    const std::uint64_t from = draw() % (octets.size() + 2);
    const std::size_t limit = 1 + draw() % (draw() % 2 == 0 ? 100 : 300'000);
    auto some = reader->read(from, limit);
    if (!some || some->size() > limit) return false;
    const std::string_view expected = from > octets.size() ? std::string_view() : octets.substr(from, some->size());
    if (*some != expected || some->empty() != (from >= octets.size())) return false;
  }
  return true;
}

/// The program's own sizes, on the file system in memory.
RocksSetup as_released() {
  RocksSetup setup;
  const EngineOptions defaults;
  setup.options.chunk_size = Options().chunk_size;
  setup.engine.segment_octets = defaults.segment_octets;
  setup.engine.inline_octets = defaults.inline_octets;
  setup.engine.replay_octets = defaults.replay_octets;
  setup.engine.background = Background::only_when_told;
  return setup;
}

std::uint64_t resident_octets() {
  std::ifstream status("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  status >> total >> resident;
  return resident * 4096;
}

std::string lines_of(const std::string& octets) {
  const std::string all = base::to_base64(octets);
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += 76) out += all.substr(at, 76) + "\r\n";
  return out;
}

/// Something to be right or wrong about in each kind of part.
std::vector<std::string> lying_messages() {
  const std::string head =
      "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n";
  const std::string lines = lines_of(test::noise(40'000, 1));
  const std::string tail = "--b--\r\n";
  std::vector<std::string> out{head + test::noise(40'000, 2) + tail, head + test::prose(40'000, 3) + tail, head + lines};
  const auto with = [&](std::size_t at, const std::string& text) {
    std::string changed = lines;
    changed.replace(at, text.size(), text);
    out.push_back(head + changed + tail);
  };
  for (const std::size_t at : {0u, 1u, 75u, 78u, 30'000u, 30'030u}) {
    with(at, "!");
    with(at, "=");
    with(at, "\r");
    with(at, "\n");
    with(at, std::string(1, '\0'));
    with(at, "====");
  }
  for (const std::string_view end :
       {"A\r\n", "AA\r\n", "AAA\r\n", "AB==\r\n", "AAB=\r\n", "A===\r\n", "QQ==", "QQ==\n", "QQ==\r\nQQ==\r\n"})
    out.push_back(head + lines + std::string(end) +
                  tail);  // bits that are lost in decoding, padding in the middle, ends of all kinds
  std::string bare = lines;
  std::erase(bare, '\r');
  out.push_back(head + bare + tail);
  out.push_back(head + lines + bare + lines + tail);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(body_octets)

BOOST_AUTO_TEST_CASE(every_message_of_the_corpus_comes_back_octet_for_octet) {
  for (const bool small_parts : {true, false}) {
    RocksHarness harness(small_parts ? RocksSetup::told() : as_released());
    std::mt19937_64 draw(1);
    std::vector<BodyRef> refs;
    const auto files = tests::corpus();
    BOOST_REQUIRE(files.size() > 500u);
    for (const auto& file : files) refs.push_back(keep(harness.store(), file.octets, draw()));
    const auto check = [&](const char* when) {
      for (std::size_t i = 0; i < files.size(); ++i) {
        BOOST_TEST((test::read_body(harness.store(), refs[i]) == files[i].octets), files[i].name << ", " << when);
        BOOST_TEST(reads_by_ranges(harness.store(), refs[i], files[i].octets, draw), files[i].name << ", " << when);
      }
    };
    check("written");
    std::vector<std::size_t> freed;
    Batch batch(journal);
    for (std::size_t i = 0; i < files.size(); i += 2) batch.release(refs[i]);
    BOOST_REQUIRE(harness.store().commit({&batch, 1}, Sync::now).has_value());
    for (std::size_t i = 0; i < files.size(); i += 2) refs[i] = keep(harness.store(), files[i].octets, draw());
    if (small_parts) harness.maintain(60);
    check("written again and collected");
    harness.cut_power(0);
    check("after a power cut");
  }
}

BOOST_AUTO_TEST_CASE(a_part_whose_base64_lies_comes_back_as_it_came) {
  for (const auto& setup : {RocksSetup::told(), as_released()}) {
    RocksHarness harness(setup);
    std::mt19937_64 draw(7);
    for (const std::string& message : lying_messages()) {
      const BodyRef ref = keep(harness.store(), message, draw());
      BOOST_TEST((test::read_body(harness.store(), ref) == message));
      BOOST_TEST(reads_by_ranges(harness.store(), ref, message, draw));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_compresses_well_takes_little_on_the_medium_and_is_read_in_bounded_steps) {
  RocksHarness harness(as_released());
  const std::string one_octet(10 << 20, 'a');
  const std::string head = "Subject: x\r\n\r\n--b\r\n\r\n";
  const std::string in_lines = head + lines_of(std::string(10 << 20, '\0'));
  std::string nested = head;  // each level in the base64 of the one around it
  for (int level = 0; level < 6; ++level) nested = head + lines_of(nested + std::string(100'000, 'x'));
  for (const std::string& message : {one_octet, head + one_octet, in_lines, nested}) {
    const std::uint64_t before = harness.segment_octets();
    const BodyRef ref = keep(harness.store(), message);
    BOOST_TEST(harness.segment_octets() - before < message.size() / 10, message.size());
    const auto reader = harness.store().bodies().open(ref);
    std::string got;
    for (;;) {
      auto some = reader->read(got.size(), ~std::size_t{0});
      BOOST_REQUIRE(some.has_value());
      if (some->empty()) break;
      BOOST_TEST(some->size() <= 512u * 1024);  // a block, or a part in base64
      got += *some;
    }
    BOOST_TEST((got == message));
  }
}

BOOST_AUTO_TEST_CASE(a_message_of_a_million_parts_takes_bounded_time_and_memory) {
  RocksHarness harness(as_released());
  const std::string head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  const std::string part = "--b\r\nContent-Type: text/plain\r\n\r\nsmall part\r\n";
  constexpr std::size_t parts = 1'000'000;
  std::string piece;
  for (std::size_t i = 0; i < 1000; ++i) piece += part;
  const std::uint64_t before = resident_octets();
  const auto began = std::chrono::steady_clock::now();
  const auto writer = harness.store().bodies().create();
  BOOST_REQUIRE(writer->append(head).has_value());
  for (std::size_t i = 0; i < parts; i += 1000) BOOST_REQUIRE(writer->append(piece).has_value());
  auto sealed = writer->seal();
  BOOST_REQUIRE(sealed.has_value());
  Batch batch(journal);
  batch.hold(*sealed);
  BOOST_REQUIRE(harness.store().commit({&batch, 1}, Sync::now).has_value());
  const auto took = std::chrono::steady_clock::now() - began;
  const std::uint64_t grown = resident_octets() - std::min(before, resident_octets());
  BOOST_TEST_MESSAGE(sealed->ref().size << " octets in " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
                                        << " ms, memory grown by " << grown << ", on the medium " << harness.segment_octets());
  BOOST_TEST((took < std::chrono::seconds(30)));
  BOOST_TEST(grown < (24u << 20) + harness.segment_octets());  // the medium is in memory too
  const auto reader = harness.store().bodies().open(sealed->ref());
  for (std::uint64_t at = 0; at < sealed->ref().size;) {
    auto some = reader->read(at, 1 << 20);
    BOOST_REQUIRE(some.has_value());
    for (std::size_t i = 0; i < some->size(); ++i) {
      const std::uint64_t of = at + i;
      const char expected = of < head.size() ? head[of] : part[(of - head.size()) % part.size()];
      if ((*some)[i] != expected) BOOST_FAIL("octet " << of);
    }
    at += some->size();
  }
}

BOOST_AUTO_TEST_CASE(parts_beyond_their_greatest_number_are_the_messages_own) {
  RocksSetup setup = RocksSetup::told();
  setup.engine.split.parts = 10;
  RocksHarness harness(setup);
  std::vector<std::uint64_t> attachments(40);
  for (std::size_t i = 0; i < attachments.size(); ++i) attachments[i] = i;
  const std::string message = test::message_with(1, 5000, attachments);
  BOOST_TEST((test::read_body(harness.store(), keep(harness.store(), message)) == message));
}

BOOST_AUTO_TEST_CASE(a_body_that_is_cut_at_any_octet_leaves_nothing) {
  RocksHarness harness(RocksSetup::told());
  const std::string message = test::message_with(1, 600, {0}).substr(0, 4200);
  const std::uint64_t before = harness.segment_octets();
  for (std::size_t cut = 0; cut <= message.size(); ++cut) {
    auto writer = harness.store().bodies().create();
    BOOST_REQUIRE(writer->append(std::string_view(message).substr(0, cut)).has_value());
    if (cut % 2 == 1) BOOST_REQUIRE(writer->seal().has_value());
  }
  BOOST_TEST(harness.segment_octets() == before);  // small: it would have gone with its commit
  BOOST_TEST(*harness.store().bodies().sweep() == 0u);
  const std::string large = test::message_with(2, 20'000, {5, 6, 7});
  for (std::size_t cut = 0; cut <= large.size(); cut += 997) {
    auto writer = harness.store().bodies().create();
    BOOST_REQUIRE(writer->append(std::string_view(large).substr(0, cut)).has_value());
  }
  BOOST_TEST(harness.segment_octets() > before + 64 * 1024);
  harness.maintain(60);
  BOOST_TEST(harness.segment_octets() < 3u * 64 * 1024);
  BOOST_TEST((test::read_body(harness.store(), keep(harness.store(), large)) == large));
}

BOOST_AUTO_TEST_CASE(a_body_that_met_a_full_medium_is_not_sealed_with_octets_missing) {
  RocksHarness harness(RocksSetup::told());
  const std::string message = test::noise(60'000, 1);
  for (std::uint64_t room = 0; room < 62'000; room += 4000) {
    harness.files().set_room(room);
    const auto writer = harness.store().bodies().create();
    base::Result<> written;
    for (std::size_t at = 0; at < message.size() && written; at += 1000) written = writer->append(message.substr(at, 1000));
    auto sealed = writer->seal();
    BOOST_REQUIRE(!sealed);
    BOOST_TEST((sealed.error().code == base::errc::busy), "room " << room << ": " << test::why(sealed));
    harness.files().heal();
    BOOST_TEST(!writer->append("more").has_value());
    BOOST_TEST(!writer->seal().has_value());
    BOOST_TEST((test::read_body(harness.store(), keep(harness.store(), message)) == message));
  }
}

BOOST_AUTO_TEST_SUITE_END()
