#include "base/net/deflate_link.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <new>
#include <utility>

#include <zlib.h>

namespace understudy::net {
namespace {
constexpr int raw_window = -15;  // RFC 1951 without a header; a peer may look back 32 KiB
// What we send looks back 8 KiB: some 64 KiB of memory in the place of 256, for a few octets more on the wire.
constexpr int own_window = -13, own_memory = 6, level = 6;
constexpr std::size_t read_size = 4096;
constexpr std::size_t write_size = 64 * 1024;  // packed and written at once, so that memory does not grow with what is written
}  // namespace

struct DeflateLink::Streams {
  z_stream in{}, out{};
  Streams() {
    if (inflateInit2(&in, raw_window) != Z_OK) throw std::bad_alloc();
    if (deflateInit2(&out, level, Z_DEFLATED, own_window, own_memory, Z_DEFAULT_STRATEGY) == Z_OK) return;
    inflateEnd(&in);
    throw std::bad_alloc();
  }
  ~Streams() {
    inflateEnd(&in);
    deflateEnd(&out);
  }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  /// `octets`: at most write_size. All of it can be unpacked from what this gives and what came before.
  std::string pack(std::string_view octets) {
    std::string packed;
    std::array<char, 16 * 1024> room;
    out.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(octets.data()));  // zlib does not write there
    out.avail_in = static_cast<uInt>(octets.size());
    do {
      out.next_out = reinterpret_cast<Bytef*>(room.data());
      out.avail_out = static_cast<uInt>(room.size());
      deflate(&out, Z_SYNC_FLUSH);
      packed.append(room.data(), room.size() - out.avail_out);
    } while (out.avail_out == 0);
    return packed;
  }
};

namespace {
/// What is left of a time that is for a whole call, however many it makes below.
class Deadline {
 public:
  explicit Deadline(Timeout timeout) : at_(std::chrono::steady_clock::now() + timeout) {}
  Timeout left() const {
    const auto left = std::chrono::ceil<Timeout>(at_ - std::chrono::steady_clock::now());
    return std::max(left, Timeout(0));
  }

 private:
  std::chrono::steady_clock::time_point at_;
};
}  // namespace

DeflateLink::DeflateLink(std::unique_ptr<Link> below, std::string already)
    : below_(std::move(below)), streams_(std::make_unique<Streams>()), packed_(std::move(already)) {}

DeflateLink::~DeflateLink() = default;

Task<base::Result<std::size_t>> DeflateLink::read_some(std::span<char> into, Timeout timeout) {
  auto& in = streams_->in;
  const Deadline deadline(timeout);
  for (;;) {
    in.next_in = reinterpret_cast<Bytef*>(packed_.data() + packed_at_);
    in.avail_in = static_cast<uInt>(packed_.size() - packed_at_);
    in.next_out = reinterpret_cast<Bytef*>(into.data());
    in.avail_out = static_cast<uInt>(std::min<std::size_t>(into.size(), std::numeric_limits<uInt>::max()));
    const auto room = in.avail_out;
    const int unpacked = inflate(&in, Z_SYNC_FLUSH);
    packed_at_ = packed_.size() - in.avail_in;
    const auto came = room - in.avail_out;
    if (came > 0) co_return static_cast<std::size_t>(came);
    if (unpacked == Z_STREAM_END) co_return base::fail("read from " + peer().text(), errc::closed);
    if (unpacked != Z_OK && unpacked != Z_BUF_ERROR)
      co_return base::fail("deflate from " + peer().text(), base::errc::malformed);
    packed_.resize(read_size);
    packed_at_ = 0;
    auto read = co_await below_->read_some(packed_, deadline.left());
    packed_.resize(read ? *read : 0);
    if (!read) co_return std::unexpected(read.error());
  }
}

Task<base::Result<>> DeflateLink::write(std::string_view all, Timeout timeout) {
  const Deadline deadline(timeout);
  while (!all.empty()) {
    const auto piece = all.substr(0, write_size);
    all.remove_prefix(piece.size());
    const std::string packed = streams_->pack(piece);
    auto written = co_await below_->write(packed, deadline.left());
    if (!written) co_return written;
  }
  co_return base::Result<>();
}

Task<base::Result<>> DeflateLink::start_tls(const TlsContext&, TlsExpect, Timeout) {
  co_return base::fail("handshake with " + peer().text() + ": compression is on already", errc::tls);
}

Task<> DeflateLink::close(Timeout timeout) {
  co_await below_->close(timeout);
}

}  // namespace understudy::net
