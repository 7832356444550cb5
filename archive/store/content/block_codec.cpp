#include "archive/store/content/block_codec.hpp"

#include <mutex>
#include <new>
#include <vector>

#include <zstd.h>

#include "base/bytes.hpp"

namespace understudy::archive::store::content {
namespace {

enum class Codec : std::uint8_t { raw = 1, zstd = 2, zstd_dictionary = 3 };

/// What a dictionary gains is gained at the beginning: of a longer text it is a small share.
constexpr std::size_t dictionary_up_to = 64 * 1024;
/// A block of zstd's is 4 octets at least and becomes 128 KiB at most.
constexpr std::size_t most_from_one_octet = 32 * 1024;

/// Contexts that are in nobody's use. One is taken out, and put back when its user is done with it.
template <class Context, std::size_t (*free)(Context*)>
class Pool {
 public:
  struct Free {
    void operator()(Context* context) const { free(context); }
  };
  using Owned = std::unique_ptr<Context, Free>;

  class Lease {
   public:
    Lease(Pool& pool, Owned context) : pool_(pool), context_(std::move(context)) {}
    Lease(const Lease&) = delete;
    ~Lease() { pool_.give_back(std::move(context_)); }
    Context* get() const { return context_.get(); }

   private:
    Pool& pool_;
    Owned context_;
  };

  template <class Make>
  Lease take(Make make) {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Owned context = std::move(idle_.back());
        idle_.pop_back();
        return Lease(*this, std::move(context));
      }
      idle_.reserve(++made_);  // so that giving back cannot fail
    }
    Owned context(make());
    if (!context) throw std::bad_alloc();
    return Lease(*this, std::move(context));
  }

 private:
  void give_back(Owned context) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(context));
  }

  std::mutex mutex_;
  std::vector<Owned> idle_;
  std::size_t made_ = 0;
};

/// What compresses, and where it writes: a frame is copied from there in its own size. Written in place it would keep the room
/// of the octets that it came from for as long as it waits, which of a message that compresses well is all of its memory.
struct Compression {
  ZSTD_CCtx* context = nullptr;
  std::string room;
};
std::size_t free_compression(Compression* compression) {
  const std::unique_ptr<Compression> owned(compression);
  return ZSTD_freeCCtx(compression->context);
}

/// A frame says nothing twice: the frame around it has a check, the recipe the length, and the number of our own stands before
/// it.
Compression* make_compression(int level) {
  auto made = std::make_unique<Compression>();
  ZSTD_CCtx* context = made->context = ZSTD_createCCtx();
  if (context == nullptr) return nullptr;
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0);
  ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0);
  return made.release();
}

/// One frame of today's format and nothing behind it: what encode() writes. Decoders of zstd's drafts and skipped frames stay
/// out.
bool is_one_frame(std::string_view frame) {
  constexpr auto magic = std::uint32_t{ZSTD_MAGICNUMBER};
  constexpr char little_endian[] = {static_cast<char>(magic), static_cast<char>(magic >> 8), static_cast<char>(magic >> 16),
                                    static_cast<char>(magic >> 24)};
  return frame.starts_with(std::string_view(little_endian, sizeof(little_endian))) &&
         ZSTD_findFrameCompressedSize(frame.data(), frame.size()) == frame.size();
}

std::unexpected<base::Error> damaged() {
  return base::fail("block", base::errc::damaged);
}

}  // namespace

struct BlockCodec::Contexts {
  Pool<Compression, free_compression> compression;
  Pool<ZSTD_DCtx, ZSTD_freeDCtx> decompression;
};

BlockCodec::BlockCodec(int level, std::shared_ptr<const Dictionaries> dictionaries)
    : level_(level), dictionaries_(std::move(dictionaries)), contexts_(std::make_unique<Contexts>()) {}
BlockCodec::~BlockCodec() = default;

/// One way is tried, and known beforehand: to try both would double the time for every block and gain nothing, since a
/// dictionary's matches come on top of those in the block itself. Of mail it is hardly one text in a thousand that gets longer
/// by it, and text that has nothing of mail gets longer by a few percent.
std::shared_ptr<const Dictionary> BlockCodec::dictionary_for(Use use, std::size_t octets) const {
  if (use != Use::literal || octets > dictionary_up_to) return nullptr;
  auto newest = dictionaries_->newest();
  return newest && newest->for_encoding() != nullptr ? newest : nullptr;
}

/// false: it does not get shorter; `out` is as it was.
bool BlockCodec::compress(const Dictionary* dictionary, std::string_view octets, std::string& out) {
  base::Writer head(static_cast<std::uint8_t>(dictionary ? Codec::zstd_dictionary : Codec::zstd));
  if (dictionary) head.u32(dictionary->number());
  if (octets.size() <= head.str().size()) return false;
  const auto lease = contexts_->compression.take([this] { return make_compression(level_); });
  auto& [context, room] = *lease.get();
  ZSTD_CCtx_reset(context, ZSTD_reset_session_only);  // a context whose last block did not fit still waits for its rest
  const std::size_t set = ZSTD_CCtx_refCDict(context, dictionary ? dictionary->for_encoding() : nullptr);
  const std::size_t most = octets.size() - head.str().size();  // so that head and frame are shorter than the octets
  if (room.size() < most) room.resize(most);
  const std::size_t got = ZSTD_isError(set) ? set : ZSTD_compress2(context, room.data(), most, octets.data(), octets.size());
  if (got == 0 || ZSTD_isError(got)) return false;
  out.reserve(out.size() + head.str().size() + got);
  out.append(head.str()).append(room, 0, got);
  return true;
}

void BlockCodec::encode(Use use, std::string_view octets, std::string& out) {
  if (level_ != 0 && compress(dictionary_for(use, octets.size()).get(), octets, out)) return;
  out.push_back(static_cast<char>(Codec::raw));
  out.append(octets);
}

base::Result<std::string> BlockCodec::decompress(std::string_view frame, const Dictionary* dictionary,
                                                 std::size_t octets) const {
  if (!is_one_frame(frame) || octets / most_from_one_octet > frame.size()) return damaged();
  const auto context = contexts_->decompression.take(ZSTD_createDCtx);
  const ZSTD_DDict* with = dictionary ? &dictionary->for_decoding() : nullptr;
  std::size_t got = 0;
  std::string out;
  // In one pass zstd writes to where the octets belong and keeps no window, whatever size of one the frame claims.
  out.resize_and_overwrite(octets, [&](char* to, std::size_t room) {
    got = ZSTD_decompress_usingDDict(context.get(), to, room, frame.data(), frame.size(), with);
    return ZSTD_isError(got) ? 0 : got;
  });
  if (ZSTD_isError(got) || got != octets) return damaged();
  return out;
}

base::Result<std::string> BlockCodec::decode(std::string_view coded, std::size_t octets) const {
  base::Reader in(coded);
  const auto codec = static_cast<Codec>(in.u8());
  if (!in.ok()) return damaged();
  switch (codec) {
    case Codec::raw: {
      const std::string_view data = in.rest();
      if (data.size() != octets) return damaged();
      return std::string(data);
    }
    case Codec::zstd:
      return decompress(in.rest(), nullptr, octets);
    case Codec::zstd_dictionary: {
      const std::uint32_t number = in.u32();
      if (!in.ok()) return damaged();
      const auto dictionary = dictionaries_->find(number);
      if (!dictionary)
        return base::fail("block: it needs dictionary " + std::to_string(number) + ", which is lost", base::errc::damaged);
      return decompress(in.rest(), dictionary.get(), octets);
    }
  }
  return base::fail("block: codec", base::errc::unsupported);
}

}  // namespace understudy::archive::store::content
