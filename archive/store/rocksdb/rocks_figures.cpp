#include "archive/store/rocksdb/rocks_store.hpp"

namespace understudy::archive::store {

Figures RocksStore::figures() const {
  const Tally& tally = core_->tally;
  Figures out;
  out.live_octets = core_->use.total();
  const std::uint64_t all = core_->segments->octets();
  out.dead_octets = all > out.live_octets ? all - out.live_octets : 0;  // a commit may come between the two
  if (!core_->db->GetAggregatedIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &out.record_octets))
    out.record_octets = 0;
  out.parts_found = tally.parts_found;
  out.parts_new = tally.parts_new;
  out.octets_accepted = tally.octets_accepted;
  out.octets_encrypted = tally.octets_encrypted;
  out.octets_written = tally.octets_before_commit + core_->log->block_octets() + core_->log->commit_octets();
  out.segments_collected = tally.segments_collected;
  if (const auto newest = core_->dictionaries->newest()) out.dictionary = newest->number();
  return out;
}

}  // namespace understudy::archive::store
