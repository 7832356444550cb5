#include "archive/store/open.hpp"

#include "archive/store/rocksdb/format_file.hpp"
#include "archive/store/rocksdb/rocks_store.hpp"

namespace understudy::archive::store {

base::Result<std::unique_ptr<Store>> open_store(const Options& options, base::Clock& clock, base::Random& random) {
  auto opened = RocksStore::open(options, clock, random);
  if (!opened) return std::unexpected(opened.error());
  return std::move(*opened);
}

base::Result<Identity> renew_incarnation(const Options& options, base::Clock& clock, base::Random& random) {
  return RocksStore::renew(options, clock, random);
}

base::Result<Identity> read_identity(const std::string& directory) {
  auto found = read_format(*rocksdb::FileSystem::Default(), directory);
  if (!found) return base::fail("store.identity", found.error());
  if (!*found) return base::fail("store.identity: " + directory, base::errc::not_found);
  return **found;
}

base::Result<bool> was_encrypted(const std::string& directory) {
  const auto identity = read_identity(directory);
  if (!identity) return std::unexpected(identity.error());
  return identity->format >= encrypted_format;
}

}  // namespace understudy::archive::store
