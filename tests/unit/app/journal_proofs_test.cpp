/// The verbs that give proofs away: what they show, what they hide, and how they say no.
#include <thread>

#include "archive/journal/head.hpp"
#include "archive/journal/proof/check.hpp"
#include "archive/journal/timestamp/kept.hpp"
#include "base/codec.hpp"
#include "tests/support/timestamp_authority.hpp"
#include "tests/unit/app/admin_world.hpp"

using namespace understudy;
using test::text_of;
using Status = app::AdminAnswer::Status;

namespace {

const std::string alice = "alice@example.org", bob = "bob@example.org";

struct World : test::AdminWorld {
  void letters(int count) {
    for (int i = 0; i < count; ++i)
      BOOST_REQUIRE(accept(test::Letter(std::to_string(number++)).to(alice).file(alice).to(bob).file(bob)));
  }
  static base::Result<archive::journal::TreeHead> head_of(const boost::json::value& json) {
    const std::string octets = *base::from_base64(text_of(json, "octets"));
    const auto head = archive::journal::TreeHead::decode(octets);
    if (!head) return head;
    const auto key = base::PublicKey::parse(text_of(json, "key"));
    const auto signature = base::signature_from(*base::from_base64(text_of(json, "signature")));
    BOOST_TEST((key && archive::journal::SignedHead{*head, *key, signature}.holds()));
    return head;
  }
  static archive::journal::proof::Path path_of(const boost::json::value& json) {
    archive::journal::proof::Path path;
    for (const auto& hash : json.as_object().at("path").as_array())
      path.push_back(base::digest_from(*base::from_hex(std::string(hash.as_string()))));
    return path;
  }
  static std::size_t shown(const boost::json::value& proof) {
    std::size_t count = 0;
    for (const auto& part : proof.as_object().at("entry").as_object().at("recipients").as_array())
      count += part.as_object().contains("octets");
    return count;
  }
  boost::json::array sign_and_list() {
    get("journal/sign");
    return list("journal/heads");
  }
  /// Signs what there is.
  archive::journal::SignedHead sign() {
    std::optional<archive::journal::SignedHead> head;
    head_signer->sign([&](base::Result<archive::journal::SignedHead> made) { head = *made; });
    pump();
    BOOST_REQUIRE(head.has_value());
    return *head;
  }
  std::string stamp(const archive::journal::SignedHead& head, const archive::journal::SignedHead& kept_for) {
    const auto query = archive::journal::timestamp::Query::make(head, random);
    const auto made = archive::journal::timestamp::Stamp::parse(authority.answer(query.encode()));
    BOOST_REQUIRE(made.has_value());
    BOOST_REQUIRE(change([&](archive::commit::Stage& stage, archive::commit::Owners&) {
      return archive::journal::timestamp::keep(stage, kept_for, *made);
    }));
    return base::to_base64(made->response);
  }
  void countersign(const archive::journal::SignedHead& head) {
    const auto key = base::SigningKey::make(random);
    bool kept = false;
    witness->keep(archive::witness::Countersigned::sign(head, key, clock.now()),
                  [&](const base::Result<>& done) { kept = done.has_value(); });
    pump();
    BOOST_REQUIRE(kept);
  }
  /// Which head a proof of the first entry is over, and whether it carries a stamp and a countersignature.
  std::string proven() {
    const auto proof = get("journal/prove", {{"position", "0.0"}}).as_object();
    std::string text = std::to_string(head_of(proof.at("head"))->head.size);
    if (proof.contains("timestamp")) text += " stamped";
    if (proof.contains("witness")) text += " countersigned";
    return text;
  }

  sim::TimestampAuthority authority;
  int number = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(journal_proofs, World)

BOOST_AUTO_TEST_CASE(a_proof_closes_and_shows_the_recipients_that_were_asked_for) {
  letters(5);
  const std::vector<std::pair<boost::json::object, std::size_t>> rows = {
      {{{"position", "0.3"}}, 0},
      {{{"position", "3"}, {"recipients", {"Bob@Example.ORG"}}}, 1},
      {{{"position", "0.3"}, {"recipients", {alice, bob}}}, 2},
      {{{"position", "0.3"}, {"all", 1}}, 2},
  };
  for (const auto& [arguments, count] : rows) {
    const auto proof = get("journal/prove", arguments);
    BOOST_TEST(shown(proof) == count);
    const auto head = head_of(proof.as_object().at("head"));
    BOOST_REQUIRE(head.has_value());
    const auto leaf = get("journal/show", {{"position", "0.3"}});
    const auto digest = base::digest_from(*base::from_hex(text_of(leaf, "leaf")));
    BOOST_TEST(archive::journal::proof::check_inclusion(digest, 3, head->head, path_of(proof)).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_younger_entry_than_the_last_head_gets_a_new_one) {
  letters(2);
  const auto first = head_of(get("journal/prove", {{"position", "0.1"}}).as_object().at("head"));
  const auto same = head_of(get("journal/prove", {{"position", "0.0"}}).as_object().at("head"));
  letters(1);
  const auto later = head_of(get("journal/prove", {{"position", "0.3"}}).as_object().at("head"));
  BOOST_TEST((*first == *same));
  BOOST_TEST(later->head.size > first->head.size);
  BOOST_TEST(list("journal/heads").size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_proven_is_refused_by_name) {
  BOOST_TEST(status("journal/prove", {{"position", "0.0"}}) == Status::not_found);  // the journal is empty
  letters(2);
  BOOST_TEST(status("journal/prove", {{"position", "0.99"}}) == Status::not_found);
  BOOST_TEST(status("journal/prove", {{"position", "one"}}) == Status::wrong_usage);
  BOOST_TEST(status("journal/prove", {{"position", "0.0"}, {"recipients", {"carol@example.org"}}}) == Status::not_found);
  BOOST_TEST(status("journal/octets", {{"position", "0.99"}}) == Status::not_found);
  BOOST_TEST(status("journal/octets", {{"position", "0.2"}}) == Status::not_found);  // it tells of the key
  BOOST_TEST(status("journal/consistency", {{"from", 99}}) == Status::not_found);
}

BOOST_AUTO_TEST_CASE(a_later_head_is_shown_to_continue_an_earlier_one) {
  letters(3);
  const auto first = sign_and_list();
  letters(4);
  const auto second = sign_and_list();
  BOOST_REQUIRE((first.size() == 1u && second.size() == 2u));
  const auto size = first[0].as_object().at("size");
  const auto json = get("journal/consistency", {{"from", size}}).as_object();
  const auto from = head_of(json.at("first"));
  const auto to = head_of(json.at("second"));
  BOOST_REQUIRE((from && to));
  BOOST_TEST(archive::journal::proof::check_consistency(from->head, to->head, path_of(json)).has_value());
}

BOOST_AUTO_TEST_CASE(the_octets_that_a_proof_speaks_of_are_given_as_they_were_handed_on) {
  const test::Letter letter = test::Letter("Subject: x\r\n\r\none\r\n").to(bob).file(bob);
  BOOST_REQUIRE(accept(letter));
  auto answer = ask("journal/octets", {{"position", "0.0"}});
  BOOST_REQUIRE(answer.octets.has_value());
  BOOST_TEST(*answer.octets->read(0) == letter.handed());
}

BOOST_AUTO_TEST_CASE(a_new_key_signs_what_comes_after_it) {
  letters(1);
  const auto before = text_of(sign_and_list()[0], "key");
  const auto key = text_of(get("journal/rotate-key"), "key");
  BOOST_TEST(key != before);
  const auto heads = sign_and_list();
  BOOST_REQUIRE(heads.size() == 2u);
  BOOST_TEST(text_of(heads[0], "key") == before);
  BOOST_TEST(text_of(heads[1], "key") == key);
}

BOOST_AUTO_TEST_CASE(a_proof_is_over_the_head_that_others_vouch_for_most) {
  letters(1);
  const auto first = sign();
  const auto size = first.head.head.size;
  BOOST_TEST(proven() == std::to_string(size));
  const auto given = stamp(first, first);
  BOOST_TEST(text_of(get("journal/prove", {{"position", "0.0"}}), "timestamp") == given);
  letters(1);
  const auto second = sign();
  BOOST_TEST(proven() == std::to_string(size) + " stamped");
  countersign(second);
  BOOST_TEST(proven() == std::to_string(size + 1) + " countersigned");
  countersign(first);
  BOOST_TEST(proven() == std::to_string(size) + " stamped countersigned");
  const auto late = get("journal/prove", {{"position", "0." + std::to_string(size)}}).as_object();
  BOOST_TEST((late.contains("witness") && !late.contains("timestamp")));  // the stamped head does not cover it
  stamp(second, second);
  BOOST_TEST(proven() == std::to_string(size + 1) + " stamped countersigned");
}

BOOST_AUTO_TEST_CASE(heads_show_when_they_were_stamped_and_verify_reads_each_stamp) {
  letters(1);
  const auto first = sign();
  letters(1);
  const auto second = sign();
  stamp(second, second);
  const auto heads = list("journal/heads");
  BOOST_REQUIRE(heads.size() == 2u);
  BOOST_TEST(heads[0].as_object().at("timestamped").is_null());
  BOOST_TEST(text_of(heads[1], "timestamped").ends_with("Z"));
  const auto faults = [&] {
    const auto job = get("journal/verify", {}).as_object().at("job");
    for (int turn = 0; turn < 10'000; ++turn) {
      const auto told = get("journal/progress", {{"job", job}}).as_object();
      if (told.at("finished").as_bool()) return boost::json::serialize(told.at("faults"));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return std::string("never finished");
  };
  BOOST_TEST(faults() == "[]");
  stamp(second, first);
  BOOST_TEST(faults().find("it is of another head") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_bit_of_a_journal_is_shown_where_it_does_not_close) {
  letters(3);
  const auto leaf_key = base::Writer().u64(1).take();
  const archive::store::Shard shard{archive::store::ShardKind::journal, 0};
  auto leaf = **store().get(shard, archive::store::Table::leaves, leaf_key);
  leaf[0] = static_cast<char>(leaf[0] ^ 1);
  archive::store::Batch batch(shard);
  batch.put(archive::store::Table::leaves, leaf_key, leaf);
  BOOST_REQUIRE(store().commit(std::span(&batch, 1), archive::store::Sync::now));
  const auto answer = ask("journal/prove", {{"position", "0.0"}});  // its path has the leaf beside it
  BOOST_TEST(answer.status == Status::failed);
  BOOST_TEST(boost::json::serialize(answer.value).find("journal verify") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
