#include "archive/store/rocksdb/blob_collection.hpp"

#include <algorithm>
#include <string>

#include "base/log.hpp"

namespace understudy::archive::store {

double share_to_collect(std::vector<BlobFileUse> files) {
  std::ranges::sort(files, {}, &BlobFileUse::number);
  std::uint64_t octets = 0;
  std::uint64_t garbage = 0;
  std::size_t worth = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    octets += files[i].octets;
    garbage += files[i].garbage;
    if (garbage > 0 && garbage >= octets - garbage) worth = i + 1;
  }
  return files.empty() ? 0 : static_cast<double>(worth) / static_cast<double>(files.size());
}

void adjust_collection(RocksCore& core) {
  rocksdb::ColumnFamilyMetaData metadata;
  core.db->GetColumnFamilyMetaData(core.chunks, &metadata);
  std::vector<BlobFileUse> files;
  for (const auto& file : metadata.blob_files)
    files.push_back({file.blob_file_number, file.total_blob_bytes, file.garbage_blob_bytes});
  const double share = share_to_collect(std::move(files));
  if (share == core.collected_share.exchange(share)) return;
  const auto status = core.db->SetOptions(core.chunks, {{"enable_blob_garbage_collection", share > 0 ? "true" : "false"},
                                                        {"blob_garbage_collection_age_cutoff", std::to_string(share)}});
  if (status.ok()) return;
  core.collected_share = -1;  // unknown: set again at the next look
  base::log::warn("store.collection", {{"why", status.ToString()}});
}

}  // namespace understudy::archive::store
