#include "base/codec.hpp"
#include "base/digest.hpp"
#include "mail/sasl/verifier.hpp"

using namespace understudy;
using namespace understudy::mail::sasl;
using namespace std::string_literals;

namespace {

std::string mac(std::string_view key, std::string_view text) {
  return std::string(base::view(base::hmac_sha256(key, text)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sasl_verifier)

BOOST_AUTO_TEST_CASE(the_keys_are_those_of_the_example_in_rfc_7677) {
  const auto verifier = make_verifier("pencil", *base::from_base64("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
  BOOST_REQUIRE(verifier.has_value());
  const auto nonce = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"s;
  const auto message = "n=user,r=rOprNGfwEbeRWgbNEkqO," + nonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws," + nonce;
  BOOST_TEST(base::to_base64(mac(verifier->server_key, message)) == "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  auto client_key = *base::from_base64("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  const auto signature = mac(verifier->stored_key, message);
  for (std::size_t i = 0; i < client_key.size(); ++i) client_key[i] = static_cast<char>(client_key[i] ^ signature[i]);
  BOOST_TEST(std::string(base::view(base::sha256(client_key))) == verifier->stored_key);
}

BOOST_AUTO_TEST_CASE(a_verifier_survives_its_text_form) {
  base::SystemRandom random;
  const auto verifier = make_verifier("secret", random);
  BOOST_REQUIRE(verifier.has_value());
  BOOST_TEST(verifier->text().starts_with("{SCRAM-SHA-256}10000,"));
  const auto back = Verifier::parse(verifier->text());
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST((*back == *verifier));
  BOOST_TEST(is_password_of(*back, "secret"));
  BOOST_TEST(!is_password_of(*back, "Secret"));
  BOOST_TEST(!is_password_of(*back, ""));
}

BOOST_AUTO_TEST_CASE(passwords_are_prepared_before_they_are_hashed) {
  const auto verifier = make_verifier("a\xc2\xaa\xe2\x85\xa8", "0123456789abcdef", 4096);  // ordinal indicator, roman nine
  BOOST_REQUIRE(verifier.has_value());
  BOOST_TEST(is_password_of(*verifier, "aaIX"));
  BOOST_TEST(!make_verifier("\x07", "0123456789abcdef", 4096).has_value());
  BOOST_TEST(!make_verifier("\xff", "0123456789abcdef", 4096).has_value());
  BOOST_TEST(!make_verifier("a\0b"s, "0123456789abcdef", 4096).has_value());
  BOOST_TEST(!make_verifier("", "0123456789abcdef", 4096).has_value());
}

BOOST_AUTO_TEST_CASE(a_text_that_is_no_verifier_is_refused) {
  const auto key = base::to_base64(std::string(32, 'k'));
  const auto good = "{SCRAM-SHA-256}4096,c2FsdA==," + key + "," + key;
  BOOST_TEST(Verifier::parse(good).has_value());
  const std::string cases[] = {"",
                               "secret",
                               "{SCRAM-SHA-1}4096,c2FsdA==," + key + "," + key,
                               "{SCRAM-SHA-256}4096,c2FsdA==," + key,
                               good + ",x",
                               good + "=",
                               "{SCRAM-SHA-256}4095,c2FsdA==," + key + "," + key,
                               "{SCRAM-SHA-256}-1,c2FsdA==," + key + "," + key,
                               "{SCRAM-SHA-256}99999999999,c2FsdA==," + key + "," + key,
                               "{SCRAM-SHA-256}4096,," + key + "," + key,
                               "{SCRAM-SHA-256}4096,c2F sdA==," + key + "," + key,
                               "{SCRAM-SHA-256}4096,c2FsdA==,a2V5," + key};
  for (const auto& text : cases) BOOST_TEST_CONTEXT(text) BOOST_TEST(!Verifier::parse(text).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
