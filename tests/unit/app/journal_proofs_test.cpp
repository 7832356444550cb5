/// The verbs that give proofs away: what they show, what they hide, and how they say no.
#include "archive/journal/head.hpp"
#include "archive/journal/proof/check.hpp"
#include "base/codec.hpp"
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
  const auto first = list("journal/heads", {{"now", 1}});
  letters(4);
  const auto second = list("journal/heads", {{"now", 1}});
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
  const auto before = text_of(list("journal/heads", {{"now", 1}})[0], "key");
  const auto key = text_of(get("journal/rotate-key"), "key");
  BOOST_TEST(key != before);
  const auto heads = list("journal/heads", {{"now", 1}});
  BOOST_REQUIRE(heads.size() == 2u);
  BOOST_TEST(text_of(heads[0], "key") == before);
  BOOST_TEST(text_of(heads[1], "key") == key);
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
