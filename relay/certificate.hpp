/// How a peer's certificate is written, in the configuration and wherever machines are compared.
#pragma once

#include <string>

#include "base/codec.hpp"
#include "base/net/link.hpp"

namespace understudy::relay {

/// "sha256:…" of the certificate that the peer showed; empty: none.
inline std::string certificate_text(const net::TlsInfo* tls) {
  if (!tls || !tls->certificate) return {};
  return "sha256:" + base::to_hex(base::view(*tls->certificate));
}

}  // namespace understudy::relay
