#include "archive/journal/ending.hpp"

#include <algorithm>
#include <utility>

#include "archive/journal/entry.hpp"

namespace understudy::archive::journal {

void PartName::encode(base::Writer& out) const {
  position.encode(out);
  out.u8(recipient ? 1 : 0);
  if (recipient) out.u32(*recipient);
}

PartName PartName::decode(base::Reader& in) {
  PartName part;
  part.position = Position::decode(in);
  if (in.u8() != 0) part.recipient = in.u32();
  return part;
}

void Endings::encode(base::Writer& out) const {
  out.text(reason).varint(parts.size());
  for (const auto& part : parts) part.encode(out);
}

Endings Endings::decode(base::Reader& in) {
  Endings endings;
  endings.reason = in.text();
  for (auto count = in.varint(); count > 0 && in.ok(); --count) endings.parts.push_back(PartName::decode(in));
  return endings;
}

const SealedPart* find_part(const Sealed& sealed, const PartName& name) {
  if (!name.recipient) return &sealed.common;
  return *name.recipient < sealed.parts.size() ? &sealed.parts[*name.recipient] : nullptr;
}

SealedPart* find_part(Sealed& sealed, const PartName& name) {
  return const_cast<SealedPart*>(find_part(std::as_const(sealed), name));
}

void end_part(SealedPart& part, std::uint64_t by) {
  part.nonce.clear();
  part.locked.clear();
  part.state = SealedPart::State::in_clear;
  part.octets = base::Writer().u64(by).take();
}

bool is_ended(const SealedPart& part) {
  return part.nonce.empty() && part.locked.empty();
}

std::optional<std::uint64_t> ended_by(const SealedPart& part) {
  if (!is_ended(part)) return std::nullopt;
  base::Reader in(part.octets);
  const auto by = in.u64();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return by;
}

bool needs_body(const Sealed& sealed) {
  return !is_ended(sealed.common) && (sealed.parts.empty() || !std::ranges::all_of(sealed.parts, is_ended));
}

}  // namespace understudy::archive::journal
