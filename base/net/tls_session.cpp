#include "base/net/tls_session.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace understudy::net {
namespace {
struct Freed {
  void operator()(unsigned char* octets) const { OPENSSL_free(octets); }
};

base::Digest digest_of_der(int length, unsigned char* der) {
  const std::unique_ptr<unsigned char, Freed> held(der);
  if (length <= 0) return {};
  return base::sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)});
}

/// RFC 9266 §2: 32 octets, empty context. Under TLS 1.2 only with the extended master secret (RFC 7627): without it
/// somebody in the middle could give two sessions the same value.
std::string exporter_of(SSL* session) {
  if (SSL_version(session) < TLS1_3_VERSION && SSL_get_extms_support(session) != 1) return {};
  constexpr std::string_view label = "EXPORTER-Channel-Binding";
  const unsigned char no_context = 0;
  std::string value(32, '\0');
  const int done = SSL_export_keying_material(session, reinterpret_cast<unsigned char*>(value.data()), value.size(),
                                              label.data(), label.size(), &no_context, 0, 1);
  return done == 1 ? value : std::string();
}

struct FreeTexts {
  void operator()(STACK_OF(OPENSSL_STRING) * texts) const { X509_email_free(texts); }
};

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

bool may_be_address(std::string_view text) {
  return text.size() <= TlsContext::longest_address && text.find('@') != text.npos && text.find('\0') == text.npos;
}

/// The rfc822Names; where there is none, the emailAddresses of the subject. Where there is one the subject does not count: its
/// authority may have looked at the names alone (as RFC 6125 §2.3 has it of hosts).
std::vector<std::string> addresses_of(X509* certificate) {
  std::vector<std::string> addresses;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int named = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  bool has_names = false;
  for (int at = 0; at < named; ++at) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), at);
    if (name->type != GEN_EMAIL) continue;
    has_names = true;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.rfc822Name)),
                                static_cast<std::size_t>(ASN1_STRING_length(name->d.rfc822Name)));
    if (may_be_address(text)) addresses.emplace_back(text);
  }
  if (addresses.size() > TlsContext::most_addresses) return {};
  if (has_names) return addresses;
  const std::unique_ptr<STACK_OF(OPENSSL_STRING), FreeTexts> texts(X509_get1_email(certificate));
  const int count = texts ? sk_OPENSSL_STRING_num(texts.get()) : 0;
  if (count > static_cast<int>(TlsContext::most_addresses)) return {};
  for (int at = 0; at < count; ++at)
    if (const std::string_view text = sk_OPENSSL_STRING_value(texts.get(), at); may_be_address(text))
      addresses.emplace_back(text);
  return addresses;
}

bool set_name(SSL* session, const std::string& name) {
  if (IpAddress::parse(name)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name.c_str()) == 1;
  SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return SSL_set1_host(session, name.c_str()) == 1 && SSL_set_tlsext_host_name(session, name.c_str()) == 1;
}
}  // namespace

std::string openssl_error() {
  std::string text = "unknown OpenSSL error";
  while (const unsigned long code = ERR_get_error()) {
    char line[256];
    ERR_error_string_n(code, line, sizeof line);
    text = line;
  }
  return text;
}

base::Result<SslPtr> new_tls_session(const TlsContext& context, const TlsExpect& expect) {
  SslPtr session(SSL_new(context.impl().context.get()));
  if (!session) return base::fail("TLS session: " + openssl_error(), errc::resources);
  if (context.role() == TlsRole::server) return session;
  const bool demand = expect.verify == TlsExpect::Verify::demand;
  SSL_set_verify(session.get(), demand ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!expect.name.empty() && !set_name(session.get(), expect.name)) {
    ERR_clear_error();
    return base::fail("TLS server name", errc::bad_name);
  }
  return session;
}

TlsInfo describe_tls_session(SSL* session) {
  TlsInfo info;
  info.version = SSL_get_version(session);
  info.cipher = SSL_get_cipher_name(session);
  if (const char* name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name)) info.server_name = name;
  info.exporter = exporter_of(session);
  const X509Ptr peer(SSL_get1_peer_certificate(session));
  if (!peer) {
    info.why_not = "no certificate";
    return info;
  }
  info.certificate = certificate_digest(peer.get());
  info.public_key = public_key_digest(peer.get());
  const long verdict = SSL_get_verify_result(session);
  info.verified = verdict == X509_V_OK;
  if (!info.verified) info.why_not = X509_verify_cert_error_string(verdict);
  if (info.verified && SSL_is_server(session)) info.addresses = addresses_of(peer.get());
  return info;
}

std::string why_certificate_failed(SSL* session) {
  const long verdict = SSL_get_verify_result(session);
  if (SSL_get_verify_mode(session) == SSL_VERIFY_NONE || verdict == X509_V_OK) return {};
  return X509_verify_cert_error_string(verdict);
}

base::Digest certificate_digest(X509* certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509(certificate, &der);
  return digest_of_der(length, der);
}

base::Digest public_key_digest(X509* certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  return digest_of_der(length, der);
}

}  // namespace understudy::net
