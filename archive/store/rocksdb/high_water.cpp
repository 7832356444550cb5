#include "archive/store/rocksdb/high_water.hpp"

#include <optional>

#include "archive/store/rocksdb/small_file.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::uint8_t slot_version = 1;
constexpr std::size_t check_octets = 8;
constexpr std::size_t slot_octets = 1 + 8 + check_octets;
constexpr std::uint32_t slots = 2;
constexpr std::size_t slot_distance = 512;  // a sector each: a torn write harms one
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
  const std::string path = directory + "/high-water";
  auto text = read_small_file(files, path, file_octets);
  if (!text) return std::unexpected(text.error());
  std::unique_ptr<HighWater> high_water(new HighWater(incarnation));
  if (*text) {
    high_water->read(**text);
  } else {
    auto made = replace_file(files, directory, "high-water", std::string(file_octets, '\0'));
    if (!made) return std::unexpected(made.error());
  }
  auto status = files.NewRandomRWFile(path, {}, &high_water->file_, nullptr);
  if (!status.ok()) return fail(path, status);
  return high_water;
}

base::Result<> HighWater::raise(std::uint64_t commit) {
  auto status = file_->Write(next_slot_ * slot_distance, slot_of(commit), {}, nullptr);
  if (!status.ok()) return fail("high-water", status);
  mark_ = commit;
  next_slot_ = (next_slot_ + 1) % slots;
  return {};
}

}  // namespace understudy::archive::store
