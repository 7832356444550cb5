/// A new incarnation for a store that was put back from an older copy. First the database's files take all that the log knows
/// of, under the former name; then the file `format` is replaced by one with the new name, in one step. What the former life
/// left in the log and in `high-water` counts for nobody after that. A crash between the two leaves the store as it was.
#include "archive/store/rocksdb/format_file.hpp"
#include "archive/store/rocksdb/rocks_store.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "base/codec.hpp"

namespace understudy::archive::store {

base::Result<Identity> RocksStore::renew(const Options& options, base::Clock& clock, base::Random& random,
                                         const EngineOptions& engine) {
  EngineOptions alone = engine;
  alone.background = Background::only_when_told;
  auto opened = open(options, clock, random, alone);
  if (!opened) return std::unexpected(opened.error());
  auto& core = *(*opened)->core_;
  if (const auto status = core.db->Flush(rocksdb::FlushOptions(), core.families); !status.ok())
    return fail("store.renew: flush", status);
  Identity identity = core.identity;
  identity.incarnation = base::to_hex(random.octets(16));
  if (auto written = write_format(*core.files, options.directory, identity); !written)
    return base::fail("store.renew", written.error());
  return identity;
}

}  // namespace understudy::archive::store
