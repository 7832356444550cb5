/// TLS between two machines that know each other by an Ed25519 key, and by nothing else: both show a certificate of their key
/// that they signed themselves, made in memory, and both end the handshake with whoever shows another key. Names, dates and
/// chains are not looked at.
/// RFC 8446 (TLS 1.3 alone), RFC 8410 (the key in a certificate), RFC 7301 (ALPN, demanded).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/ed25519.hpp"
#include "base/net/link.hpp"
#include "base/net/tls.hpp"

namespace understudy::net {

/// For one handshake; it lives until that has ended.
class PinnedTls {
 public:
  enum class Verdict {
    none,            ///< the other side showed no certificate before the handshake ended
    accepted,        ///< the pinned key
    other_key,       ///< another Ed25519 key, which shown() gives
    own_key,         ///< our own: the other side is this machine itself, or has a copy of its data
    not_pinned,      ///< an Ed25519 key, where none is pinned: nobody is let in
    no_key,          ///< a certificate of another kind of key
    other_protocol,  ///< it did not offer, or not take, our protocol
  };

  /// `pin`: the other side's key; nullopt: the handshake fails, and shown() says what would have to be pinned.
  static base::Result<PinnedTls> make(TlsRole role, const base::SigningKey& own, std::optional<base::PublicKey> pin,
                                      const std::string& protocol);
  PinnedTls(PinnedTls&&) noexcept;
  PinnedTls& operator=(PinnedTls&&) noexcept;
  ~PinnedTls();

  /// Where this succeeded, the other side holds the pinned key. errc::certificate: verdict() says why.
  Task<base::Result<>> start(Link& link, Timeout timeout);
  Verdict verdict() const;
  /// The Ed25519 key that was shown, whatever the verdict. Unless it is `accepted` nobody has proven that he holds it.
  const std::optional<base::PublicKey>& shown() const;

 private:
  struct Judge;
  PinnedTls(std::shared_ptr<const TlsContext> context, std::unique_ptr<Judge> judge);

  std::unique_ptr<Judge> judge_;
  std::shared_ptr<const TlsContext> context_;
};

}  // namespace understudy::net
