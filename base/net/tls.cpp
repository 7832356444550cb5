#include "base/net/tls.hpp"

#include <openssl/err.h>

#include "base/net/tls_session.hpp"

namespace understudy::net {
namespace {
// TLS 1.3 suites are OpenSSL's own. For 1.2: forward secrecy and AEAD alone where we are asked; where we ask, whatever is not
// broken, since the choice at an old server is often between CBC and clear text.
constexpr const char* server_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* client_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:HIGH:!aNULL:!eNULL:!MD5:!3DES:!PSK:!SRP:!DSS";

std::unexpected<base::Error> unusable(std::string_view what, const std::filesystem::path& file) {
  return base::fail(std::string(what) + " " + file.string() + ": " + openssl_error(), errc::certificate);
}

/// Where a key is locked by a pass phrase nobody is there to type it; without this OpenSSL would ask on the terminal.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

base::Result<> load(SSL_CTX* context, const TlsKeyFiles& files) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return unusable("certificate", files.certificate);
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1)  // the first looks only at a certificate of the same kind
    return unusable("certificate " + files.certificate.string() + " with key", files.key);
  return {};
}

base::Result<std::string> alpn_wire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& name : protocols) {
    if (name.empty() || name.size() > 255) return base::fail("ALPN name", errc::bad_name);
    wire += static_cast<char>(name.size());
    wire += name;
  }
  return wire;
}

/// A client that speaks another protocol is turned away before it says a word (RFC 7301 §3.2).
int choose_alpn(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned offered_size,
                void* ours) {
  const auto& wire = *static_cast<const std::string*>(ours);
  unsigned char* found = nullptr;
  const int verdict = SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(wire.data()), wire.size(),
                                            offered, offered_size);
  *chosen = found;
  return verdict == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Any certificate of a client will do for the handshake: what it is worth is judged later, by its fingerprint.
int accept_any(int, X509_STORE_CTX*) {
  return 1;
}

/// Clients are told the names, so that they know which certificate is asked for.
base::Result<> load_client_roots(SSL_CTX* context, const std::filesystem::path& file) {
  ERR_clear_error();
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(file.c_str());
  if (!names || SSL_CTX_load_verify_file(context, file.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return unusable("client authorities", file);
  }
  SSL_CTX_set_client_CA_list(context, names);  // which owns them now
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

void note_own_certificate(TlsContext::Impl& impl) {
  X509* own = SSL_CTX_get0_certificate(impl.context.get());
  if (!own) return;
  impl.certificate = certificate_digest(own);
  impl.public_key = public_key_digest(own);
}

void offer_alpn(TlsContext::Impl& impl) {
  if (impl.alpn.empty()) return;
  SSL_CTX* context = impl.context.get();
  if (impl.role == TlsRole::server) return SSL_CTX_set_alpn_select_cb(context, choose_alpn, &impl.alpn);
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(impl.alpn.data()), impl.alpn.size());
}
}  // namespace

base::Result<std::unique_ptr<TlsContext::Impl>> new_tls_context(TlsRole role, const std::vector<std::string>& alpn) {
  auto impl = std::make_unique<TlsContext::Impl>();
  impl->role = role;
  impl->context.reset(SSL_CTX_new(role == TlsRole::server ? TLS_server_method() : TLS_client_method()));
  SSL_CTX* context = impl->context.get();
  if (!context) return base::fail("TLS context: " + openssl_error(), errc::resources);
  auto wire = alpn_wire(alpn);
  if (!wire) return base::fail("TLS context", wire.error());
  impl->alpn = std::move(*wire);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
  if (SSL_CTX_set_cipher_list(context, role == TlsRole::server ? server_ciphers : client_ciphers) != 1)
    return base::fail("TLS ciphers: " + openssl_error(), errc::certificate);
  offer_alpn(*impl);
  return impl;
}

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;
TlsRole TlsContext::role() const {
  return impl_->role;
}
const std::optional<base::Digest>& TlsContext::certificate() const {
  return impl_->certificate;
}
const std::optional<base::Digest>& TlsContext::public_key() const {
  return impl_->public_key;
}

base::Result<std::shared_ptr<const TlsContext>> TlsContext::server(const TlsServerOptions& options) {
  auto impl = new_tls_context(TlsRole::server, options.alpn);
  if (!impl) return base::fail("TLS server", impl.error());
  SSL_CTX* context = (*impl)->context.get();
  if (auto loaded = load(context, options.files); !loaded) return base::fail("TLS server", loaded.error());
  note_own_certificate(**impl);
  if (options.client_certificate == TlsServerOptions::ClientCertificate::ask)
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
  if (options.client_roots)
    if (auto loaded = load_client_roots(context, *options.client_roots); !loaded)
      return base::fail("TLS server", loaded.error());
  return std::make_shared<const TlsContext>(std::move(*impl));
}

base::Result<std::shared_ptr<const TlsContext>> TlsContext::client(const TlsClientOptions& options) {
  auto impl = new_tls_context(TlsRole::client, options.alpn);
  if (!impl) return base::fail("TLS client", impl.error());
  SSL_CTX* context = (*impl)->context.get();
  if (options.files)
    if (auto loaded = load(context, *options.files); !loaded) return base::fail("TLS client", loaded.error());
  note_own_certificate(**impl);
  ERR_clear_error();
  if (options.roots && SSL_CTX_load_verify_file(context, options.roots->c_str()) != 1) return unusable("roots", *options.roots);
  if (!options.roots && SSL_CTX_set_default_verify_paths(context) != 1)
    return base::fail("TLS client: the system's roots: " + openssl_error(), errc::certificate);
  return std::make_shared<const TlsContext>(std::move(*impl));
}

}  // namespace understudy::net
