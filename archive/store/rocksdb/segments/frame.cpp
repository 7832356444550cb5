#include "archive/store/rocksdb/segments/frame.hpp"

#include <limits>
#include <memory>

#include <zstd.h>

#include "base/bytes.hpp"

namespace understudy::archive::store::segments {
namespace {

constexpr std::uint8_t head_version = 1;
constexpr std::size_t check_octets = 8;
constexpr std::size_t worth_compressing = 256;
constexpr int commit_level = 1;
constexpr std::size_t most_from_one_octet = 32 * 1024;  // a block of zstd's is 4 octets at least and becomes 128 KiB at most

enum class Coding : std::uint8_t { raw = 1, zstd = 2 };

std::string check_of(Place place, FrameKind kind, std::initializer_list<std::string_view> payload) {
  std::string context;
  base::put_be(context, place.segment);
  base::put_be(context, place.offset);
  base::put_be(context, static_cast<std::uint8_t>(kind));
  base::Sha256 hash;
  hash.update(context);
  for (const auto part : payload) hash.update(part);
  return std::string(base::view(hash.finish()).substr(0, check_octets));
}

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

/// Empty where the octets do not get fewer. One context a thread: commits come one after another.
std::string compressed(std::string_view octets) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  if (!context || octets.size() < worth_compressing) return {};
  std::string out(octets.size(), '\0');
  const std::size_t got = ZSTD_compressCCtx(context.get(), out.data(), out.size(), octets.data(), octets.size(), commit_level);
  if (ZSTD_isError(got)) return {};
  out.resize(got);
  return out;
}

}  // namespace

void append_frame(std::string& out, Place place, FrameKind kind, std::initializer_list<std::string_view> payload) {
  std::size_t octets = 0;
  for (const auto part : payload) octets += part.size();
  out.reserve(out.size() + frame_head_octets + octets);
  base::put_be(out, static_cast<std::uint32_t>(octets));
  base::put_be(out, static_cast<std::uint8_t>(kind));
  out += check_of(place, kind, payload);
  for (const auto part : payload) out += part;
}

std::uint32_t payload_octets(std::string_view frame) {
  return base::Reader(frame).u32();
}

base::Result<Frame> parse_frame(std::string_view octets, Place place) {
  base::Reader in(octets);
  const std::uint32_t length = in.u32();
  const auto kind = static_cast<FrameKind>(in.u8());
  const std::string_view check = in.raw(check_octets);
  const std::string_view payload = in.rest();
  if (!in.ok() || payload.size() != length || kind < FrameKind::head || kind > FrameKind::block ||
      check != check_of(place, kind, {payload}))
    return base::fail("segment " + std::to_string(place.segment) + ", octet " + std::to_string(place.offset),
                      base::errc::damaged);
  return Frame{kind, payload};
}

std::string Head::encode() const {
  return base::Writer(head_version).raw(base::view(incarnation)).u64(last_commit).take();
}

base::Result<Head> Head::decode(std::string_view payload) {
  base::Reader in(payload);
  const std::uint8_t version = in.u8();
  Head head;
  head.incarnation = base::digest_from(in.raw(head.incarnation.size()));
  head.last_commit = in.u64();
  if (version > head_version) return base::fail("head of a segment", base::errc::unsupported);
  if (!in.ok() || version == 0) return base::fail("head of a segment", base::errc::damaged);
  return head;
}

std::string Owner::encode() const {
  std::string out(1, static_cast<char>(kind));
  if (kind == Kind::part) return out.append(base::view(digest));
  base::put_be(out, body.start);
  base::put_be(out, body.number);
  base::put_varint(out, index);
  return out;
}

base::Result<Block> parse_block(std::string_view payload) {
  base::Reader in(payload);
  Block block;
  block.owner.kind = static_cast<Owner::Kind>(in.u8());
  if (block.owner.kind == Owner::Kind::body) {
    block.owner.body.start = in.u64();
    block.owner.body.number = in.u64();
    const std::uint64_t index = in.varint();
    if (index > std::numeric_limits<std::uint32_t>::max()) return base::fail("owner of a block", base::errc::damaged);
    block.owner.index = static_cast<std::uint32_t>(index);
  } else if (block.owner.kind == Owner::Kind::part) {
    block.owner.digest = base::digest_from(in.raw(block.owner.digest.size()));
  } else {
    return base::fail("owner of a block", base::errc::unsupported);
  }
  block.coded = in.rest();
  auto complete = in.check("block");
  if (!complete) return std::unexpected(complete.error());
  return block;
}

std::string encode_commit(std::uint64_t number, std::string_view batch) {
  const std::string shorter = compressed(batch);
  const auto coding = shorter.empty() ? Coding::raw : Coding::zstd;
  base::Writer out;
  out.u64(number).varint(batch.size()).u8(static_cast<std::uint8_t>(coding));
  return out.raw(shorter.empty() ? batch : shorter).take();
}

base::Result<Commit> parse_commit(std::string_view payload) {
  base::Reader in(payload);
  Commit commit;
  commit.number = in.u64();
  const std::uint64_t octets = in.varint();
  const auto coding = static_cast<Coding>(in.u8());
  const std::string_view data = in.rest();
  if (!in.ok() || octets > max_batch) return base::fail("commit", base::errc::damaged);
  if (coding == Coding::raw) {
    commit.batch = data;
  } else if (coding == Coding::zstd) {
    if (octets / most_from_one_octet > data.size()) return base::fail("commit: length", base::errc::damaged);
    if (ZSTD_getFrameContentSize(data.data(), data.size()) != octets)  // before memory is taken for it
      return base::fail("commit: length", base::errc::damaged);
    commit.batch.resize(octets);
    const std::size_t got = ZSTD_decompress(commit.batch.data(), commit.batch.size(), data.data(), data.size());
    if (ZSTD_isError(got) || got != octets) return base::fail("commit: decompression", base::errc::damaged);
  } else {
    return base::fail("commit: coding", base::errc::unsupported);
  }
  if (commit.batch.size() != octets) return base::fail("commit: length", base::errc::damaged);
  return commit;
}

}  // namespace understudy::archive::store::segments
