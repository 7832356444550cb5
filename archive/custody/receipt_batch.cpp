#include "archive/custody/receipt_batch.hpp"

#include <algorithm>

namespace understudy::archive::custody {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view context = "understudy receipts";

void encode_head(base::Writer& out, const ReceiptBatch& batch) {
  out.u64(batch.number);
  batch.by.encode(out);
  out.u16(static_cast<std::uint16_t>(batch.receipts.size()));
}

}  // namespace

bool ReceiptBatch::takes(const Receipt& receipt) const {
  constexpr std::size_t head = 64, fixed = 130;  // more than anything but the recipients takes, of the batch and of a receipt
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
  base::Writer out(version);
  encode_head(out, *this);
  for (const auto& receipt : receipts) {
    const auto hash = base::sha256(receipt.encode());
    out.raw(base::view(hash));
  }
  return out.take();
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

}  // namespace understudy::archive::custody
