#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/net/ip.hpp"
#include "base/net/tls.hpp"
#include "base/net/tls_session.hpp"

namespace understudy::net {
namespace {
constexpr long day = 24 * 60 * 60;
constexpr long ten_years = 3652 * day;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;
struct FreeNumber {
  void operator()(BIGNUM* number) const { BN_free(number); }
};
struct FreeExtension {
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};

bool set_serial(X509* certificate) {
  const std::unique_ptr<BIGNUM, FreeNumber> number(BN_new());
  return number && BN_rand(number.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509* certificate, const std::string& hostname) {
  const std::string common = hostname.substr(0, 64);  // ub-common-name (RFC 5280); the whole name stands in the SAN
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common.data()),
                                    static_cast<int>(common.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, FreeExtension> made(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return made && X509_add_ext(certificate, made.get(), -1) == 1;
}

X509Ptr make_certificate(EVP_PKEY* key, const std::string& hostname) {
  X509Ptr certificate(X509_new());
  X509* raw = certificate.get();
  const std::string alternative = (IpAddress::parse(hostname) ? "IP:" : "DNS:") + hostname;
  const bool made = raw && X509_set_version(raw, 2) == 1 && set_serial(raw) && set_name(raw, hostname) &&
                    X509_gmtime_adj(X509_getm_notBefore(raw), -day) && X509_gmtime_adj(X509_getm_notAfter(raw), ten_years) &&
                    X509_set_pubkey(raw, key) == 1 && add_extension(raw, NID_subject_alt_name, alternative) &&
                    add_extension(raw, NID_basic_constraints, "critical,CA:FALSE") && X509_sign(raw, key, EVP_sha256()) > 0;
  if (!made) certificate.reset();
  return certificate;
}

std::string text_of(BIO* bio) {
  char* octets = nullptr;
  const long size = BIO_get_mem_data(bio, &octets);
  return size > 0 ? std::string(octets, static_cast<std::size_t>(size)) : std::string();
}

bool plain_name(const std::string& name) {  // it goes into an extension's little language: no comma, colon or line end
  if (IpAddress::parse(name)) return true;
  constexpr auto allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  return !name.empty() && name.size() <= 253 && name.find_first_not_of(allowed) == name.npos;
}
}  // namespace

base::Result<PemPair> make_self_signed(const std::string& hostname) {
  if (!plain_name(hostname)) return base::fail("certificate for this host name", errc::bad_name);
  const KeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate = key ? make_certificate(key.get(), hostname) : nullptr;
  const BioPtr certificate_out(BIO_new(BIO_s_mem()));
  const BioPtr key_out(BIO_new(BIO_s_secmem()));
  const bool written = certificate && certificate_out && key_out &&
                       PEM_write_bio_X509(certificate_out.get(), certificate.get()) == 1 &&
                       PEM_write_bio_PKCS8PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (!written) return base::fail("self-signed certificate: " + openssl_error(), errc::certificate);
  return PemPair{text_of(certificate_out.get()), text_of(key_out.get())};
}

bool issued_by_another(const std::string& pem) {
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const X509Ptr certificate(in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr);
  ERR_clear_error();
  return certificate && X509_NAME_cmp(X509_get_subject_name(certificate.get()), X509_get_issuer_name(certificate.get())) != 0;
}

}  // namespace understudy::net
