/// OpenSSL sessions for TcpLink: made from a context and what is expected, described after the handshake. For base/net alone.
#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "base/net/link.hpp"
#include "base/net/tls.hpp"

namespace understudy::net {

struct FreeSsl {
  void operator()(SSL* session) const { SSL_free(session); }
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using X509Ptr = std::unique_ptr<X509, FreeX509>;

struct FreeSslCtx {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

struct TlsContext::Impl {
  TlsRole role;
  std::unique_ptr<SSL_CTX, FreeSslCtx> context;
  std::optional<base::Digest> certificate;
  std::optional<base::Digest> public_key;
  std::string alpn;  // wire format of RFC 7301; the server's callback keeps a pointer to it
};

/// A context with the rules that all of ours have, and without a certificate.
base::Result<std::unique_ptr<TlsContext::Impl>> new_tls_context(TlsRole role, const std::vector<std::string>& alpn);
base::Result<SslPtr> new_tls_session(const TlsContext& context, const TlsExpect& expect);
TlsInfo describe_tls_session(SSL* session);
/// Why the handshake ended because of the peer's certificate, or empty where it ended otherwise.
std::string why_certificate_failed(SSL* session);

base::Digest certificate_digest(X509* certificate);
base::Digest public_key_digest(X509* certificate);
/// The newest entry of OpenSSL's queue, which is emptied; never empty.
std::string openssl_error();

}  // namespace understudy::net
