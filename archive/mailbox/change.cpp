#include "archive/mailbox/change.hpp"

namespace understudy::archive::mailbox {
namespace {
constexpr std::uint8_t version = 1;
enum class Kind : std::uint8_t { folder_made = 1, folder_renamed, folder_removed, filed, flags_set, moved, expunged };

void encode_flags(base::Writer& out, const Flags& flags) {
  out.u8(flags.system).varint(flags.keywords.size());
  for (const auto& keyword : flags.keywords) out.text(keyword);
}

Flags decode_flags(base::Reader& in) {
  Flags flags;
  flags.system = in.u8();
  for (auto count = in.varint(); count > 0 && in.ok(); --count) flags.keywords.emplace_back(in.text());
  return flags;
}

struct Encoder {
  base::Writer& out;
  base::Writer& head(Kind kind) const { return out.u8(version).u8(static_cast<std::uint8_t>(kind)); }
  void operator()(const FolderMade& c) const {
    head(Kind::folder_made).u32(c.folder).text(c.name).text(c.special_use).u32(c.uid_validity);
  }
  void operator()(const FolderRenamed& c) const { head(Kind::folder_renamed).u32(c.folder).text(c.name).u32(c.uid_validity); }
  void operator()(const FolderRemoved& c) const { head(Kind::folder_removed).u32(c.folder); }
  void operator()(const Filed& c) const {
    head(Kind::filed).u32(c.folder).u32(c.uid);
    c.message.encode(out);
  }
  void operator()(const FlagsSet& c) const {
    head(Kind::flags_set).u32(c.folder).u32(c.uid);
    encode_flags(out, c.flags);
  }
  void operator()(const Moved& c) const { head(Kind::moved).u32(c.from).u32(c.from_uid).u32(c.to).u32(c.to_uid); }
  void operator()(const Expunged& c) const { head(Kind::expunged).u32(c.folder).u32(c.uid); }
};

/// Fields are read in the order in which they stand: each into its member, one statement each.
Change decode_kind(Kind kind, base::Reader& in) {
  switch (kind) {
    case Kind::folder_made: {
      FolderMade c;
      c.folder = in.u32();
      c.name = in.text();
      c.special_use = in.text();
      c.uid_validity = in.u32();
      return c;
    }
    case Kind::folder_renamed: {
      FolderRenamed c;
      c.folder = in.u32();
      c.name = in.text();
      c.uid_validity = in.u32();
      return c;
    }
    case Kind::folder_removed:
      return FolderRemoved{in.u32()};
    case Kind::filed: {
      Filed c;
      c.folder = in.u32();
      c.uid = in.u32();
      c.message = Message::decode(in);
      return c;
    }
    case Kind::flags_set: {
      FlagsSet c;
      c.folder = in.u32();
      c.uid = in.u32();
      c.flags = decode_flags(in);
      return c;
    }
    case Kind::moved: {
      Moved c;
      c.from = in.u32();
      c.from_uid = in.u32();
      c.to = in.u32();
      c.to_uid = in.u32();
      return c;
    }
    case Kind::expunged: {
      Expunged c;
      c.folder = in.u32();
      c.uid = in.u32();
      return c;
    }
  }
  return Expunged{};
}
}  // namespace

std::string to_text(const Flags& flags) {
  static constexpr std::pair<std::uint8_t, std::string_view> names[] = {{Flags::seen, "\\Seen"},
                                                                        {Flags::answered, "\\Answered"},
                                                                        {Flags::flagged, "\\Flagged"},
                                                                        {Flags::deleted, "\\Deleted"},
                                                                        {Flags::draft, "\\Draft"}};
  std::string out;
  const auto add = [&out](std::string_view name) {
    if (!out.empty()) out += ' ';
    out += name;
  };
  for (const auto& [bit, name] : names)
    if (flags.system & bit) add(name);
  for (const auto& keyword : flags.keywords) add(keyword);
  return out;
}

void Message::encode(base::Writer& out) const {
  encode_flags(out, flags);
  out.u64(static_cast<std::uint64_t>(internal_date.time_since_epoch().count()));
  body.encode(out);
  out.raw(base::view(name));
  position.encode(out);
  out.u8(static_cast<std::uint8_t>(source)).text(from).text(subject).u64(modseq).text(original);
}

Message Message::decode(base::Reader& in) {
  Message message;
  message.flags = decode_flags(in);
  message.internal_date = base::WallTime(std::chrono::milliseconds(in.u64()));
  message.body = store::BodyRef::decode(in);
  message.name = base::digest_from(in.raw(32));
  message.position = Position::decode(in);
  message.source = static_cast<Source>(in.u8());
  message.from = in.text();
  message.subject = in.text();
  message.modseq = in.u64();
  if (!in.at_end()) message.original = in.text();  // records made before there was one end here
  return message;
}

void Folder::encode(base::Writer& out) const {
  out.text(name).text(special_use).u32(uid_validity).u32(uid_next).u32(messages).u64(octets).u64(highest_modseq);
}

Folder Folder::decode(base::Reader& in) {
  Folder folder;
  folder.name = in.text();
  folder.special_use = in.text();
  folder.uid_validity = in.u32();
  folder.uid_next = in.u32();
  folder.messages = in.u32();
  folder.octets = in.u64();
  folder.highest_modseq = in.u64();
  return folder;
}

std::string encode(const Change& change) {
  base::Writer out;
  std::visit(Encoder{out}, change);
  return out.take();
}

base::Result<Change> decode_change(std::string_view record) {
  base::Reader in(record);
  in.u8();
  const auto kind = in.u8();
  if (!in.ok() || kind == 0) return base::fail("change of a mailbox", base::errc::damaged);
  if (kind > static_cast<std::uint8_t>(Kind::expunged))
    return base::fail("change of a mailbox of kind " + std::to_string(kind), base::errc::unsupported);
  Change change = decode_kind(static_cast<Kind>(kind), in);
  if (auto fits = in.check("change of a mailbox"); !fits) return std::unexpected(fits.error());
  return change;
}

}  // namespace understudy::archive::mailbox
