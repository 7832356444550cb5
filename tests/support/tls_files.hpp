/// A certificate and key made for one test, and contexts from them.
#pragma once

#include <stdexcept>
#include <string>

#include "base/net/tls.hpp"
#include "tests/support/temp_dir.hpp"

namespace understudy::sim {

class TlsFiles {
 public:
  explicit TlsFiles(const std::string& hostname) {
    const auto pair = net::make_self_signed(hostname);
    if (!pair) throw std::runtime_error(pair.error().text());
    files.certificate = dir_.write("cert.pem", pair->certificate);
    files.key = dir_.write("key.pem", pair->key);
  }

  std::shared_ptr<const net::TlsContext> server() const {
    net::TlsServerOptions options;
    options.files = files;
    return made(net::TlsContext::server(options));
  }
  /// A client that trusts this certificate and no other, and shows none.
  std::shared_ptr<const net::TlsContext> client() const {
    net::TlsClientOptions options;
    options.roots = files.certificate;
    return made(net::TlsContext::client(options));
  }
  /// A client that shows this certificate and trusts `roots`.
  std::shared_ptr<const net::TlsContext> client_with_certificate(const std::filesystem::path& roots) const {
    net::TlsClientOptions options;
    options.files = files;
    options.roots = roots;
    return made(net::TlsContext::client(options));
  }

  net::TlsKeyFiles files;

 private:
  static std::shared_ptr<const net::TlsContext> made(base::Result<std::shared_ptr<const net::TlsContext>> context) {
    if (!context) throw std::runtime_error(context.error().text());
    return *context;
  }
  TempDir dir_;
};

}  // namespace understudy::sim
