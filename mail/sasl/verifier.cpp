#include "mail/sasl/verifier.hpp"

#include <array>

#include <gsasl.h>

#include "base/codec.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

namespace understudy::mail::sasl {
namespace {

constexpr std::string_view scheme = "{SCRAM-SHA-256}";
constexpr unsigned min_iterations = 4096, max_iterations = 10'000'000;
constexpr std::size_t max_salt = 64, salt_octets = 16, key_octets = GSASL_HASH_SHA256_SIZE;

using Key = std::array<char, key_octets>;

std::string text_of(const Key& key) {
  return {key.data(), key.size()};
}

std::unexpected<base::Error> malformed(std::string what) {
  return base::fail(std::move(what), base::errc::malformed);
}

}  // namespace

std::string Verifier::text() const {
  return std::string(scheme) + std::to_string(iterations) + ',' + base::to_base64(salt) + ',' + base::to_base64(stored_key) +
         ',' + base::to_base64(server_key);
}

base::Result<Verifier> Verifier::parse(std::string_view text) {
  if (!text.starts_with(scheme)) return malformed("password verifier: not " + std::string(scheme));
  const auto fields = base::split(text.substr(scheme.size()), ',');
  if (fields.size() != 4) return malformed("password verifier: four fields are needed");
  const auto iterations = base::to_number(fields[0]);
  const auto salt = base::from_base64(fields[1]), stored = base::from_base64(fields[2]), server = base::from_base64(fields[3]);
  if (!iterations || *iterations < min_iterations || *iterations > max_iterations)
    return malformed("password verifier: iterations");
  if (!salt || salt->empty() || salt->size() > max_salt) return malformed("password verifier: salt");
  if (!stored || stored->size() != key_octets || !server || server->size() != key_octets)
    return malformed("password verifier: keys");
  return Verifier{static_cast<unsigned>(*iterations), *salt, *stored, *server};
}

base::Result<Verifier> make_verifier(std::string_view password, std::string_view salt, unsigned iterations) {
  const bool sound = !password.empty() && password.find('\0') == password.npos && !salt.empty() && salt.size() <= max_salt &&
                     iterations >= min_iterations && iterations <= max_iterations;
  if (!sound) return malformed("password or its parameters");
  const std::string terminated(password);
  Key salted, client, server, stored;
  const int code = gsasl_scram_secrets_from_password(GSASL_HASH_SHA256, terminated.c_str(), iterations, salt.data(),
                                                     salt.size(), salted.data(), client.data(), server.data(), stored.data());
  if (code != GSASL_OK) return malformed(std::string("password: ") + gsasl_strerror(code));
  return Verifier{iterations, std::string(salt), text_of(stored), text_of(server)};
}

base::Result<Verifier> make_verifier(std::string_view password, base::Random& random, unsigned iterations) {
  return make_verifier(password, random.octets(salt_octets), iterations);
}

bool is_password_of(const Verifier& verifier, std::string_view password) {
  const auto made = make_verifier(password, verifier.salt, verifier.iterations);
  return made && base::equal_constant_time(made->stored_key, verifier.stored_key);
}

}  // namespace understudy::mail::sasl
