#include "archive/custody/taker.hpp"

#include "base/log.hpp"

namespace understudy::archive::custody {
namespace {

constexpr std::uint16_t partition = 0;

std::string position_key(const Life& giver) {
  base::Writer out(static_cast<std::uint8_t>('r'));
  giver.encode(out);
  return out.take();
}

}  // namespace

base::Result<std::uint64_t> ReceiptTaker::wanted(const Life& giver) const {
  auto value = archive_.store().get(shard_of(partition), store::Table::custody_state, position_key(giver));
  if (!value) return std::unexpected(value.error());
  if (!*value) return 0;
  base::Reader in(**value);
  const auto version = in.u8();
  const auto next = in.u64();
  if (!in.ok() || version != 1) return base::fail("position of receipts", base::errc::damaged);
  return next;
}

void ReceiptTaker::take_next(std::uint64_t position, const std::string& octets, Done<> done) {
  take(position, octets, std::move(done));
}

void ReceiptTaker::take_asked(const std::string& octets, Done<> done) {
  take(std::nullopt, octets, std::move(done));
}

void ReceiptTaker::take_ended(std::vector<SignedEnded> all, Done<> done) {
  const auto pinned = key_of_peer();
  if (!pinned) return done(std::unexpected(pinned.error()));
  TakenReceipts none;
  std::erase_if(all, [&](const SignedEnded& said) {
    const bool forged = !said.signed_by(*pinned);
    if (forged) none.refused.push_back({said.ended.number, Fault::forged});
    return forged;
  });
  note(none);
  auto stage = [all](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    for (const auto& said : all)
      if (auto settled = owners.owed.settle_ended(stage, said); !settled) return settled;
    return {};
  };
  auto finished = [this, all, forged = !none.refused.empty(), done = std::move(done)](base::Result<> settled) mutable {
    for (const auto& said : all)
      if (settled) base::log::warn("custody.ended_there", {{"number", said.ended.number.text()}});
    if (settled) count("ended", all.size());
    if (settled && forged) return done(base::fail("forged: what has ended", base::errc::refused));
    done(std::move(settled));
  };
  archive_.change(std::move(stage), std::move(finished));
}

/// errc::refused: it is not known, or not believed now.
base::Result<base::PublicKey> ReceiptTaker::key_of_peer() const {
  const auto dispute = witness_.open_dispute();
  if (!dispute) return std::unexpected(dispute.error());
  if (*dispute) return base::fail("receipts: a dispute with the other machine is open", base::errc::refused);
  const auto peer = witness_.witnessed();
  if (!peer) return std::unexpected(peer.error());
  if (!*peer) return base::fail("receipts: the key of the other machine is not known yet", base::errc::refused);
  return (*peer)->head.key;
}

void ReceiptTaker::take(std::optional<std::uint64_t> position, const std::string& octets, Done<> done) {
  auto batch = SignedBatch::decode(octets);
  if (!batch) return done(std::unexpected(batch.error()));
  const auto pinned = key_of_peer();
  if (!pinned) return done(std::unexpected(pinned.error()));
  auto believed = SignedByPinned::check(std::move(*batch), *pinned);
  if (!believed) {
    count(std::string(word(Fault::forged)), 1);
    return done(base::fail("forged: receipts that the other machine's key did not sign", base::errc::refused));
  }
  auto taken = std::make_shared<TakenReceipts>();
  auto stage = [position, taken, batch = std::move(*believed)](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    auto result = owners.owed.take_receipts(stage, batch);
    if (!result) return std::unexpected(result.error());
    *taken = std::move(*result);
    if (position)
      stage.put(shard_of(partition), store::Table::custody_state, position_key(batch->batch.by),
                base::Writer(1).u64(*position + 1).take());
    return {};
  };
  auto finished = [this, taken, done = std::move(done)](base::Result<> committed) mutable {
    if (committed) note(*taken);
    done(std::move(committed));
  };
  archive_.change(std::move(stage), std::move(finished));
}

void ReceiptTaker::note(const TakenReceipts& taken) {
  count("taken", taken.believed);
  count("closed", taken.closed.size());
  for (const auto& refused : taken.refused) {
    count(std::string(word(refused.fault)), 1);
    base::log::error("custody.receipt_refused", {{"reason", word(refused.fault)}, {"number", refused.number.text()}});
  }
}

void ReceiptTaker::count(const std::string& what, std::uint64_t by) {
  const std::lock_guard lock(mutex_);
  counts_[what] += by;
}

std::map<std::string, std::uint64_t> ReceiptTaker::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace understudy::archive::custody
