// The records of a message and of a folder, and how a folder counts its messages.
#include <algorithm>
#include <limits>

#include "archive/mailbox/record_parts.hpp"

namespace understudy::archive::mailbox {

void Message::encode(base::Writer& out) const {
  encode_flags(out, flags);
  out.u64(to_millis(internal_date));
  if (version > 1) out.u64(to_millis(stored)).u64(to_millis(saved));
  body.encode(out);
  out.raw(base::view(name));
  position.encode(out);
  out.u8(encode_source(*this));
  if (version == 1) out.text(from).text(subject);
  out.u64(modseq).text(original);
}

Message Message::decode(base::Reader& in, std::uint8_t version) {
  Message message;
  message.version = version == 1 ? version : version_now;
  message.flags = decode_flags(in);
  message.internal_date = message.stored = message.saved = from_millis(in.u64());
  if (version > 1) {
    message.stored = from_millis(in.u64());
    message.saved = from_millis(in.u64());
  }
  message.body = store::BodyRef::decode(in);
  message.name = base::digest_from(in.raw(32));
  message.position = Position::decode(in);
  decode_source(in.u8(), message);
  if (version == 1) {
    message.from = in.text();
    message.subject = in.text();
  }
  message.modseq = in.u64();
  if (!in.at_end()) message.original = in.text();  // records made before there was one end here
  return message;
}

namespace {
template <class Number>
void less(Number& number, std::uint64_t by) {
  number -= static_cast<Number>(std::min<std::uint64_t>(number, by));
}
}  // namespace

void Folder::count_in(const Message& message) {
  messages += 1;
  octets += message.body.size;
  if (!counted) return;
  if (!(message.flags.system & Flags::seen)) unseen += 1;
  if (!(message.flags.system & Flags::deleted)) return;
  deleted += 1;
  deleted_octets += message.body.size;
}

void Folder::count_out(const Message& message) {
  less(messages, 1);
  less(octets, message.body.size);
  if (!counted) return;
  if (!(message.flags.system & Flags::seen)) less(unseen, 1);
  if (!(message.flags.system & Flags::deleted)) return;
  less(deleted, 1);
  less(deleted_octets, message.body.size);
}

bool Folder::can_pass(Uid uids) const {
  constexpr Uid left = Uid{1} << 24;  // to go on with
  return std::numeric_limits<Uid>::max() - uid_next > std::uint64_t{uids} + left;
}

void Folder::go_on(const Restored& change) {
  if (can_pass(change.uids)) uid_next += change.uids;
  highest_modseq = change.next - 1;
}

std::string Folder::encode() const {
  base::Writer out(version_now);
  out.text(name).text(special_use).u32(uid_validity).u32(uid_next).varint(messages).varint(octets).varint(highest_modseq);
  out.varint(unseen).varint(deleted).varint(deleted_octets);
  if (kind != FolderKind::live) out.u8(static_cast<std::uint8_t>(kind));
  return out.take();
}

base::Result<Folder> Folder::decode(std::string_view record) {
  base::Reader in(record);
  Folder folder;
  const auto version = in.u8();
  if (version == 1 || version == 2) return base::fail("folder of an earlier version", base::errc::unsupported);
  folder.name = in.text();
  folder.special_use = in.text();
  folder.uid_validity = in.u32();
  folder.uid_next = in.u32();
  const auto messages = in.varint();
  folder.octets = in.varint();
  folder.highest_modseq = in.varint();
  const auto unseen = in.varint();
  const auto deleted = in.varint();
  folder.deleted_octets = in.varint();
  const auto kind = in.at_end() ? std::uint8_t{0} : in.u8();
  if (kind > static_cast<std::uint8_t>(FolderKind::bin)) return base::fail("kind of a folder", base::errc::damaged);
  folder.kind = static_cast<FolderKind>(kind);
  if (std::max({messages, unseen, deleted}) > std::numeric_limits<std::uint32_t>::max())
    return base::fail("folder of an account", base::errc::damaged);
  folder.messages = static_cast<std::uint32_t>(messages);
  folder.unseen = static_cast<std::uint32_t>(unseen);
  folder.deleted = static_cast<std::uint32_t>(deleted);
  if (auto fits = in.check("folder of an account"); !fits) return std::unexpected(fits.error());
  return folder;
}

}  // namespace understudy::archive::mailbox
