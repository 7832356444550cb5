#include "archive/store/rocksdb/chunk_codec.hpp"

#include <zstd.h>

#include "archive/store/rocksdb/keys.hpp"
#include "base/digest.hpp"

namespace understudy::archive::store {
namespace {

enum class Codec : std::uint8_t { raw = 1, zstd = 2 };

constexpr std::size_t check_octets = 8;
constexpr std::size_t head_octets = 1 + check_octets;

std::string check_of(BodyId body, std::uint32_t index, char codec, std::string_view octets) {
  base::Sha256 hash;
  hash.update(keys::chunk(body, index)).update({&codec, 1}).update(octets);
  return std::string(base::view(hash.finish()).substr(0, check_octets));
}

}  // namespace

ChunkCodec::ChunkCodec(int level) : level_(level) {}
ChunkCodec::~ChunkCodec() = default;

void ChunkCodec::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

ChunkCodec::Context ChunkCodec::take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return Context(ZSTD_createCCtx());
  Context context = std::move(idle_.back());
  idle_.pop_back();
  return context;
}

/// Writes behind the head that `out` has already; false where the octets do not get fewer.
bool ChunkCodec::compress(std::string_view octets, std::string& out) {
  Context context = take();
  if (!context) return false;
  out.resize(head_octets + octets.size());
  const std::size_t got =
      ZSTD_compressCCtx(context.get(), out.data() + head_octets, octets.size(), octets.data(), octets.size(), level_);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(context));
  if (ZSTD_isError(got) || got >= octets.size()) return false;
  out.resize(head_octets + got);
  return true;
}

std::string ChunkCodec::encode(BodyId body, std::uint32_t index, std::string_view octets) {
  std::string out(head_octets, '\0');
  Codec codec = Codec::zstd;
  if (level_ == 0 || !compress(octets, out)) {
    codec = Codec::raw;
    out.resize(head_octets);
    out.append(octets);
  }
  out[0] = static_cast<char>(codec);
  out.replace(1, check_octets, check_of(body, index, out[0], std::string_view(out).substr(head_octets)));
  out.shrink_to_fit();
  return out;
}

base::Result<std::string> ChunkCodec::decode(BodyId body, std::uint32_t index, std::string_view stored, std::size_t octets) {
  if (stored.size() < head_octets) return base::fail("chunk: too short", base::errc::damaged);
  const std::string_view data = stored.substr(head_octets);
  if (stored.substr(1, check_octets) != check_of(body, index, stored[0], data))
    return base::fail("chunk: check", base::errc::damaged);
  std::string out;
  switch (static_cast<Codec>(stored[0])) {
    case Codec::raw:
      out = data;
      break;
    case Codec::zstd: {
      out.resize(octets);
      const std::size_t got = ZSTD_decompress(out.data(), out.size(), data.data(), data.size());
      if (ZSTD_isError(got) || got != octets) return base::fail("chunk: decompression", base::errc::damaged);
      break;
    }
    default:
      return base::fail("chunk: codec", base::errc::unsupported);
  }
  if (out.size() != octets) return base::fail("chunk: length", base::errc::damaged);
  return out;
}

}  // namespace understudy::archive::store
