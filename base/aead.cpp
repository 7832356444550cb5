#include "base/aead.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <string>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/digest.hpp"

namespace understudy::base {
namespace {

const unsigned char* octets_of(std::string_view octets) {
  return reinterpret_cast<const unsigned char*>(octets.data());
}
unsigned char* octets_of(char* octets) {
  return reinterpret_cast<unsigned char*>(octets);
}

/// OpenSSL fails here only where there is no memory.
void demand(bool done) {
  if (!done) throw std::bad_alloc();
}

int length_of(std::string_view octets) {
  demand(octets.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(octets.size());
}

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeDerivation {
  void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

/// A context of this thread with the cipher set, and the key of the last use: fetching the one and setting up the other take
/// longer than encrypting a record does.
class Cipher {
 public:
  enum class Way : int { open = 0, seal = 1 };
  explicit Cipher(Way way) : context_(EVP_CIPHER_CTX_new()) {
    demand(context_ != nullptr);
    demand(EVP_CipherInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, nullptr, nullptr, static_cast<int>(way)) == 1);
  }
  EVP_CIPHER_CTX* begin(const SecretKey& key, const Nonce& nonce, std::string_view aad) {
    const bool is_last = last_ && *last_ == key;
    last_.reset();  // what is thrown leaves nobody knowing which key it has
    const unsigned char* fresh = is_last ? nullptr : octets_of(key.view());
    demand(EVP_CipherInit_ex(context_.get(), nullptr, nullptr, fresh, nonce.data(), -1) == 1);
    last_ = key;
    int got = 0;
    demand(EVP_CipherUpdate(context_.get(), nullptr, &got, octets_of(aad), length_of(aad)) == 1);
    return context_.get();
  }

 private:
  std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context_;
  std::optional<SecretKey> last_;
};

EVP_KDF_CTX* new_derivation() {
  const std::unique_ptr<EVP_KDF, FreeDerivation> kdf(EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_HKDF, nullptr));
  demand(kdf != nullptr);
  return EVP_KDF_CTX_new(kdf.get());
}

}  // namespace

SecretKey SecretKey::make(Random& random) {
  std::string drawn = random.octets(size);
  SecretKey key;
  std::ranges::copy(drawn, key.octets_.begin());
  wipe(drawn);
  return key;
}

std::optional<SecretKey> SecretKey::from(std::string_view octets) {
  if (octets.size() != size) return std::nullopt;
  SecretKey key;
  std::ranges::copy(octets, key.octets_.begin());
  return key;
}

SecretKey::~SecretKey() {
  OPENSSL_cleanse(octets_.data(), octets_.size());
}

bool SecretKey::operator==(const SecretKey& other) const {
  return equal_constant_time(view(), other.view());
}

void wipe(std::string& octets) {
  OPENSSL_cleanse(octets.data(), octets.size());
  octets.clear();
}

SecretKey derive(const SecretKey& key, std::string_view salt, std::string_view info) {
  const std::unique_ptr<EVP_KDF_CTX, FreeDerivation> context(new_derivation());
  demand(context != nullptr);
  std::string digest = "SHA256", secret(key.view()), with(salt), use(info);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, with.data(), with.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, use.data(), use.size()),
      OSSL_PARAM_construct_end(),
  };
  SecretKey out;
  const bool derived = EVP_KDF_derive(context.get(), out.octets_.data(), out.octets_.size(), parameters) == 1;
  wipe(secret);
  demand(derived);
  return out;
}

Nonce nonce_of(std::uint64_t number) {
  Nonce nonce{};
  for (std::size_t i = nonce.size(); number != 0; number >>= 8) nonce[--i] = static_cast<std::uint8_t>(number);
  return nonce;
}

void seal(const SecretKey& key, const Nonce& nonce, std::string_view aad, std::string_view plain, std::string& out) {
  thread_local Cipher cipher(Cipher::Way::seal);
  EVP_CIPHER_CTX* context = cipher.begin(key, nonce, aad);
  const std::size_t before = out.size();
  const int length = length_of(plain);
  out.resize(before + plain.size() + seal_octets);
  unsigned char* to = octets_of(out.data() + before);
  int got = 0, rest = 0;
  demand(EVP_CipherUpdate(context, to, &got, octets_of(plain), length) == 1 && got == length);
  demand(EVP_CipherFinal_ex(context, to + got, &rest) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, seal_octets, to + got) == 1);
}

Result<std::string> open(const SecretKey& key, const Nonce& nonce, std::string_view aad, std::string_view sealed) {
  if (sealed.size() < seal_octets) return fail("sealed octets", errc::damaged);
  thread_local Cipher cipher(Cipher::Way::open);
  EVP_CIPHER_CTX* context = cipher.begin(key, nonce, aad);
  std::array<char, seal_octets> tag{};
  std::ranges::copy(sealed.substr(sealed.size() - seal_octets), tag.begin());
  const std::string_view hidden = sealed.substr(0, sealed.size() - seal_octets);
  const int length = length_of(hidden);
  std::string plain(hidden.size(), '\0');
  int got = 0, rest = 0;
  demand(EVP_CipherUpdate(context, octets_of(plain.data()), &got, octets_of(hidden), length) == 1 && got == length);
  demand(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, seal_octets, tag.data()) == 1);
  if (EVP_CipherFinal_ex(context, octets_of(plain.data() + got), &rest) == 1) return plain;
  wipe(plain);
  return fail("sealed octets", errc::damaged);
}

}  // namespace understudy::base
