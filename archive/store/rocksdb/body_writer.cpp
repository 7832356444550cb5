#include "archive/store/rocksdb/body_writer.hpp"

#include <algorithm>

#include "archive/store/content/sealed_block.hpp"
#include "archive/store/rocksdb/body_check.hpp"
#include "base/log.hpp"

namespace understudy::archive::store {

using content::BlockCodec;

std::uint64_t RocksPending::octets() const {
  std::uint64_t octets = 0;
  for (const auto& block : own) octets += block.coded.size();
  for (const auto& [digest, block] : parts) octets += block.coded.size();
  return octets;
}

RocksWriter::RocksWriter(std::weak_ptr<RocksCore> core, BodyId body, const RocksCore& with, std::optional<base::SecretKey> key)
    : weak_(std::move(core)),
      block_octets_(with.options.chunk_size),
      inline_octets_(with.engine_options.inline_octets),
      pending_(std::make_shared<RocksPending>(body, std::move(key))),
      splitter_(*this, with.engine_options.split) {
  if (with.options.check_writes == CheckWrites::on) came_.emplace();
}

base::Result<> RocksWriter::append(std::string_view octets) {
  if (sealed_) return base::fail("body: append after seal", base::errc::refused);
  if (failed_) return std::unexpected(*failed_);
  core_ = weak_.lock();
  if (!core_ || core_->stopped) return base::fail("store", base::errc::stopped);
  auto fed = pending_->key() ? literal(octets) : splitter_.feed(octets);
  core_.reset();
  if (!fed) {
    failed_ = fed.error();
    return base::fail("body.append", fed.error());
  }
  if (came_) came_->update(octets);
  size_ += octets.size();
  return {};
}

base::Result<SealedBody> RocksWriter::seal() {
  if (sealed_) return base::fail("body: sealed twice", base::errc::refused);
  if (failed_) return std::unexpected(*failed_);
  core_ = weak_.lock();
  if (!core_ || core_->stopped) return base::fail("store", base::errc::stopped);
  auto ended = pending_->key() ? base::Result<>() : splitter_.finish();
  if (ended) ended = end_own_block();
  if (ended && came_) ended = compare();
  core_.reset();
  if (!ended) {
    failed_ = ended.error();
    return base::fail("body.seal", ended.error());
  }
  sealed_ = true;
  return SealedBody(BodyRef{pending_->body(), size_, block_octets_}, pending_);
}

/// A fault of memory or of ours shows here, while the sender still has the message.
base::Result<> RocksWriter::compare() {
  auto written = digest_as_written(*core_, *pending_, size_);
  if (written && *written == came_->finish()) return {};
  base::log::error("store.written_wrong", {{"octets", size_}, {"why", written ? "other octets" : written.error().text()}});
  return base::fail("what was written is not what came", base::errc::damaged);
}

base::Result<> RocksWriter::literal(std::string_view octets) {
  own_since_part_ += octets.size();
  while (!octets.empty()) {
    if (own_.size() == block_octets_) {
      auto ended = end_own_block();
      if (!ended) return ended;
    }
    const std::size_t some = std::min<std::size_t>(octets.size(), block_octets_ - own_.size());
    own_.append(octets.substr(0, some));
    octets.remove_prefix(some);
  }
  return {};
}

base::Result<> RocksWriter::end_own_block() {
  if (own_.empty()) return {};
  WrittenBlock block;
  block.octets = static_cast<std::uint32_t>(own_.size());
  if (!pending_->key() && pending_->own.empty()) {  // the header and what is said first: what a dictionary is for
    core_->sample->offer(own_);
    ++core_->dictionary_book.texts_seen;
  }
  code_own_block(block);
  own_.clear();
  segments::Owner owner;
  owner.body = pending_->body();
  owner.index = static_cast<std::uint32_t>(pending_->own.size());
  return add(pending_->own.emplace_back(std::move(block)), owner);
}

void RocksWriter::code_own_block(WrittenBlock& block) const {
  if (!pending_->key()) return core_->codec.encode(BlockCodec::Use::literal, own_, block.coded);
  std::string coded;
  core_->codec.encode(BlockCodec::Use::encrypted, own_, coded);
  const auto index = static_cast<std::uint32_t>(pending_->own.size());
  block.coded = content::seal_block(*pending_->key(), {pending_->body(), index, block.octets}, coded);
}

base::Result<bool> RocksWriter::is_there(const base::Digest& digest) {
  if (pending_->parts.contains(digest)) return true;
  auto pin = core_->pins->pin(digest);  // before looking: what is found must stay until the commit names it
  if (!pin) return false;
  auto found = core_->get_own(keys::part(digest));
  if (!found) return std::unexpected(found.error());
  pending_->pins.push_back(std::move(pin));
  return found->has_value();
}

base::Result<> RocksWriter::part(const content::Form& form, std::string_view stored) {
  content::SharedPart piece;
  piece.before = std::exchange(own_since_part_, 0);
  piece.form = form;
  piece.stored = static_cast<std::uint32_t>(stored.size());
  piece.digest = base::sha256(stored);
  pending_->shared.push_back(piece);
  auto there = is_there(piece.digest);
  if (!there) return std::unexpected(there.error());
  ++(*there ? core_->tally.parts_found : core_->tally.parts_new);
  if (*there) return {};
  WrittenBlock block;
  block.octets = piece.stored;
  core_->codec.encode(BlockCodec::Use::part, stored, block.coded);
  segments::Owner owner;
  owner.kind = segments::Owner::Kind::part;
  owner.digest = piece.digest;
  return add(pending_->parts.emplace(piece.digest, std::move(block)).first->second, owner);
}

base::Result<> RocksWriter::add(WrittenBlock& block, const segments::Owner& owner) {
  waiting_octets_ += block.coded.size();
  waiting_.emplace_back(&block, owner);
  if (waiting_octets_ <= inline_octets_) return {};
  inline_octets_ = 0;  // from here on every block is written when it is ready
  for (auto& [written, whose] : waiting_) {
    auto at = core_->blocks->add(whose, written->coded, pending_->leases);
    if (!at) {
      if (at.error().code != base::errc::busy) core_->stop(at.error().text());
      return std::unexpected(at.error());
    }
    core_->tally.octets_before_commit += at->length;
    written->at = *at;
    std::string().swap(written->coded);  // an assignment would keep the memory
    pending_->last_written = *at;
  }
  waiting_.clear();
  return {};
}

}  // namespace understudy::archive::store
