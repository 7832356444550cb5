/// base/aead: what was sealed opens with the same key, nonce and words, and with nothing else.
#include "base/aead.hpp"

#include "base/codec.hpp"
#include "base/random.hpp"

using namespace understudy;
using namespace understudy::base;

namespace {

std::string octets(std::string_view hex) {
  const auto found = from_hex(hex);
  BOOST_REQUIRE(found.has_value());
  return *found;
}

SecretKey key_of(std::string_view hex) {
  const auto found = SecretKey::from(octets(hex));
  BOOST_REQUIRE(found.has_value());
  return *found;
}

std::string sealed(const SecretKey& key, std::string_view aad, std::string_view plain) {
  std::string out = "before";
  seal(key, nonce_of(7), aad, plain, out);
  BOOST_REQUIRE(out.starts_with("before"));
  return out.substr(6);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(aead)

/// Test cases 13 to 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), as far as their nonce is 12 octets.
BOOST_AUTO_TEST_CASE(the_published_test_cases_of_aes_256_gcm_come_out) {
  const std::string zeros(64, '0');
  struct Case {
    std::string key, nonce, aad, plain, expected;
  };
  const std::string key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
  const std::string text =
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b3"
      "9";
  const std::string hidden =
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66"
      "2";
  const Case cases[] = {
      {zeros, "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
      {zeros, "000000000000000000000000", "", "00000000000000000000000000000000",
       "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
      {key, "cafebabefacedbaddecaf888", "", text + "1aafd255", hidden + "898015adb094dac5d93471bdec1a502270e3cc6c"},
      {key, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", text,
       hidden + "76fc6ece0f4e1768cddf8853bb2d551b"},
  };
  for (const auto& each : cases) {
    Nonce nonce;
    std::ranges::copy(octets(each.nonce), nonce.begin());
    std::string out;
    seal(key_of(each.key), nonce, octets(each.aad), octets(each.plain), out);
    BOOST_TEST(to_hex(out) == each.expected);
    const auto back = open(key_of(each.key), nonce, octets(each.aad), out);
    BOOST_REQUIRE(back.has_value());
    BOOST_TEST(to_hex(*back) == each.plain);
  }
}

BOOST_AUTO_TEST_CASE(a_derived_key_is_that_of_rfc_5869_for_its_salt_and_use) {
  // Made by Python's hmac, since the vectors of the RFC have keys of 22 octets and more.
  const SecretKey key = key_of("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
  const SecretKey derived = derive(key, octets("000102030405060708090a0b0c"), octets("f0f1f2f3f4f5f6f7f8f9"));
  BOOST_TEST(to_hex(derived.view()) == "d4100799f26a09615a72af3e58fa3841a2ff20d5ace3fb392e562e207fe6b718");
  BOOST_TEST(!(derive(key, "salt", "one") == derive(key, "salt", "two")));
  BOOST_TEST(!(derive(key, "salt", "one") == derive(key, "other", "one")));
}

BOOST_AUTO_TEST_CASE(nothing_opens_what_was_changed_in_any_octet_or_cut_anywhere) {
  SystemRandom random;
  const SecretKey key = SecretKey::make(random);
  const std::string whole = sealed(key, "words beside it", "thirty-three octets of plain text");
  BOOST_REQUIRE(open(key, nonce_of(7), "words beside it", whole).has_value());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] ^= 1;
    const auto flipped = open(key, nonce_of(7), "words beside it", changed);
    BOOST_TEST((!flipped && flipped.error().code == errc::damaged));
    const auto cut = open(key, nonce_of(7), "words beside it", whole.substr(0, i));
    BOOST_TEST((!cut && cut.error().code == errc::damaged));
  }
  BOOST_TEST(!open(key, nonce_of(7), "words beside it", whole + "x").has_value());
}

BOOST_AUTO_TEST_CASE(another_key_nonce_or_word_beside_it_opens_nothing) {
  SystemRandom random;
  const SecretKey key = SecretKey::make(random), other = SecretKey::make(random);
  const std::string whole = sealed(key, "aad", "plain");
  BOOST_TEST(!open(other, nonce_of(7), "aad", whole).has_value());
  BOOST_TEST(!open(key, nonce_of(8), "aad", whole).has_value());
  BOOST_TEST(!open(key, nonce_of(7), "aae", whole).has_value());
  BOOST_TEST(!open(key, nonce_of(7), "", whole).has_value());
  BOOST_TEST(open(key, nonce_of(7), "aad", whole).has_value());  // and a failure leaves nothing behind for the next
}

BOOST_AUTO_TEST_CASE(numbers_become_nonces_that_are_all_different) {
  BOOST_TEST(to_hex({reinterpret_cast<const char*>(nonce_of(0x0102).data()), 12}) == "000000000000000000000102");
  BOOST_TEST(to_hex({reinterpret_cast<const char*>(nonce_of(~0ull).data()), 12}) == "00000000ffffffffffffffff");
}

BOOST_AUTO_TEST_CASE(a_key_has_32_octets_and_no_other_number) {
  BOOST_TEST(!SecretKey::from(std::string(31, 'k')).has_value());
  BOOST_TEST(!SecretKey::from(std::string(33, 'k')).has_value());
  BOOST_TEST(SecretKey::from(std::string(32, 'k')).has_value());
  std::string secret = "secret";
  wipe(secret);
  BOOST_TEST(secret.empty());
}

BOOST_AUTO_TEST_SUITE_END()
