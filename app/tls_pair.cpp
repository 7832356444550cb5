#include "app/tls_pair.hpp"

#include <array>
#include <fstream>

#include "app/write_file.hpp"
#include "base/log.hpp"

namespace understudy::app {
namespace {
namespace fs = std::filesystem;

/// Empty where there is no such file. One that is there and cannot be read is an error: what is in it may be good.
base::Result<std::string> content_of(const fs::path& path) {
  std::error_code error;
  const bool there = fs::exists(path, error);
  if (error) return base::fail(path.string(), error);
  if (!there) return std::string();
  std::ifstream in(path, std::ios::binary);
  std::string content;
  for (std::array<char, 4096> room; in.read(room.data(), room.size()) || in.gcount() > 0;)
    content.append(room.data(), static_cast<std::size_t>(in.gcount()));
  if (!in.is_open() || in.bad()) return base::fail(path.string() + " cannot be read", base::errc::io);
  return content;
}

base::Result<> usable(const net::TlsKeyFiles& files) {
  net::TlsServerOptions options;
  options.files = files;
  auto context = net::TlsContext::server(options);
  if (!context) return std::unexpected(context.error());
  return {};
}

base::Result<> make_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::create_directories(folder, error) && error) return base::fail(folder.string(), error);
  fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return base::fail(folder.string(), error);
  return sync_directory(fs::absolute(folder).parent_path());
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
  if (auto made = make_folder(folder); !made) return std::unexpected(made.error());
  if (auto made = write_new_pair(files, hostname); !made) return std::unexpected(made.error());
  base::log::info("tls.self_signed", {{"certificate", files.certificate.string()}});
  return files;
}

}  // namespace understudy::app
