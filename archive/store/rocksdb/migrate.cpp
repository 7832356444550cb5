#include "archive/store/rocksdb/migrate.hpp"

#include <zstd.h>

#include "archive/store/rocksdb/body_writer.hpp"
#include "archive/store/rocksdb/group_commit.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "base/log.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::uint64_t bodies_told_at_a_time = 10'000;
constexpr char unheld_mark = 'u';  ///< of format 1: a body that nobody held yet

// A chunk of format 1: key = body (start 8, number 8), index (4); value = codec (1), check (8), octets. The check is the first
// 8 octets of SHA-256 over key, codec and octets.
enum class OldCodec : std::uint8_t { raw = 1, zstd = 2 };
constexpr std::size_t old_check_octets = 8;

struct OldChunk {
  BodyId body;
  std::uint32_t index = 0;
};

base::Result<OldChunk> old_chunk_from(std::string_view key) {
  base::Reader in(key);
  OldChunk chunk;
  chunk.body.start = in.u64();
  chunk.body.number = in.u64();
  chunk.index = in.u32();
  auto complete = in.check("key of a chunk");
  if (!complete) return std::unexpected(complete.error());
  return chunk;
}

base::Result<std::string> decode_old(std::string_view key, std::string_view value) {
  base::Reader in(value);
  const std::uint8_t codec = in.u8();
  const std::string_view check = in.raw(old_check_octets);
  const std::string_view data = in.rest();
  base::Sha256 hash;
  hash.update(key).update(value.substr(0, 1)).update(data);
  if (!in.ok() || base::view(hash.finish()).substr(0, old_check_octets) != check)
    return base::fail("chunk: check", base::errc::damaged);
  if (static_cast<OldCodec>(codec) == OldCodec::raw) return std::string(data);
  std::string out(Bodies::max_chunk, '\0');
  const std::size_t got = ZSTD_decompress(out.data(), out.size(), data.data(), data.size());
  if (ZSTD_isError(got)) return base::fail("chunk: decompression", base::errc::damaged);
  out.resize(got);
  return out;
}

/// One pass over the chunks; a body is written anew under its own name.
class TakeOver {
 public:
  TakeOver(std::shared_ptr<RocksCore> core, rocksdb::ColumnFamilyHandle& chunks) : core_(std::move(core)), chunks_(chunks) {}

  base::Result<> run() {
    const std::unique_ptr<rocksdb::Iterator> at(core_->db->NewIterator({}, &chunks_));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      const std::string_view key = view(at->key());
      auto chunk = old_chunk_from(key);
      if (!chunk) return std::unexpected(chunk.error());
      if (chunk->body != body_) {
        if (auto ended = end_body(); !ended) return ended;
        if (auto begun = begin_body(chunk->body); !begun) return begun;
      }
      if (auto taken = take(chunk->index, key, view(at->value())); !taken) return taken;
    }
    if (!at->status().ok()) return fail("store: old chunks", at->status());
    if (auto ended = end_body(); !ended) return ended;
    return commit();
  }
  bool everything() const { return damaged_ == 0; }
  std::uint64_t bodies() const { return bodies_; }

 private:
  base::Result<> begin_body(BodyId body) {
    body_ = body;
    OwnKeys holders(*core_, keys::holder_prefix(body));
    const bool held = holders.valid();
    if (auto whole = holders.status(); !whole) return whole;
    if (held) writer_ = std::make_unique<RocksWriter>(core_, body, *core_, std::nullopt);  // its holders would have no key
    next_index_ = 0;
    return {};
  }

  base::Result<> take(std::uint32_t index, std::string_view key, std::string_view value) {
    keys_.emplace_back(key);
    if (!writer_) return {};
    auto octets = decode_old(key, value);
    if (!octets || index != next_index_++) {
      base::log::error("store.damaged_body_left", {{"start", body_.start}, {"number", body_.number}});
      ++damaged_;
      left_ = true;
      writer_.reset();
      return {};
    }
    gathered_ += octets->size();
    return writer_->append(*octets);
  }

  base::Result<> end_body() {
    if (std::exchange(left_, false)) keys_.clear();
    if (writer_) {
      auto sealed = writer_->seal();
      writer_.reset();
      if (!sealed) return std::unexpected(sealed.error());
      sealed_.push_back(*sealed);
      if (++bodies_ % bodies_told_at_a_time == 0) base::log::info("store.taking_over", {{"bodies", bodies_}});
    }
    done_.insert(done_.end(), std::move_iterator(keys_.begin()), std::move_iterator(keys_.end()));
    keys_.clear();
    return gathered_ < core_->engine_options.take_over_octets ? base::Result<>{} : commit();
  }

  base::Result<> commit() {
    gathered_ = 0;
    GroupWriter writer(*core_);
    auto ready = writer.begin();
    for (const auto& body : sealed_)
      if (ready) ready = writer.bring(static_cast<const RocksPending&>(*body.pending()));
    for (const auto& key : done_) writer.batch().Delete(&chunks_, key);
    if (ready) ready = writer.finish(core_->commits_found + 1);
    if (ready) ready = commit_group(*core_, writer, core_->commits_found + 1, Sync::now);
    if (ready) ++core_->commits_found;
    for (const auto& body : sealed_) {
      static_cast<RocksPending&>(*body.pending()).mark_held();
      core_->tally.octets_accepted += body.ref().size;
    }
    sealed_.clear();
    done_.clear();
    return ready;
  }

  std::shared_ptr<RocksCore> core_;
  rocksdb::ColumnFamilyHandle& chunks_;
  BodyId body_;
  std::unique_ptr<RocksWriter> writer_;  // nullptr: nobody holds the body, or it is damaged
  bool left_ = false;                    // the body's chunks stay
  std::uint32_t next_index_ = 0;
  std::vector<std::string> keys_;  // of the body's chunks
  std::vector<std::string> done_;
  std::vector<SealedBody> sealed_;
  std::uint64_t gathered_ = 0;
  std::uint64_t bodies_ = 0;
  std::uint64_t damaged_ = 0;
};

base::Result<> erase_marks(RocksCore& core) {
  GroupWriter writer(core);
  auto ready = writer.begin();
  OwnKeys at(core, std::string(1, unheld_mark));
  for (; at.valid(); at.next()) writer.erase_own(std::string(at.key()));
  if (ready) ready = at.status();
  if (ready) ready = writer.finish(core.commits_found + 1);
  if (ready) ready = commit_group(core, writer, core.commits_found + 1, Sync::now);
  if (ready) ++core.commits_found;
  return ready;
}

}  // namespace

base::Result<> take_over_chunks(const std::shared_ptr<RocksCore>& core, rocksdb::ColumnFamilyHandle& chunks) {
  base::log::info("store.take_over", {{"directory", core->options.directory}});
  TakeOver take_over(core, chunks);
  auto done = take_over.run();
  if (done) done = erase_marks(*core);
  if (!done) return base::fail("store.take_over", done.error());
  base::log::info("store.taken_over", {{"bodies", take_over.bodies()}});
  if (!take_over.everything()) return {};
  // The deletions are in the log and in memory only, and the log names the family: its files first, then the family.
  auto status = core->db->Flush(rocksdb::FlushOptions(), core->families);
  if (status.ok()) status = core->db->DropColumnFamily(&chunks);
  if (!status.ok()) return fail("store.take_over", status);
  std::erase(core->families, &chunks);
  status = core->db->DestroyColumnFamilyHandle(&chunks);
  if (!status.ok()) return fail("store.take_over", status);
  return {};
}

}  // namespace understudy::archive::store
