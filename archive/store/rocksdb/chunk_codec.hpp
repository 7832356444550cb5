/// A chunk of a body as it is stored: codec, check, octets. The check covers the chunk's name too, so that neither a flipped
/// bit nor a chunk in another's place is ever taken for the body. Never does I/O.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "archive/store/body.hpp"
#include "base/result.hpp"

struct ZSTD_CCtx_s;

namespace understudy::archive::store {

/// Any thread. Keeps as many compression contexts as were ever in use at once.
class ChunkCodec {
 public:
  explicit ChunkCodec(int level);  ///< zstd's; 0: chunks are stored as they are
  ~ChunkCodec();
  /// Compressed, or as it is where that is not smaller.
  std::string encode(BodyId body, std::uint32_t index, std::string_view octets);
  /// `octets`: how many the chunk must have. errc::damaged, errc::unsupported (a codec of a later version).
  static base::Result<std::string> decode(BodyId body, std::uint32_t index, std::string_view stored, std::size_t octets);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  using Context = std::unique_ptr<ZSTD_CCtx_s, Free>;
  Context take();
  bool compress(std::string_view octets, std::string& out);

  int level_;
  std::mutex mutex_;
  std::vector<Context> idle_;
};

}  // namespace understudy::archive::store
