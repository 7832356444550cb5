/// Signatures: the key of RFC 8032 §7.1 test 1 and what `openssl pkeyutl -sign -rawin` makes with it; every change refused.
#include "base/ed25519.hpp"

#include "base/codec.hpp"

using namespace understudy::base;

namespace {

const std::string pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
const std::string public_hex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const std::string signed_hex =  // over "a context", 00, af 82
    "d42baa947a922331928008535b36091e99dcc70cf46177215632fd2004746302"
    "409ee7bc04a9adb4fb6b802781530b06309afa91bf7e098ad3c15b2da7a3bb0c";
const std::string octets = "\xaf\x82";

SigningKey key() {
  auto read = SigningKey::from_pem(pem);
  BOOST_REQUIRE(read.has_value());
  return *read;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ed25519)

BOOST_AUTO_TEST_CASE(a_key_signs_as_another_program_does_and_is_written_as_it_was_read) {
  const auto signing = key();
  BOOST_TEST(to_hex(signing.public_key().view()) == public_hex);
  BOOST_TEST(to_hex(view(signing.sign("a context", octets))) == signed_hex);
  BOOST_TEST(signing.to_pem() == pem);
}

BOOST_AUTO_TEST_CASE(a_signature_holds_for_its_key_its_context_and_its_octets_alone) {
  SystemRandom random;
  const auto signing = key();
  const auto signature = signing.sign("a context", octets);
  BOOST_TEST(verify(signing.public_key(), "a context", octets, signature));
  BOOST_TEST(!verify(signing.public_key(), "another", octets, signature));
  BOOST_TEST(!verify(signing.public_key(), "a contex", 't' + octets, signature));
  BOOST_TEST(!verify(signing.public_key(), "a context", octets + '\0', signature));
  BOOST_TEST(!verify(SigningKey::make(random).public_key(), "a context", octets, signature));
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    auto changed = signature;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    BOOST_TEST(!verify(signing.public_key(), "a context", octets, changed), "bit " << bit);
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_made_comes_back_from_its_file) {
  SystemRandom random;
  const auto made = SigningKey::make(random);
  auto again = SigningKey::from_pem(made.to_pem());
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST((again->public_key() == made.public_key()));
  BOOST_TEST((again->sign("c", "o") == made.sign("c", "o")));
}

BOOST_AUTO_TEST_CASE(what_is_no_ed25519_key_in_pem_is_malformed) {
  const std::string ed448 =
      "-----BEGIN PRIVATE KEY-----\n"
      "MEcCAQAwBQYDK2VxBDsEOQxoQ0VaGNl53dErT1e4mEvuaStzvCpsT0NkQinl9Qr0\n"
      "1v/recKc1sms9h86IKnWpkGZd/+VLCTblg==\n"
      "-----END PRIVATE KEY-----\n";
  const std::string with_password =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAh2lk4m+o/W4AICCAAw\n"
      "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEHMXCZVmrgkaHX7VEZeGdhQEQOWh\n"
      "/U+p/UiB4dofar6BSvo1qgJ52QfciVoWl82AszILlwWoEMarl9w8cK95a9iSMUm/\n"
      "FiyrUrmt2ShR3MHAOKg=\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  for (const auto& text : {std::string(), std::string("no key"), pem.substr(0, 60), ed448, with_password})
    BOOST_TEST((SigningKey::from_pem(text).error().code == errc::malformed), text);
}

BOOST_AUTO_TEST_CASE(a_public_key_is_written_with_its_kind_and_read_back) {
  const auto text = key().public_key().text();
  BOOST_TEST(text == "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  BOOST_TEST((PublicKey::parse(text) == key().public_key()));
  for (const auto& wrong : {std::string("ed25519:"), text.substr(8), text.substr(0, text.size() - 1), text + "=", "rsa" + text,
                            std::string("ed25519:AAAA"), std::string("ed25519:...")})
    BOOST_TEST(!PublicKey::parse(wrong).has_value(), wrong);
}

BOOST_AUTO_TEST_SUITE_END()
