/// TLS contexts: certificate, key, trusted roots and rules, made once and shared by many links.
/// RFC 8446, RFC 5246, RFC 9325 (recommendations), RFC 6125 (names), RFC 7301 (ALPN), RFC 5746 (no renegotiation).
/// TLS 1.2 and 1.3 only; no compression, no renegotiation, no resumption: there is no ticket key to steal or to rotate,
/// and every session has its own keys and its own check of certificates.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::net {

enum class TlsRole { server, client };

struct TlsKeyFiles {
  std::filesystem::path certificate;  ///< PEM, the leaf first, then its chain
  std::filesystem::path key;          ///< PEM, not encrypted
};

struct TlsServerOptions {
  TlsKeyFiles files;
  enum class ClientCertificate { ignore, ask } client_certificate = ClientCertificate::ask;  ///< never demanded
  std::vector<std::string> alpn;  ///< "imap": a client that offers ALPN must offer one of them; empty: ALPN is ignored
  /// PEM: authorities by which certificates of clients are verified, each as a root. TlsInfo says what came of it: the
  /// handshake goes on in any case. Absent: none is verified. Whether one was revoked is not looked at.
  std::optional<std::filesystem::path> client_roots = std::nullopt;
};

struct TlsClientOptions {
  std::optional<TlsKeyFiles> files;            ///< shown where the server asks
  std::optional<std::filesystem::path> roots;  ///< PEM; absent: the system's
  std::vector<std::string> alpn;
};

/// Immutable once made; any thread. A link under TLS keeps what it needs: the context may go first.
class TlsContext {
 public:
  /// errc::certificate, with the file's name: unreadable, not PEM, not matching. Certificates must be usable as a whole.
  static base::Result<std::shared_ptr<const TlsContext>> server(const TlsServerOptions& options);
  static base::Result<std::shared_ptr<const TlsContext>> client(const TlsClientOptions& options);
  ~TlsContext();

  static constexpr std::size_t most_addresses = 8;     ///< of one certificate; one with more has none
  static constexpr std::size_t longest_address = 254;  ///< octets (RFC 5321 §4.5.3.1.3, without its brackets)

  TlsRole role() const;
  const std::optional<base::Digest>& certificate() const;  ///< SHA-256 of our own certificate, DER
  const std::optional<base::Digest>& public_key() const;   ///< SHA-256 of our own SubjectPublicKeyInfo, DER

  struct Impl;
  const Impl& impl() const { return *impl_; }  ///< for base/net alone
  explicit TlsContext(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

struct PemPair {
  std::string certificate;
  std::string key;  ///< PKCS #8; to be written owner-only
};
/// ECDSA P-256, subjectAltName = hostname, valid from a day ago for ten years. For the first start without a certificate.
base::Result<PemPair> make_self_signed(const std::string& hostname);
/// Whether the first certificate in `pem` names an issuer other than its own subject. false where there is none to be read.
bool issued_by_another(const std::string& pem);

}  // namespace understudy::net
