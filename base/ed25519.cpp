#include "base/ed25519.hpp"

#include <algorithm>
#include <new>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/bytes.hpp"
#include "base/codec.hpp"

namespace understudy::base {
namespace {

constexpr std::string_view prefix = "ed25519:";

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<EVP_MD_CTX, FreeContext>;

template <class Pointer>
Pointer made(Pointer pointer) {
  if (!pointer) throw std::bad_alloc();
  return pointer;
}

const unsigned char* octets_of(std::string_view octets) {
  return reinterpret_cast<const unsigned char*>(octets.data());
}

std::string in_context(std::string_view context, std::string_view octets) {
  return Writer().raw(context).u8(0).raw(octets).take();
}

/// Asks nobody for a password: a key that needs one is no key for a server.
int no_password(char*, int, int, void*) {
  return -1;
}

}  // namespace

struct SigningKey::Impl {
  KeyPtr key;
};

Signature signature_from(std::string_view octets) {
  Signature signature{};
  std::ranges::copy(octets.substr(0, signature.size()), signature.begin());
  return signature;
}

PublicKey PublicKey::from(std::string_view octets) {
  PublicKey key;
  std::ranges::copy(octets.substr(0, key.octets.size()), key.octets.begin());
  return key;
}

std::string PublicKey::text() const {
  return std::string(prefix) + to_base64(view());
}

std::optional<PublicKey> PublicKey::parse(std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  const auto octets = from_base64(text.substr(prefix.size()));
  if (!octets || octets->size() != PublicKey().octets.size()) return std::nullopt;
  return from(*octets);
}

bool verify(const PublicKey& key, std::string_view context, std::string_view octets, const Signature& signature) {
  const KeyPtr pkey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.octets.data(), key.octets.size()));
  if (!pkey) return false;
  const auto digest = made(ContextPtr(EVP_MD_CTX_new()));
  const std::string all = in_context(context, octets);
  return EVP_DigestVerifyInit(digest.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
         EVP_DigestVerify(digest.get(), signature.data(), signature.size(), octets_of(all), all.size()) == 1;
}

SigningKey::SigningKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {
  std::size_t size = public_key_.octets.size();
  EVP_PKEY_get_raw_public_key(impl_->key.get(), public_key_.octets.data(), &size);
}

SigningKey SigningKey::make(Random& random) {
  const std::string seed = random.octets(32);
  KeyPtr key = made(KeyPtr(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets_of(seed), seed.size())));
  return SigningKey(std::make_shared<const Impl>(Impl{std::move(key)}));
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  const auto in = made(BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(std::min<std::size_t>(pem.size(), 1 << 20)))));
  KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, nullptr));
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519)
    return fail("no private key of Ed25519 in PEM", errc::malformed);
  return SigningKey(std::make_shared<const Impl>(Impl{std::move(key)}));
}

std::string SigningKey::to_pem() const {
  const auto out = made(BioPtr(BIO_new(BIO_s_mem())));
  if (PEM_write_bio_PKCS8PrivateKey(out.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw std::bad_alloc();
  char* octets = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &octets);
  return {octets, static_cast<std::size_t>(size)};
}

Signature SigningKey::sign(std::string_view context, std::string_view octets) const {
  const auto digest = made(ContextPtr(EVP_MD_CTX_new()));
  const std::string all = in_context(context, octets);
  Signature signature{};
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(digest.get(), nullptr, nullptr, nullptr, impl_->key.get()) != 1 ||
      EVP_DigestSign(digest.get(), signature.data(), &size, octets_of(all), all.size()) != 1)
    throw std::bad_alloc();  // of this algorithm nothing else can be missing
  return signature;
}

}  // namespace understudy::base
