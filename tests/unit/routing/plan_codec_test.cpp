#include "routing/plan_codec.hpp"

#include <random>

#include "base/bytes.hpp"
#include "routing/describe.hpp"

using namespace understudy::routing;
using understudy::base::errc;
using understudy::mail::smtp::Reply;

namespace {

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t n) { return engine_() % n; }
  std::string text() {
    std::string out(below(4) == 0 ? below(300) : below(12), '\0');
    for (char& c : out) c = static_cast<char>(engine_());
    return out;
  }
  File file() { return {text(), text(), below(2) == 1, below(2) == 1, text()}; }
  Enqueue entry() {
    Enqueue out{static_cast<EntryKind>(1 + below(3)), {text()}, std::nullopt};
    if (below(2) == 1) out.forward_path = understudy::mail::address::Address{text(), text()};
    if (below(2) == 1) out.custody = Switch::on;
    return out;
  }
  RecipientPlan recipient() {
    RecipientPlan out;
    for (auto n = below(4); n > 0; --n) out.files.push_back(file());
    for (auto n = below(4); n > 0; --n) out.enqueues.push_back(entry());
    if (below(2) == 1) {
      out.returned = Reply(static_cast<int>(200 + below(400)), text(), text());
      for (auto n = below(3); n > 0; --n) out.returned->lines.push_back(text());
    }
    out.success = static_cast<Report>(below(3));
    return out;
  }
  Plan common() {
    Plan out;
    if (below(2) == 1) out.sent = file();
    for (auto n = below(4); n > 0; --n) out.marks.push_back(text());
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

PlanCommon part(const Plan& plan) {
  return {plan.sent, plan.marks};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_codec)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Maker make(seed);
    const auto recipient = make.recipient();
    const auto plan = make.common();
    BOOST_TEST_CONTEXT("seed " << seed) {
      const auto got = decode_recipient(encode_recipient(recipient));
      BOOST_REQUIRE(got.has_value());
      BOOST_TEST((*got == recipient));
      const auto common = decode_common(encode_common(plan));
      BOOST_REQUIRE(common.has_value());
      BOOST_TEST((*common == part(plan)));
    }
  }
}

BOOST_AUTO_TEST_CASE(cut_anywhere_it_is_damaged_and_with_more_at_its_end_it_is_the_same) {
  Maker make(7);
  RecipientPlan recipient;
  recipient.files = {make.file()};
  recipient.enqueues = {make.entry()};
  recipient.returned = Reply(550, "5.1.1", "no such user");
  Plan plan;
  plan.sent = make.file();
  plan.marks = {"loop", "returned"};
  const std::string one = encode_recipient(recipient), other = encode_common(plan);
  for (std::size_t n = 0; n < one.size(); ++n) {
    const auto got = decode_recipient(one.substr(0, n));
    BOOST_TEST((!got && got.error().code == errc::damaged), n);
  }
  for (std::size_t n = 0; n < other.size(); ++n) {
    const auto got = decode_common(other.substr(0, n));
    BOOST_TEST((!got && got.error().code == errc::damaged), n);
  }
  BOOST_TEST((*decode_recipient(one + "later fields") == recipient));
  BOOST_TEST((*decode_common(other + "later fields") == part(plan)));
}

BOOST_AUTO_TEST_CASE(fields_added_later_inside_a_file_are_skipped) {
  using understudy::base::Writer;
  const std::string file = Writer().text("alice@example.org").text("INBOX").u8(1).text("").text("a later field").u32(7).take();
  const std::string octets = Writer(1).varint(1).text(file).varint(0).u8(0).u8(1).take();
  const auto got = decode_recipient(octets);
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(describe(*got) == "create and file alice@example.org/INBOX, report delivered");
}

BOOST_AUTO_TEST_CASE(a_later_version_is_unsupported_and_not_guessed_at) {
  std::string octets = encode_recipient({});
  octets[0] = 2;
  BOOST_TEST((decode_recipient(octets).error().code == errc::unsupported));
  octets[0] = 0;
  BOOST_TEST((decode_recipient(octets).error().code == errc::damaged));
}

BOOST_AUTO_TEST_CASE(a_value_that_no_writer_has_is_damaged) {
  using understudy::base::Writer;
  const auto entry = [](int kind, int rewritten) {
    const std::string inner = Writer()
                                  .u8(static_cast<std::uint8_t>(kind))
                                  .text("route:*")
                                  .u8(static_cast<std::uint8_t>(rewritten))
                                  .text("a")
                                  .text("b")
                                  .take();
    return Writer(1).varint(0).varint(1).text(inner).u8(0).u8(0).take();
  };
  const auto tail = [](int present, const std::string& reply, int success) {
    Writer out(1);
    out.varint(0).varint(0).u8(static_cast<std::uint8_t>(present));
    return out.text(reply).u8(static_cast<std::uint8_t>(success)).take();
  };
  const std::string reply = Writer().u16(550).text("5.1.1").varint(1).text("no such user").take();
  const std::string long_reply = Writer().u16(550).text("5.1.1").varint(1025).raw(std::string(1025, '\0')).take();
  BOOST_TEST((decode_recipient(entry(1, 1)) && decode_recipient(entry(3, 0)) && decode_recipient(tail(1, reply, 2))));
  for (const std::string& bad :
       {entry(0, 1), entry(4, 1), entry(1, 2), tail(2, reply, 0), tail(1, reply, 3), tail(1, long_reply, 0), std::string()}) {
    const auto got = decode_recipient(bad);
    BOOST_TEST((!got && got.error().code == errc::damaged));
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_or_invented_octet_never_costs_more_than_an_error) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Maker make(seed);
    std::string octets = encode_recipient(make.recipient());
    for (auto n = 1 + make.below(3); n > 0; --n) octets[make.below(octets.size())] = static_cast<char>(make.below(256));
    if (const auto got = decode_recipient(octets))
      BOOST_TEST((*decode_recipient(encode_recipient(*got)) == *got), "seed " << seed);
    std::string common = encode_common(make.common());
    common[make.below(common.size())] = static_cast<char>(make.below(256));
    if (const auto got = decode_common(common)) BOOST_TEST(got->marks.size() <= common.size());
  }
  std::string huge_count("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
  BOOST_TEST(!decode_recipient(huge_count));
}

BOOST_AUTO_TEST_CASE(a_senders_local_part_cannot_look_like_a_clause_of_ours) {
  RecipientPlan recipient;
  recipient.files = {{"x\"; 2: relay mx:evil@example.org", "INBOX\r\n", false, false, {}}};
  BOOST_TEST(describe(recipient) == "file \"x\\\"; 2: relay mx:evil@example.org\"/INBOX\\x0d\\x0a");
  recipient.files = {{"x, relay mx:evil@example.org", "INBOX", false, false, {}}};
  BOOST_TEST(describe(recipient) == "file \"x, relay mx:evil@example.org\"/INBOX");
}

BOOST_AUTO_TEST_SUITE_END()
