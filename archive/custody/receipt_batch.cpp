#include "archive/custody/receipt_batch.hpp"

#include <algorithm>

namespace understudy::archive::custody {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view context = "understudy receipts";

constexpr std::uint8_t kept_version = 2;

/// Of a batch on its way and of one that is kept.
template <class Batch>
void encode_head(base::Writer& out, const Batch& batch) {
  out.u64(batch.number);
  batch.by.encode(out);
  out.u16(static_cast<std::uint16_t>(batch.receipts.size()));
}

base::Digest hash_of(const Receipt& receipt) {
  return receipt.hash();
}
base::Digest hash_of(const KeptBatch::Kept& kept) {
  return kept.receipt ? kept.receipt->hash() : kept.hash;
}

template <class Batch>
std::string octets_to_sign(const Batch& batch) {
  base::Writer out(version);
  encode_head(out, batch);
  for (const auto& receipt : batch.receipts) {
    const auto hash = hash_of(receipt);
    out.raw(base::view(hash));
  }
  return out.take();
}

}  // namespace

bool ReceiptBatch::takes(const Receipt& receipt) const {
  constexpr std::size_t head = 64, fixed = 150;  // more than anything but the recipients takes, of the batch and of a receipt
  auto octets = head + fixed + sizeof(Name) * receipt.recipients.size();
  for (const auto& one : receipts) octets += fixed + sizeof(Name) * one.recipients.size();
  return receipts.size() < max_receipts && octets <= max_octets;
}

std::string ReceiptBatch::encode() const {
  base::Writer out(version);
  encode_head(out, *this);
  for (const auto& receipt : receipts) out.text(receipt.encode());
  return out.take();
}

base::Result<ReceiptBatch> ReceiptBatch::decode(std::string_view octets) {
  const auto wrong = [] { return base::fail("batch of receipts", base::errc::malformed); };
  if (octets.size() > max_octets) return wrong();
  base::Reader in(octets);
  if (in.u8() > version) return base::fail("batch of receipts", base::errc::unsupported);
  ReceiptBatch batch;
  batch.number = in.u64();
  batch.by = Life::decode(in);
  const auto count = in.u16();
  if (!in.ok() || batch.number == 0 || count == 0 || count > max_receipts) return wrong();
  for (std::size_t i = 0; i < count; ++i) {
    const auto text = in.text();
    if (!in.ok()) return wrong();
    auto receipt = Receipt::decode(text);
    if (!receipt) return base::fail("batch of receipts", receipt.error());
    if (receipt->by != batch.by) return wrong();
    batch.receipts.push_back(std::move(*receipt));
  }
  if (!in.at_end() || batch.encode() != octets) return wrong();
  return batch;
}

std::string ReceiptBatch::signed_octets() const {
  return octets_to_sign(*this);
}

SignedBatch SignedBatch::sign(ReceiptBatch batch, const base::SigningKey& key) {
  auto signature = key.sign(context, batch.signed_octets());
  return {std::move(batch), signature};
}

bool SignedBatch::signed_by(const base::PublicKey& key) const {
  return base::verify(key, context, batch.signed_octets(), signature);
}

std::string SignedBatch::encode() const {
  return base::Writer().raw(base::view(signature)).raw(batch.encode()).take();
}

base::Result<SignedBatch> SignedBatch::decode(std::string_view octets) {
  base::Reader in(octets);
  const auto signature = base::signature_from(in.raw(sizeof(base::Signature)));
  auto batch = ReceiptBatch::decode(in.rest());
  if (!batch) return std::unexpected(batch.error());
  return SignedBatch{std::move(*batch), signature};
}

KeptBatch KeptBatch::of(const SignedBatch& signed_batch) {
  const auto& batch = signed_batch.batch;
  KeptBatch kept{batch.number, batch.by, {}, signed_batch.signature};
  for (const auto& receipt : batch.receipts) kept.receipts.push_back({receipt.hash(), receipt});
  return kept;
}

bool KeptBatch::signed_by(const base::PublicKey& key) const {
  return base::verify(key, context, octets_to_sign(*this), signature);
}

bool KeptBatch::hide(const Number& of) {
  bool hidden = false;
  for (auto& kept : receipts) {
    if (!kept.receipt || kept.receipt->number != of) continue;
    kept.receipt.reset();
    hidden = true;
  }
  return hidden;
}

std::string KeptBatch::encode() const {
  base::Writer out(kept_version);
  out.raw(base::view(signature));
  encode_head(out, *this);
  for (const auto& kept : receipts) {
    out.text(kept.receipt ? kept.receipt->encode() : std::string());
    if (!kept.receipt) out.raw(base::view(kept.hash));
  }
  return out.take();
}

base::Result<KeptBatch> KeptBatch::decode(std::string_view value) {
  base::Reader in(value);
  if (in.u8() != kept_version) return base::fail("kept batch of receipts", base::errc::unsupported);
  KeptBatch batch;
  batch.signature = base::signature_from(in.raw(sizeof(base::Signature)));
  batch.number = in.u64();
  batch.by = Life::decode(in);
  for (auto count = in.u16(); count > 0 && in.ok(); --count) {
    const auto text = in.text();
    if (text.empty()) {
      batch.receipts.push_back({base::digest_from(in.raw(sizeof(base::Digest))), std::nullopt});
      continue;
    }
    auto receipt = Receipt::decode(text);
    if (!receipt) return base::fail("kept batch of receipts", base::errc::damaged);
    batch.receipts.push_back({receipt->hash(), std::move(*receipt)});
  }
  if (!in.ok() || !in.at_end()) return base::fail("kept batch of receipts", base::errc::damaged);
  return batch;
}

}  // namespace understudy::archive::custody
