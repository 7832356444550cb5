#include "archive/mailbox/change.hpp"

#include <limits>

#include "archive/mailbox/record_parts.hpp"

namespace understudy::archive::mailbox {

void encode_uids(base::Writer& out, const Uids& uids) {
  out.varint(uids.ranges().size());
  std::uint64_t behind = 0;
  for (const auto& range : uids.ranges()) {
    out.varint(range.first - behind).varint(range.last - range.first);
    behind = std::uint64_t{range.last} + 1;
  }
}

Uids decode_uids(base::Reader& in) {
  constexpr std::uint64_t highest = std::numeric_limits<Uid>::max();
  Uids uids;
  std::uint64_t behind = 0;
  for (auto left = in.varint(); left > 0 && in.ok(); --left) {
    const auto gap = in.varint();
    const auto more = in.varint();
    const bool touches = behind > 0 && gap == 0;
    if (touches || gap > highest || more > highest || behind + gap + more > highest) {
      in.raw(std::string_view::npos);
      return {};
    }
    uids.add(static_cast<Uid>(behind + gap), static_cast<Uid>(behind + gap + more));
    behind += gap + more + 1;
  }
  return uids;
}

namespace {
constexpr std::uint8_t version = 1;
enum class Kind : std::uint8_t {
  folder_made = 1,
  folder_renamed,
  folder_removed,
  filed,
  flags_set,
  moved,
  expunged,
  flags_changed,
  copied,
  moved_all,
  expunged_all,
  subscribed,
  annotated,
  shared,
  restored,
  binned
};

struct Encoder {
  base::Writer& out;
  base::Writer& head(Kind kind, std::uint8_t of = version) const { return out.u8(of).u8(static_cast<std::uint8_t>(kind)); }
  void operator()(const FolderMade& c) const {
    head(Kind::folder_made).u32(c.folder).text(c.name).text(c.special_use).u32(c.uid_validity);
    if (c.kind != FolderKind::live) out.u8(static_cast<std::uint8_t>(c.kind));
  }
  void operator()(const FolderRenamed& c) const { head(Kind::folder_renamed).u32(c.folder).text(c.name).u32(c.uid_validity); }
  void operator()(const FolderRemoved& c) const { head(Kind::folder_removed).u32(c.folder); }
  void operator()(const Filed& c) const {
    head(Kind::filed, c.message.version).u32(c.folder).u32(c.uid);
    c.message.encode(out);
  }
  void operator()(const FlagsSet& c) const {
    head(Kind::flags_set).u32(c.folder).u32(c.uid);
    encode_flags(out, c.flags);
  }
  void operator()(const Moved& c) const { head(Kind::moved).u32(c.from).u32(c.from_uid).u32(c.to).u32(c.to_uid); }
  void operator()(const Expunged& c) const { head(Kind::expunged).u32(c.folder).u32(c.uid); }
  void operator()(const FlagsChanged& c) const {
    head(Kind::flags_changed).u32(c.folder).u8(static_cast<std::uint8_t>(c.how));
    encode_flags(out, c.flags);
    encode_uids(out, c.uids);
  }
  void operator()(const Copied& c) const { placed(Kind::copied, c); }
  void operator()(const MovedAll& c) const { placed(Kind::moved_all, c); }
  void operator()(const ExpungedAll& c) const {
    head(Kind::expunged_all).u32(c.folder);
    encode_uids(out, c.uids);
  }
  void operator()(const Subscribed& c) const { head(Kind::subscribed).u8(static_cast<std::uint8_t>(c.to)).text(c.name); }

  void operator()(const Annotated& c) const {
    head(Kind::annotated).u32(c.folder).text(c.entry).u8(c.value ? 1 : 0);
    if (c.value) out.text(*c.value);
  }
  void operator()(const Shared& c) const { head(Kind::shared).u32(c.folder).text(c.identifier).u64(c.account).text(c.rights); }
  void operator()(const Restored& c) const { head(Kind::restored).text(c.incarnation).u64(c.next).u32(c.uids).u32(c.folders); }

  void operator()(const Binned& c) const {
    head(Kind::binned).u8(static_cast<std::uint8_t>(c.by)).text(c.who);
    placed(c);
  }

  void placed(Kind kind, const auto& c) const {
    head(kind);
    placed(c);
  }
  void placed(const auto& c) const {
    out.u32(c.from).u32(c.to).u32(c.first).u64(to_millis(c.saved));
    encode_uids(out, c.uids);
  }
};

/// One of an enumeration from 0 to `highest`; another makes `in` fail.
template <auto highest>
auto one_of(base::Reader& in) {
  const auto read = in.u8();
  if (read > static_cast<std::uint8_t>(highest)) in.raw(std::string_view::npos);
  return static_cast<decltype(highest)>(read);
}

template <class Placed>
Placed decode_placed(base::Reader& in, Placed c = {}) {
  c.from = in.u32();
  c.to = in.u32();
  c.first = in.u32();
  c.saved = from_millis(in.u64());
  c.uids = decode_uids(in);
  return c;
}

/// Fields are read in the order in which they stand: each into its member, one statement each.
Change decode_kind(Kind kind, base::Reader& in, std::uint8_t of) {
  switch (kind) {
    case Kind::folder_made: {
      FolderMade c;
      c.folder = in.u32();
      c.name = in.text();
      c.special_use = in.text();
      c.uid_validity = in.u32();
      if (!in.at_end()) c.kind = one_of<FolderKind::bin>(in);
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
      c.message = Message::decode(in, of);
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
    case Kind::flags_changed: {
      FlagsChanged c;
      c.folder = in.u32();
      c.how = one_of<FlagsChanged::How::remove>(in);
      c.flags = decode_flags(in);
      c.uids = decode_uids(in);
      return c;
    }
    case Kind::copied:
      return decode_placed<Copied>(in);
    case Kind::moved_all:
      return decode_placed<MovedAll>(in);
    case Kind::expunged_all: {
      ExpungedAll c;
      c.folder = in.u32();
      c.uids = decode_uids(in);
      return c;
    }
    case Kind::subscribed: {
      Subscribed c;
      c.to = one_of<Subscribed::To::yes>(in);
      c.name = in.text();
      return c;
    }
    case Kind::annotated: {
      Annotated c;
      c.folder = in.u32();
      c.entry = in.text();
      if (one_of<std::uint8_t{1}>(in) == 1) c.value = in.text();
      return c;
    }
    case Kind::shared: {
      Shared c;
      c.folder = in.u32();
      c.identifier = in.text();
      c.account = in.u64();
      c.rights = in.text();
      return c;
    }
    case Kind::restored: {
      Restored c;
      c.incarnation = in.text();
      c.next = in.u64();
      c.uids = in.u32();
      c.folders = in.u32();
      return c;
    }
    case Kind::binned: {
      Binned c;
      c.by = one_of<Binned::By::administrator>(in);
      if (c.by == Binned::By{}) in.raw(std::string_view::npos);
      c.who = in.text();
      return decode_placed(in, std::move(c));
    }
  }
  return Expunged{};
}
}  // namespace

namespace {
struct Left {
  FolderNumber folder;
  Uids operator()(const Moved& c) const { return c.from == folder ? Uids{{c.from_uid, c.from_uid}} : Uids(); }
  Uids operator()(const Expunged& c) const { return c.folder == folder ? Uids{{c.uid, c.uid}} : Uids(); }
  Uids operator()(const ExpungedAll& c) const { return c.folder == folder ? c.uids : Uids(); }
  Uids operator()(const MovedAll& c) const { return c.from == folder ? c.uids : Uids(); }
  Uids operator()(const Binned& c) const { return c.from == folder ? c.uids : Uids(); }
  // These take nothing away. A kind that is added is to be named on one side or the other.
  Uids operator()(const FolderMade&) const { return {}; }
  Uids operator()(const FolderRenamed&) const { return {}; }
  Uids operator()(const FolderRemoved&) const { return {}; }
  Uids operator()(const Filed&) const { return {}; }
  Uids operator()(const FlagsSet&) const { return {}; }
  Uids operator()(const FlagsChanged&) const { return {}; }
  Uids operator()(const Copied&) const { return {}; }
  Uids operator()(const Subscribed&) const { return {}; }
  Uids operator()(const Annotated&) const { return {}; }
  Uids operator()(const Shared&) const { return {}; }
  Uids operator()(const Restored&) const { return {}; }
};
}  // namespace

Uids left_by(const Change& change, FolderNumber folder) {
  return std::visit(Left{folder}, change);
}

std::string encode(const Change& change) {
  base::Writer out;
  std::visit(Encoder{out}, change);
  return out.take();
}

base::Result<Change> decode_change(std::string_view record) {
  base::Reader in(record);
  const auto of = in.u8();
  const auto kind = in.u8();
  if (!in.ok() || kind == 0) return base::fail("change of a mailbox", base::errc::damaged);
  if (kind > static_cast<std::uint8_t>(Kind::binned))
    return base::fail("change of a mailbox of kind " + std::to_string(kind), base::errc::unsupported);
  Change change = decode_kind(static_cast<Kind>(kind), in, of);
  if (auto fits = in.check("change of a mailbox"); !fits) return std::unexpected(fits.error());
  return change;
}

}  // namespace understudy::archive::mailbox
