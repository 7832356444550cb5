#include "archive/store/rocksdb/high_water.hpp"

#include <optional>

#include "archive/store/rocksdb/small_file.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::string_view file_name = "high-water";
constexpr std::uint8_t slot_version = 1;
constexpr std::size_t check_octets = 8;
constexpr std::size_t slot_octets = 1 + 8 + check_octets;
constexpr std::uint32_t slots = 2;
constexpr std::size_t slot_distance = 512;  // a sector each: a torn write harms one
constexpr std::uint32_t marks_a_sync = 32;
constexpr std::size_t file_octets = slots * slot_distance;

}  // namespace

/// The incarnation is in the check, not in the slot: a mark of another one just does not count.
std::string HighWater::slot_of(std::uint64_t commit) const {
  std::string slot = base::Writer(slot_version).u64(commit).take();
  const auto check = base::sha256(slot + incarnation_);
  return slot.append(base::view(check).substr(0, check_octets));
}

void HighWater::read(std::string_view text) {
  for (std::uint32_t i = 0; i < slots && text.size() >= i * slot_distance + slot_octets; ++i) {
    const std::string_view slot = text.substr(i * slot_distance, slot_octets);
    base::Reader in(slot);
    in.u8();
    const std::uint64_t commit = in.u64();
    if (slot != slot_of(commit) || commit < mark_) continue;
    mark_ = commit;
    next_slot_ = (i + 1) % slots;
  }
}

base::Result<std::unique_ptr<HighWater>> HighWater::open(rocksdb::FileSystem& files, const std::string& directory,
                                                         const std::string& incarnation) {
  auto text = read_small_file(files, directory + "/" + std::string(file_name), file_octets);
  if (!text) return std::unexpected(text.error());
  std::unique_ptr<HighWater> high_water(new HighWater(files, directory, incarnation));
  high_water->known_ = text->has_value();
  if (*text) high_water->read(**text);
  return high_water;
}

base::Result<> HighWater::start(std::uint64_t commit) {
  if (!known_) {
    auto made = replace_file(files_, directory_, std::string(file_name), std::string(file_octets, '\0'));
    if (!made) return made;
  }
  known_ = true;
  const auto status = files_.NewRandomRWFile(directory_ + "/" + std::string(file_name), {}, &file_, nullptr);
  if (!status.ok()) return fail("high-water", status);
  auto written = write(commit);
  return written ? sync() : written;
}

base::Result<> HighWater::write(std::uint64_t commit) {
  const auto status = file_->Write(next_slot_ * slot_distance, slot_of(commit), {}, nullptr);
  if (!status.ok()) return fail("high-water", status);
  mark_ = commit;
  next_slot_ = (next_slot_ + 1) % slots;
  ++unsynced_;
  return {};
}

base::Result<> HighWater::sync() {
  const auto status = file_->Sync({}, nullptr);
  if (!status.ok()) return fail("high-water", status);
  unsynced_ = 0;
  return {};
}

base::Result<> HighWater::raise(std::uint64_t commit) {
  auto written = write(commit);
  if (!written || unsynced_ < marks_a_sync) return written;
  return sync();
}

}  // namespace understudy::archive::store
