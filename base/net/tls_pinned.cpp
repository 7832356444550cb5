#include "base/net/tls_pinned.hpp"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/net/tls_session.hpp"

namespace understudy::net {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

KeyPtr to_openssl(const base::SigningKey& key) {
  const std::string pem = key.to_pem();
  const std::unique_ptr<BIO, FreeBio> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return KeyPtr(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr) : nullptr);
}

/// It says nothing but the key. The dates are those of RFC 5280 §4.1.2.5 for what never ends: nobody looks at them.
X509Ptr make_certificate(EVP_PKEY* key, const std::string& name) {
  X509Ptr certificate(X509_new());
  X509* raw = certificate.get();
  const auto* text = reinterpret_cast<const unsigned char*>(name.data());
  const bool made = raw && X509_set_version(raw, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(raw), 1) == 1 &&
                    X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_ASC, text,
                                               static_cast<int>(name.size()), -1, 0) == 1 &&
                    X509_set_issuer_name(raw, X509_get_subject_name(raw)) == 1 &&
                    ASN1_TIME_set_string(X509_getm_notBefore(raw), "19700101000000Z") == 1 &&
                    ASN1_TIME_set_string(X509_getm_notAfter(raw), "99991231235959Z") == 1 && X509_set_pubkey(raw, key) == 1 &&
                    X509_sign(raw, key, nullptr) > 0;
  if (!made) certificate.reset();
  return certificate;
}

base::Result<> show(SSL_CTX* context, const base::SigningKey& own, const std::string& name) {
  const KeyPtr key = to_openssl(own);
  const X509Ptr certificate = key ? make_certificate(key.get(), name) : nullptr;
  if (!certificate || SSL_CTX_use_certificate(context, certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return base::fail("certificate of the peer link's key: " + openssl_error(), errc::certificate);
  return {};
}

std::optional<base::PublicKey> key_of(X509* certificate) {
  const EVP_PKEY* key = certificate ? X509_get0_pubkey(certificate) : nullptr;
  base::PublicKey found;
  std::size_t size = found.octets.size();
  if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_public_key(key, found.octets.data(), &size) != 1 || size != found.octets.size())
    return std::nullopt;
  return found;
}

bool speaks(SSL* session, const std::string& protocol) {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  if (session) SSL_get0_alpn_selected(session, &chosen, &size);
  return chosen && std::string_view(reinterpret_cast<const char*>(chosen), size) == protocol;
}

}  // namespace

struct PinnedTls::Judge {
  base::PublicKey own;
  std::optional<base::PublicKey> pin;
  std::string protocol;
  std::optional<base::PublicKey> shown;
  Verdict verdict = Verdict::none;

  Verdict judge(X509* certificate, SSL* session) {
    shown = key_of(certificate);
    if (!shown) return Verdict::no_key;
    if (*shown == own) return Verdict::own_key;
    if (!pin) return Verdict::not_pinned;
    if (*shown != *pin) return Verdict::other_key;
    return speaks(session, protocol) ? Verdict::accepted : Verdict::other_protocol;
  }

  /// Instead of OpenSSL's own verification. That the other side holds the key is shown by the signature of CertificateVerify,
  /// which OpenSSL checks after this (RFC 8446 §4.4.3).
  static int verify(X509_STORE_CTX* store, void* self) {
    auto& judge = *static_cast<Judge*>(self);
    auto* session = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    judge.verdict = judge.judge(X509_STORE_CTX_get0_cert(store), session);
    const bool good = judge.verdict == Verdict::accepted;
    X509_STORE_CTX_set_error(store, good ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return good ? 1 : 0;
  }
};

PinnedTls::PinnedTls(std::shared_ptr<const TlsContext> context, std::unique_ptr<Judge> judge)
    : judge_(std::move(judge)), context_(std::move(context)) {}
PinnedTls::PinnedTls(PinnedTls&&) noexcept = default;
PinnedTls& PinnedTls::operator=(PinnedTls&&) noexcept = default;
PinnedTls::~PinnedTls() = default;

base::Result<PinnedTls> PinnedTls::make(TlsRole role, const base::SigningKey& own, std::optional<base::PublicKey> pin,
                                        const std::string& protocol) {
  auto impl = new_tls_context(role, {protocol});
  if (!impl) return base::fail("pinned TLS", impl.error());
  SSL_CTX* context = (*impl)->context.get();
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  if (auto shown = show(context, own, protocol); !shown) return base::fail("pinned TLS", shown.error());
  auto judge = std::make_unique<Judge>(own.public_key(), pin, protocol);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, Judge::verify, judge.get());
  return PinnedTls(std::make_shared<const TlsContext>(std::move(*impl)), std::move(judge));
}

Task<base::Result<>> PinnedTls::start(Link& link, Timeout timeout) {
  TlsExpect expect;
  expect.verify = TlsExpect::Verify::demand;
  auto started = co_await link.start_tls(*context_, expect, timeout);
  if (!started) co_return started;
  if (judge_->verdict != Verdict::accepted) co_return base::fail("handshake with " + link.peer().text(), errc::certificate);
  co_return base::Result<>();
}

PinnedTls::Verdict PinnedTls::verdict() const {
  return judge_->verdict;
}
const std::optional<base::PublicKey>& PinnedTls::shown() const {
  return judge_->shown;
}

}  // namespace understudy::net
