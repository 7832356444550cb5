#include "archive/store/memory/chunked_body.hpp"

#include <algorithm>
#include <limits>

namespace understudy::archive::store {

std::uint64_t chunk_count(const BodyRef& ref) {
  return ref.chunk_size == 0 ? 0 : ref.size / ref.chunk_size + (ref.size % ref.chunk_size != 0);
}

std::size_t chunk_octets(const BodyRef& ref, std::uint64_t index) {
  const std::uint64_t begin = index * ref.chunk_size;
  return begin >= ref.size ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(ref.chunk_size, ref.size - begin));
}

base::Result<> ChunkedWriter::append(std::string_view octets) {
  if (sealed_) return base::fail("body: append after seal", base::errc::refused);
  while (!octets.empty()) {
    if (chunk_.size() == chunk_size_) {
      if (spilled_ == std::numeric_limits<std::uint32_t>::max()) return base::fail("body", base::errc::too_long);
      auto written = spill(spilled_, chunk_);
      if (!written) return base::fail("body.append", written.error());
      ++spilled_;
      chunk_.clear();
    }
    const std::size_t some = std::min<std::size_t>(octets.size(), chunk_size_ - chunk_.size());
    make_room(some);
    chunk_.append(octets.substr(0, some));
    size_ += some;
    octets.remove_prefix(some);
  }
  return {};
}

/// Doubles up to the chunk's size and never beyond: many bodies are open at a time.
void ChunkedWriter::make_room(std::size_t octets) {
  const std::size_t need = chunk_.size() + octets;
  if (need <= chunk_.capacity()) return;
  chunk_.reserve(std::min<std::size_t>(chunk_size_, std::max(need, 2 * chunk_.capacity())));
}

base::Result<SealedBody> ChunkedWriter::seal() {
  if (sealed_) return base::fail("body: sealed twice", base::errc::refused);
  auto body = finish(BodyRef{id_, size_, chunk_size_}, spilled_, std::move(chunk_));
  if (!body) return base::fail("body.seal", body.error());
  sealed_ = true;
  return body;
}

base::Result<std::string> ChunkedReader::read(std::uint64_t offset, std::size_t limit) {
  if (offset >= ref_.size) return std::string();
  if (ref_.chunk_size == 0 || ref_.chunk_size > Bodies::max_chunk || chunk_count(ref_) - 1 > 0xFFFFFFFF)
    return base::fail("body: reference", base::errc::damaged);
  const auto index = static_cast<std::uint32_t>(offset / ref_.chunk_size);
  if (loaded_ != index) {
    loaded_.reset();
    auto chunk = load(index, chunk_octets(ref_, index));
    if (!chunk) return base::fail("body.read", chunk.error());
    if (chunk->size() != chunk_octets(ref_, index)) return base::fail("body.read: length of a chunk", base::errc::damaged);
    chunk_ = std::move(*chunk);
    loaded_ = index;
  }
  return chunk_.substr(offset % ref_.chunk_size, limit);
}

}  // namespace understudy::archive::store
