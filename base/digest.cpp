#include "base/digest.hpp"

#include <algorithm>
#include <new>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace understudy::base {

Digest digest_from(std::string_view octets) {
  Digest d{};
  std::ranges::copy(octets.substr(0, d.size()), d.begin());
  return d;
}

namespace {
const EVP_MD* sha256_method() {
  static const EVP_MD* method =
      EVP_MD_fetch(nullptr, "SHA256", nullptr);  // fetched once: the implicit fetch costs more than a short hash
  return method;
}

class Context {
 public:
  Context() : ctx_(EVP_MD_CTX_new()) {
    if (!ctx_) throw std::bad_alloc();
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(ctx_); }
  EVP_MD_CTX* get() const { return ctx_; }

 private:
  EVP_MD_CTX* ctx_;
};
}  // namespace

struct Sha256::Impl {
  Context context;
  EVP_MD_CTX* ctx = context.get();
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  EVP_DigestInit_ex2(impl_->ctx, sha256_method(), nullptr);
}
Sha256::Sha256(const Sha256& other) : impl_(std::make_unique<Impl>()) {
  EVP_MD_CTX_copy_ex(impl_->ctx, other.impl_->ctx);
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

Sha256& Sha256::update(std::string_view octets) {
  EVP_DigestUpdate(impl_->ctx, octets.data(), octets.size());
  return *this;
}

Digest Sha256::finish() {
  Digest out{};
  EVP_DigestFinal_ex(impl_->ctx, out.data(), nullptr);
  return out;
}

/// With the thread's own context: to make one and its state costs more than a short hash.
Digest sha256(std::string_view octets) {
  thread_local const Context context;
  Digest out{};
  EVP_DigestInit_ex2(context.get(), sha256_method(), nullptr);
  EVP_DigestUpdate(context.get(), octets.data(), octets.size());
  EVP_DigestFinal_ex(context.get(), out.data(), nullptr);
  return out;
}

Digest hmac_sha256(std::string_view key, std::string_view octets) {
  Digest out{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(octets.data()),
       octets.size(), out.data(), &length);
  return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace understudy::base
