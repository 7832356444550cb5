#include "archive/journal/entry.hpp"

#include <algorithm>

#include "archive/codec.hpp"
#include "archive/journal/sealed_parts.hpp"
#include "routing/plan_codec.hpp"

namespace understudy::archive::journal {
namespace {

constexpr std::uint8_t leaf_version = 1;
constexpr std::uint8_t entry_version = 1;
constexpr std::uint8_t locked_version = 2;  ///< of the stored form: some parts are under somebody's key
constexpr std::size_t segment_size = 60 * 1024;

base::Digest part_hash(std::string_view nonce, std::string_view octets) {
  return base::sha256(base::Writer().raw(nonce).raw(octets).str());
}

void encode_origin(base::Writer& out, const routing::Origin& origin) {
  out.u8(static_cast<std::uint8_t>(origin.via)).text(origin.client);
  out.u8(static_cast<std::uint8_t>((origin.may.relay ? 1 : 0) | (origin.may.local_sender ? 2 : 0) | (origin.may.copy ? 4 : 0)));
  out.text(origin.client_key).text(origin.user).text(origin.address).text(origin.helo).text(origin.tls);
}

routing::Origin decode_origin(base::Reader& in) {
  routing::Origin origin;
  origin.via = static_cast<routing::Via>(in.u8());
  origin.client = in.text();
  const auto may = in.u8();
  origin.may = {.relay = (may & 1) != 0, .local_sender = (may & 2) != 0, .copy = (may & 4) != 0};
  origin.client_key = in.text();
  origin.user = in.text();
  origin.address = in.text();
  origin.helo = in.text();
  origin.tls = in.text();
  return origin;
}

void encode_facts(base::Writer& out, const routing::MessageFacts& facts) {
  out.raw(base::view(facts.received)).raw(base::view(facts.handed)).varint(facts.size);
  out.varint(facts.received_count).varint(facts.own_received_count);
  out.u8(static_cast<std::uint8_t>((facts.has_message_id ? 1 : 0) | (facts.automatic ? 2 : 0) | (facts.returned ? 4 : 0) |
                                   (facts.odd_octets ? 8 : 0) | (facts.eight_bit ? 16 : 0)));
  out.text(facts.message_id.substr(0, 998)).text(facts.subject.substr(0, 998));
  out.u8(facts.from.empty() ? 0 : 1);
  if (!facts.from.empty()) encode(out, facts.from.front());
}

routing::MessageFacts decode_facts(base::Reader& in) {
  routing::MessageFacts facts;
  facts.received = base::digest_from(in.raw(32));
  facts.handed = base::digest_from(in.raw(32));
  facts.size = in.varint();
  facts.received_count = static_cast<std::uint32_t>(in.varint());
  facts.own_received_count = static_cast<std::uint32_t>(in.varint());
  const auto bits = in.u8();
  facts.has_message_id = bits & 1;
  facts.automatic = bits & 2;
  facts.returned = bits & 4;
  facts.odd_octets = bits & 8;
  facts.eight_bit = bits & 16;
  facts.message_id = in.text();
  facts.subject = in.text();
  if (in.u8() != 0) facts.from.push_back(decode_address(in));
  return facts;
}

void encode_settlements(base::Writer& out, const std::vector<Settlement>& settlements) {
  out.varint(settlements.size());
  for (const auto& settlement : settlements) {
    settlement.id.encode(out);
    out.u8(settlement.left ? 1 : 0);
    if (settlement.left) out.text(settlement.left->encode());
  }
}

base::Result<std::vector<Settlement>> decode_settlements(base::Reader& in) {
  std::vector<Settlement> settlements;
  for (auto count = in.varint(); count > 0 && in.ok(); --count) {
    Settlement settlement;
    settlement.id = outbox::Id::decode(in);
    if (in.u8() != 0) {
      auto left = outbox::Entry::decode(settlement.id.shard, settlement.id.key(), in.text());
      if (!left) return std::unexpected(left.error());
      settlement.left = std::move(*left);
    }
    settlements.push_back(std::move(settlement));
  }
  return settlements;
}

/// What only some entries have. A kind that is not known here is passed over: it was written by a later version.
enum class Extra : std::uint8_t { endings = 1, key_change = 2, custody = 3, owed = 4, destruction = 5 };

template <class Value>
void encode_extra(base::Writer& out, Extra kind, const Value& value) {
  base::Writer octets;
  value.encode(octets);
  out.u8(static_cast<std::uint8_t>(kind)).text(octets.str());
}

void encode_extra(base::Writer& out, Extra kind, const custody::Number& number) {
  base::Writer octets;
  custody::encode(octets, number);
  out.u8(static_cast<std::uint8_t>(kind)).text(octets.str());
}

base::Result<> decode_extras(base::Reader& in, Entry& entry) {
  while (in.ok() && !in.at_end()) {
    const auto kind = static_cast<Extra>(in.u8());
    base::Reader octets(in.text());
    if (kind == Extra::endings) entry.endings = Endings::decode(octets);
    if (kind == Extra::key_change) entry.key_change = KeyChange::decode(octets);
    if (kind == Extra::destruction) entry.destruction = Destruction::decode(octets);
    if (kind == Extra::custody) entry.custody = custody::decode_number(octets);
    if (kind == Extra::owed) entry.owed = custody::decode_number(octets);
    if (auto fits = octets.check("what is added to the common part"); !fits) return fits;
  }
  return {};
}

std::string encode_common(const Entry& entry) {
  base::Writer out(entry_version);
  out.u64(static_cast<std::uint64_t>(entry.time.time_since_epoch().count()));
  encode_transaction(out, entry.envelope);
  encode_origin(out, entry.origin);
  encode_facts(out, entry.facts);
  entry.body.encode(out);
  out.text(routing::encode_common(entry.plan)).text(entry.made);
  encode_settlements(out, entry.settlements);
  if (!entry.endings.empty()) encode_extra(out, Extra::endings, entry.endings);
  if (entry.key_change) encode_extra(out, Extra::key_change, *entry.key_change);
  if (entry.destruction) encode_extra(out, Extra::destruction, *entry.destruction);
  if (entry.custody) encode_extra(out, Extra::custody, *entry.custody);
  if (entry.owed) encode_extra(out, Extra::owed, *entry.owed);
  return out.take();
}

base::Result<Entry> decode_common(std::string_view octets) {
  base::Reader in(octets);
  Entry entry;
  in.u8();
  entry.time = base::WallTime(std::chrono::milliseconds(in.u64()));
  entry.envelope = decode_transaction(in);
  entry.origin = decode_origin(in);
  entry.facts = decode_facts(in);
  entry.body = store::BodyRef::decode(in);
  auto plan = routing::decode_common(in.text());
  entry.made = in.text();
  auto settlements = decode_settlements(in);
  auto extras = decode_extras(in, entry);
  if (!in.ok() || !extras) return base::fail("common part", base::errc::damaged);
  if (!plan) return std::unexpected(plan.error());
  if (!settlements) return std::unexpected(settlements.error());
  entry.plan.sent = std::move(plan->sent);
  entry.plan.marks = std::move(plan->marks);
  entry.settlements = std::move(*settlements);
  return entry;
}

std::string encode_part(const mail::smtp::Recipient& recipient, const routing::RecipientPlan& plan) {
  base::Writer out(entry_version);
  encode(out, recipient);
  return out.text(routing::encode_recipient(plan)).take();
}

base::Result<> decode_part(std::string_view octets, Entry& entry) {
  base::Reader in(octets);
  in.u8();
  entry.envelope.recipients.push_back(decode_recipient(in));
  auto plan = routing::decode_recipient(in.text());
  if (!in.ok()) return base::fail("recipient's part", base::errc::damaged);
  if (!plan) return std::unexpected(plan.error());
  entry.plan.recipients.push_back(std::move(*plan));
  return {};
}

bool consistent_part(const Sealed::Part& part) {
  if (is_ended(part)) return part.octets.empty() || ended_by(part);
  if (part.state != SealedPart::State::in_clear) return part.state != SealedPart::State::damaged;
  return part.nonce.size() == nonce_size && part_hash(part.nonce, part.octets) == part.hash;
}

}  // namespace

SealedPart seal_part(std::string octets, base::Random& random) {
  Sealed::Part part;
  part.nonce = random.octets(nonce_size);
  part.hash = part_hash(part.nonce, octets);
  part.octets = std::move(octets);
  return part;
}

base::Digest Sealed::leaf() const {
  base::Writer out;
  out.u8(0x00).u8(leaf_version);
  position.encode(out);
  out.raw(base::view(common.hash));
  for (const auto& part : parts) out.raw(base::view(part.hash));
  return base::sha256(out.str());
}

bool Sealed::consistent() const {
  if (!consistent_part(common)) return false;
  for (const auto& part : parts)
    if (!consistent_part(part)) return false;
  return true;
}

Sealed seal(const Entry& entry, base::Random& random) {
  Sealed sealed;
  sealed.position = entry.position;
  sealed.common = seal_part(encode_common(entry), random);
  for (std::size_t i = 0; i < entry.envelope.recipients.size(); ++i)
    sealed.parts.push_back(seal_part(encode_part(entry.envelope.recipients[i], entry.plan.recipients[i]), random));
  return sealed;
}

base::Result<Entry> open_common(const Sealed& sealed) {
  if (is_ended(sealed.common))
    return base::fail("journal entry " + sealed.position.text() + " was ended", base::errc::not_found);
  if (const auto why = why_unreadable(sealed.common); !why.empty())
    return base::fail("journal entry " + sealed.position.text() + ": " + std::string(why),
                      sealed.common.state == SealedPart::State::key_destroyed ? base::errc::no_key : base::errc::damaged);
  auto entry = decode_common(sealed.common.octets);
  if (!entry) return base::fail("journal entry " + sealed.position.text(), entry.error());
  entry->position = sealed.position;
  return entry;
}

base::Result<Entry> open(const Sealed& sealed) {
  auto entry = open_common(sealed);
  if (!entry) return entry;
  for (const auto& part : sealed.parts) {
    if (part.nonce.empty()) {
      entry->envelope.recipients.emplace_back();
      entry->plan.recipients.emplace_back();
      continue;
    }
    if (auto decoded = decode_part(part.octets, *entry); !decoded)
      return base::fail("journal entry " + sealed.position.text(), decoded.error());
  }
  return entry;
}

namespace {

bool is_locked(const Sealed& sealed) {
  const auto locked = [](const SealedPart& part) { return !part.locked.empty(); };
  return locked(sealed.common) || std::ranges::any_of(sealed.parts, locked);
}

void put_clear(base::Writer& out, const SealedPart& part) {
  out.raw(base::view(part.hash)).text(part.nonce).text(part.octets);
}

void put_locked(base::Writer& out, const SealedPart& part) {
  if (part.locked.empty())
    put_clear(out.u8(0), part);
  else
    out.u8(1).raw(base::view(part.hash)).text(part.locked);
}

std::string stored_form(const Sealed& sealed, std::uint8_t version) {
  base::Writer out;
  out.varint(sealed.parts.size());
  const auto put = version == locked_version ? put_locked : put_clear;
  if (version == locked_version) {
    out.text(sealed.holders).u8(sealed.body ? 1 : 0);
    if (sealed.body) sealed.body->encode(out);
  }
  put(out, sealed.common);
  for (const auto& part : sealed.parts) put(out, part);
  return out.take();
}

}  // namespace

std::vector<std::string> to_segments(const Sealed& sealed) {
  const auto version = is_locked(sealed) ? locked_version : entry_version;
  const std::string all = stored_form(sealed, version);
  const auto segments = all.empty() ? 1 : (all.size() + segment_size - 1) / segment_size;
  std::vector<std::string> result;
  for (std::size_t i = 0; i < segments; ++i) {
    base::Writer segment;
    if (i == 0) segment.u8(version).u32(static_cast<std::uint32_t>(segments - 1));
    result.push_back(segment.raw(std::string_view(all).substr(i * segment_size, segment_size)).take());
  }
  return result;
}

base::Result<std::uint32_t> later_segments(std::string_view first) {
  base::Reader in(first);
  const auto version = in.u8();
  const auto count = in.u32();
  if (!in.ok() || version == 0) return base::fail("first segment", base::errc::damaged);
  if (version > locked_version) return base::fail("first segment", base::errc::unsupported);
  return count;
}

base::Result<Sealed> from_segments(Position position, const std::vector<std::string>& segments) {
  std::string all;
  for (std::size_t i = 0; i < segments.size(); ++i)
    all += i == 0 ? segments[0].substr(std::min<std::size_t>(5, segments[0].size())) : segments[i];
  base::Reader in(all);
  Sealed sealed;
  sealed.position = position;
  auto count = in.varint();
  const bool some_locked = !segments.empty() && segments[0].starts_with(static_cast<char>(locked_version));
  if (some_locked) {
    sealed.holders = in.text();
    if (in.u8() != 0) sealed.body = store::BodyRef::decode(in);
  }
  const auto take = [&] {
    Sealed::Part part;
    const bool locked = some_locked && in.u8() != 0;
    part.hash = base::digest_from(in.raw(32));
    if (locked) {
      part.locked = in.text();
      part.state = SealedPart::State::key_missing;  // until unlock()
      return part;
    }
    part.nonce = in.text();
    part.octets = in.text();
    return part;
  };
  sealed.common = take();
  for (; count > 0 && in.ok(); --count) sealed.parts.push_back(take());
  // Octets left over are as bad as octets missing: a length that was changed can make a part look ended.
  const auto is_void = [](const SealedPart& part) { return part.locked.empty() && part.state != SealedPart::State::in_clear; };
  if (!in.ok() || !in.at_end() || is_void(sealed.common) || std::ranges::any_of(sealed.parts, is_void))
    return base::fail("journal entry " + position.text(), base::errc::damaged);
  return sealed;
}

}  // namespace understudy::archive::journal
