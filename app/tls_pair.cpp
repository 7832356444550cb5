#include "app/tls_pair.hpp"

#include "app/private_files.hpp"
#include "app/write_file.hpp"
#include "base/log.hpp"

namespace understudy::app {
namespace {
namespace fs = std::filesystem;

base::Result<> usable(const net::TlsKeyFiles& files) {
  net::TlsServerOptions options;
  options.files = files;
  auto context = net::TlsContext::server(options);
  if (!context) return std::unexpected(context.error());
  return {};
}

/// The key first: a certificate alone would be one that others learn and nobody can answer for.
base::Result<> write_new_pair(const net::TlsKeyFiles& files, const std::string& hostname) {
  auto pair = net::make_self_signed(hostname);
  if (!pair) return std::unexpected(pair.error());
  if (auto written = write_file(files.key.string(), pair->key, Existing::replace); !written) return written;
  return write_file(files.certificate.string(), pair->certificate, Existing::replace);
}

}  // namespace

base::Result<net::TlsKeyFiles> own_tls_pair(const fs::path& folder, const std::string& hostname) {
  const net::TlsKeyFiles files{folder / "cert.pem", folder / "key.pem"};
  const auto certificate = content_of(files.certificate);
  if (!certificate) return std::unexpected(certificate.error());
  const auto key = content_of(files.key);
  if (!key) return std::unexpected(key.error());
  const auto good = usable(files);
  if (good) return files;
  if (net::issued_by_another(*certificate)) return std::unexpected(good.error());
  const bool first = certificate->empty() && key->empty();
  if (!first) base::log::warn("tls.self_signed_unusable", {{"reason", good.error().text()}, {"now", "a new pair is made"}});
  if (auto made = make_private_folder(folder); !made) return std::unexpected(made.error());
  if (auto made = write_new_pair(files, hostname); !made) return std::unexpected(made.error());
  base::log::info("tls.self_signed", {{"certificate", files.certificate.string()}});
  return files;
}

}  // namespace understudy::app
