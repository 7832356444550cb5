/// The machine's own TLS pair: self-signed, in the data directory, for where the configuration names none. Made at the first
/// start; made again where a power cut or a full disk left something that no handshake can use. A certificate that somebody
/// else has signed was put there by a person, and is never replaced.
#pragma once

#include <filesystem>
#include <string>

#include "base/net/tls.hpp"
#include "base/result.hpp"

namespace understudy::app {

/// "cert.pem" and "key.pem" in `folder`, which is made where it is not there, for its owner alone; usable when this returns,
/// and durable. A pair that is usable stays: other machines know this one by it.
base::Result<net::TlsKeyFiles> own_tls_pair(const std::filesystem::path& folder, const std::string& hostname);

}  // namespace understudy::app
