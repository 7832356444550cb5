#include "app/private_files.hpp"

#include <array>
#include <fstream>

#include "app/write_file.hpp"

namespace understudy::app {
namespace fs = std::filesystem;

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

base::Result<> make_private_folder(const fs::path& folder) {
  std::error_code error;
  const bool made = fs::create_directories(folder, error);
  if (error) return base::fail(folder.string(), error);
  if (!made) return {};  // whose folder it is decides who may enter it
  fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return base::fail(folder.string(), error);
  return sync_directory(fs::absolute(folder).parent_path());
}

base::Result<base::SigningKey> read_key(const fs::path& path) {
  auto pem = content_of(path);
  if (!pem) return std::unexpected(pem.error());
  if (pem->empty()) return base::fail(path.string(), base::errc::not_found);
  std::error_code error;
  const auto others = fs::perms::group_read | fs::perms::others_read;
  if ((fs::status(path, error).permissions() & others) != fs::perms::none)
    return base::fail(path.string() + ": others may read it; chmod 600", base::errc::refused);
  auto key = base::SigningKey::from_pem(*pem);
  if (!key) return base::fail(path.string(), key.error());
  return key;
}

base::Result<base::SigningKey> own_key(const fs::path& path, base::Random& random) {
  auto there = read_key(path);
  if (there || there.error().code != base::errc::not_found) return there;
  if (auto made = make_private_folder(path.parent_path()); !made) return std::unexpected(made.error());
  auto key = base::SigningKey::make(random);
  if (auto written = write_file(path.string(), key.to_pem(), Existing::refuse); !written)
    return std::unexpected(written.error());
  return key;
}

}  // namespace understudy::app
