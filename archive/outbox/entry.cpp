#include "archive/outbox/entry.hpp"

#include <algorithm>

#include "archive/codec.hpp"
#include "archive/custody/number.hpp"

namespace understudy::archive::outbox {
namespace {
constexpr std::uint8_t version = 1;

std::uint64_t to_ms(base::WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
base::WallTime from_ms(std::uint64_t ms) {
  return base::WallTime(std::chrono::milliseconds(ms));
}

mail::smtp::Reply cut(const mail::smtp::Reply& reply) {
  mail::smtp::Reply kept;
  kept.code = reply.code;
  kept.status = reply.status.substr(0, 16);
  std::size_t room = max_reply;
  for (const auto& line : reply.lines) {
    if (kept.lines.size() == max_reply_lines || room == 0) break;
    kept.lines.push_back(line.substr(0, room));
    room -= kept.lines.back().size();
  }
  return kept;
}
}  // namespace

bool Entry::pending() const {
  return std::ranges::any_of(targets, [](const Target& target) { return target.state == State::pending; });
}

std::string Entry::encode() const {
  base::Writer out(version);
  out.text(hop.text);
  encode_transaction(out, envelope);
  body.encode(out);
  out.u8(static_cast<std::uint8_t>((odd_octets ? 1 : 0) | (eight_bit ? 2 : 0) | (delay_told ? 4 : 0)));
  out.text(message_id)
      .u64(to_ms(created))
      .u64(to_ms(next_attempt))
      .u32(attempts)
      .text(std::string_view(held).substr(0, max_held));
  out.varint(targets.size());
  for (const auto& target : targets) {
    out.u8(static_cast<std::uint8_t>(target.kind));
    archive::encode(out, target.recipient);
    out.u8(static_cast<std::uint8_t>(target.state));
    archive::encode(out, cut(target.last_reply));
    out.text(std::string_view(target.last_host).substr(0, max_host));
  }
  out.u32(revision);
  if (custody) {
    custody::encode(out, custody->number);
    out.raw(base::view(custody->digest));
  }
  return out.take();
}

base::Result<Entry> Entry::decode(std::uint64_t shard, std::string_view key, std::string_view value) {
  Entry entry;
  entry.id = Id::from_key(shard, key);
  base::Reader in(value);
  in.u8();
  entry.hop.text = in.text();
  entry.envelope = decode_transaction(in);
  entry.body = store::BodyRef::decode(in);
  const auto bits = in.u8();
  entry.odd_octets = bits & 1;
  entry.eight_bit = bits & 2;
  entry.delay_told = bits & 4;
  entry.message_id = in.text();
  entry.created = from_ms(in.u64());
  entry.next_attempt = from_ms(in.u64());
  entry.attempts = in.u32();
  entry.held = in.text();
  for (auto count = in.varint(); count > 0 && in.ok(); --count) {
    Target target;
    target.kind = static_cast<routing::EntryKind>(in.u8());
    target.recipient = decode_recipient(in);
    target.state = static_cast<State>(in.u8());
    target.last_reply = decode_reply(in);
    target.last_host = in.text();
    entry.targets.push_back(std::move(target));
  }
  if (!in.at_end()) entry.revision = in.u32();  // early entries have none
  if (!in.at_end()) {
    const auto number = custody::decode_number(in);
    entry.custody = mail::smtp::Custody{number, base::digest_from(in.raw(sizeof(base::Digest)))};
  }
  if (auto fits = in.check("outbox entry " + entry.id.text()); !fits) return std::unexpected(fits.error());
  return entry;
}

}  // namespace understudy::archive::outbox
