/// Time stamps of heads, by an authority that is the openssl program: what is believed, what is refused by name, what is kept.
#include <openssl/pem.h>
#include <openssl/ts.h>

#include "archive/head_signer.hpp"
#include "archive/journal/heads.hpp"
#include "archive/journal/timestamp/kept.hpp"
#include "tests/support/archive_world.hpp"
#include "tests/support/timestamp_authority.hpp"

using namespace understudy;
using namespace understudy::archive;
using journal::SignedHead;
using journal::timestamp::errc;
using journal::timestamp::Query;
using journal::timestamp::Roots;
using journal::timestamp::Stamp;
namespace timestamp = journal::timestamp;

namespace {

SignedHead a_head(std::uint64_t size = 7) {
  sim::SimRandom random(size);
  journal::TreeHead head;
  head.head.size = size;
  return SignedHead::sign(head, base::SigningKey::make(random));
}

Roots roots_of(const sim::TimestampAuthority& authority) {
  auto roots = Roots::from_pem(authority.roots());
  BOOST_REQUIRE(roots.has_value());
  return std::move(*roots);
}

/// The name of what was wrong; empty: nothing was.
std::string why(const base::Result<Stamp>& stamp) {
  if (stamp) return {};
  if (stamp.error().code.category() != timestamp::category()) return stamp.error().text();
  return std::string(timestamp::name_of(static_cast<errc>(stamp.error().code.value())));
}

/// The same answer, with another certificate beside its signature.
std::string with_certificate(const std::string& answer, const std::string& pem) {
  const auto* at = reinterpret_cast<const unsigned char*>(answer.data());
  TS_RESP* response = d2i_TS_RESP(nullptr, &at, static_cast<long>(answer.size()));
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  PKCS7* token = TS_RESP_get_token(response);
  while (sk_X509_num(token->d.sign->cert) > 0) X509_free(sk_X509_pop(token->d.sign->cert));
  PKCS7_add_certificate(token, certificate);
  unsigned char* octets = nullptr;
  const int size = i2d_TS_RESP(response, &octets);
  std::string changed(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
  OPENSSL_free(octets);
  X509_free(certificate);
  BIO_free(bio);
  TS_RESP_free(response);
  return changed;
}

struct World : test::ArchiveWorld {
  World() { BOOST_REQUIRE(open()); }
  SignedHead sign() {
    test::Letter letter("Message-ID: <" + std::to_string(letters++) + "@world.example>\r\n\r\nx\r\n");
    letter.to("a@example.org").file("a@example.org");
    BOOST_REQUIRE(accept(letter));
    if (!signer) signer = std::move(*HeadSigner::make(archive(), clock, base::SigningKey::make(random)));
    std::optional<SignedHead> signed_head;
    signer->sign([&](base::Result<SignedHead> head) { signed_head = *head; });
    pump();
    BOOST_REQUIRE(signed_head.has_value());
    return *signed_head;
  }
  base::Result<> keep(const SignedHead& head, const Stamp& stamp) {
    return change([&](commit::Stage& stage, commit::Owners&) { return timestamp::keep(stage, head, stamp); });
  }
  std::vector<std::string> faults() {
    auto found = timestamp::verify(store(), 0);
    BOOST_REQUIRE(found.has_value());
    return *found;
  }

  std::unique_ptr<HeadSigner> signer;
  int letters = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_timestamp)

BOOST_AUTO_TEST_CASE(an_authority_stamps_what_was_asked_for_and_its_answer_is_kept_as_it_came) {
  const sim::TimestampAuthority authority;
  base::SystemRandom random;
  const auto query = Query::make(a_head(), random);
  const auto answer = authority.answer(query.encode());
  const auto stamp = roots_of(authority).check(query, answer);
  BOOST_REQUIRE_MESSAGE(stamp.has_value(), why(stamp));
  BOOST_TEST((stamp->response == answer && stamp->imprint == timestamp::imprint_of(a_head())));
  const auto age = base::SystemClock().now() - stamp->time;
  BOOST_TEST((age > std::chrono::seconds(-2) && age < std::chrono::minutes(1)));
  const std::string value = stamp->encode();
  const auto again = Stamp::decode(value);
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST((again->response == answer && again->time == stamp->time && again->imprint == stamp->imprint));
}

BOOST_AUTO_TEST_CASE(a_query_asks_for_SHA256_for_the_certificate_and_with_a_nonce_of_its_own) {
  const sim::TimestampAuthority authority;
  base::SystemRandom random;
  const auto query = Query::make(a_head(), random);
  authority.directory().write("asked", query.encode());
  const auto text = authority.run("ts -query -in asked -text");
  for (const auto* part : {"Version: 1\n", "Hash Algorithm: sha256\n", "Certificate required: yes\n", "Nonce: 0x"})
    BOOST_TEST(text.find(part) != std::string::npos, part << " in " << text);
  BOOST_TEST(Query::make(a_head(), random).nonce != query.nonce);
}

BOOST_AUTO_TEST_CASE(what_is_not_the_answer_has_a_name) {
  const sim::TimestampAuthority authority, stranger, refuses("sha512");
  base::SystemRandom random;
  const auto query = Query::make(a_head(7), random);
  auto other_nonce = query, other_imprint = query;
  other_nonce.nonce += 1;
  other_imprint.imprint = timestamp::imprint_of(a_head(8));
  const auto answer = authority.answer(query.encode());
  const std::vector<std::pair<std::string, std::string>> rows = {
      {answer, ""},
      {authority.answer(other_nonce.encode()), "other_nonce"},
      {authority.answer(other_imprint.encode()), "other_imprint"},
      {stranger.answer(query.encode()), "untrusted"},
      {with_certificate(answer, authority.certificate_for_nothing()), "untrusted"},
      {refuses.answer(query.encode()), "not_granted"},
      {"", "malformed"},
      {"<html>busy</html>", "malformed"},
      {query.encode(), "malformed"},
      {answer + '\0', "malformed"},
      {answer.substr(0, answer.size() - 1), "malformed"},
      {answer + std::string(timestamp::max_response, 'x'), "too_large"},
  };
  const auto roots = roots_of(authority);
  for (std::size_t row = 0; row < rows.size(); ++row)
    BOOST_TEST(why(roots.check(query, rows[row].first)) == rows[row].second, "row " << row);
}

BOOST_AUTO_TEST_CASE(an_octet_that_was_changed_changes_neither_time_nor_imprint) {
  const sim::TimestampAuthority authority;
  base::SystemRandom random;
  const auto query = Query::make(a_head(), random);
  const auto answer = authority.answer(query.encode());
  const auto roots = roots_of(authority);
  const auto good = roots.check(query, answer);
  BOOST_REQUIRE(good.has_value());
  std::size_t bad_signatures = 0;
  for (std::size_t at = 0; at < answer.size(); ++at) {
    auto changed = answer;
    changed[at] = static_cast<char>(changed[at] ^ 1 << at % 8);
    const auto stamp = roots.check(query, changed);
    BOOST_TEST((!stamp || (stamp->time == good->time && stamp->imprint == good->imprint)), "octet " << at);
    bad_signatures += why(stamp) == "bad_signature";
  }
  BOOST_TEST(bad_signatures > 32u);
}

BOOST_AUTO_TEST_CASE(roots_are_certificates_and_nothing_else) {
  const sim::TimestampAuthority authority, second;
  BOOST_TEST(!Roots::from_pem(""));
  BOOST_TEST(!Roots::from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  BOOST_TEST(!Roots::from_pem(authority.roots() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  const auto both = Roots::from_pem(second.roots() + authority.roots());
  BOOST_REQUIRE(both.has_value());
  base::SystemRandom random;
  const auto query = Query::make(a_head(), random);
  BOOST_TEST(both->check(query, authority.answer(query.encode())).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_stamp_is_kept_for_its_head_alone_and_found_again, World) {
  const sim::TimestampAuthority authority;
  const auto first = sign(), second = sign();
  const auto stamp = Stamp::parse(authority.answer(Query::make(first, random).encode()));
  BOOST_REQUIRE(stamp.has_value());
  const auto nothing = timestamp::last_stamped(store(), 0);
  BOOST_TEST((nothing && !*nothing));
  auto forged = first;
  forged.signature[0] ^= 1;
  for (const auto& other : {a_head(), forged}) BOOST_TEST(!keep(other, *stamp));  // never signed here
  BOOST_REQUIRE(keep(first, *stamp).has_value());
  const auto found = timestamp::find(store(), first.head), none = timestamp::find(store(), second.head);
  BOOST_REQUIRE((found && *found && none && !*none));
  BOOST_TEST(((*found)->response == stamp->response));
  const auto last = timestamp::last_stamped(store(), 0);
  BOOST_TEST((last && *last == first));
  BOOST_TEST(faults().empty());
  BOOST_REQUIRE(keep(second, *stamp).has_value());
  BOOST_REQUIRE(faults().size() == 1u);
  BOOST_TEST(faults()[0].ends_with("it is of another head"));
}

BOOST_FIXTURE_TEST_CASE(verify_names_a_stamp_that_cannot_be_read_and_one_whose_head_is_gone, World) {
  const sim::TimestampAuthority authority;
  const auto head = sign();
  const auto stamp = Stamp::parse(authority.answer(Query::make(head, random).encode()));
  const auto shard = store::Shard{store::ShardKind::journal, 0};
  const auto put = [&](const journal::TreeHead& under, std::string value) {
    const auto key = journal::head_key(under);
    return change([&](commit::Stage& stage, commit::Owners&) -> base::Result<> {
      stage.put(shard, store::Table::timestamps, key, value);
      return {};
    });
  };
  BOOST_REQUIRE(put(a_head(3).head, stamp->encode()).has_value());
  BOOST_REQUIRE(put(head.head, stamp->encode().substr(0, 40)).has_value());
  BOOST_REQUIRE(faults().size() == 2u);
  BOOST_TEST(!timestamp::find(store(), head.head));
  const std::string all = faults()[0] + faults()[1];
  BOOST_TEST(all.find("over 3 entries: its head is not there") != std::string::npos);
  BOOST_TEST(all.find("is no time stamp") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
