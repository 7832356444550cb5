#include "archive/mailbox/change.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <set>

#include "base/text.hpp"

namespace understudy::archive::mailbox {
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
  restored
};

std::uint64_t millis(base::WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
base::WallTime time_of(std::uint64_t millis) {
  return base::WallTime(std::chrono::milliseconds(millis));
}

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

/// Distances: some octets a range.
void encode_uids(base::Writer& out, const Uids& uids) {
  out.varint(uids.ranges().size());
  std::uint64_t behind = 0;
  for (const auto& range : uids.ranges()) {
    out.varint(range.first - behind).varint(range.last - range.first);
    behind = std::uint64_t{range.last} + 1;
  }
}

/// One that nothing encodes to makes `in` fail.
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

struct Encoder {
  base::Writer& out;
  base::Writer& head(Kind kind, std::uint8_t of = version) const { return out.u8(of).u8(static_cast<std::uint8_t>(kind)); }
  void operator()(const FolderMade& c) const {
    head(Kind::folder_made).u32(c.folder).text(c.name).text(c.special_use).u32(c.uid_validity);
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

  void placed(Kind kind, const auto& c) const {
    head(kind).u32(c.from).u32(c.to).u32(c.first).u64(millis(c.saved));
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
Placed decode_placed(base::Reader& in) {
  Placed c;
  c.from = in.u32();
  c.to = in.u32();
  c.first = in.u32();
  c.saved = time_of(in.u64());
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

namespace {
/// Keywords are the same in any case (RFC 9051 §2.3.2); how one is written says who was first. There may be a hundred of each
/// of many messages, so that none is looked for among all others. The keywords outlive it.
class KeywordsByName {
 public:
  explicit KeywordsByName(const std::vector<std::string>& keywords) {
    for (const auto& each : keywords) by_name_.emplace(base::to_lower(each), &each);
  }
  const std::string* find(const std::string& name) const {
    const auto found = by_name_.find(base::to_lower(name));
    return found == by_name_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::string, const std::string*> by_name_;
};
}  // namespace

Flags changed(const Flags& flags, FlagsChanged::How how, const Flags& by) {
  using How = FlagsChanged::How;
  Flags after;
  if (how == How::remove) {
    after.system = static_cast<std::uint8_t>(flags.system & ~by.system);
    if (by.keywords.empty()) {
      after.keywords = flags.keywords;
      return after;
    }
    const KeywordsByName gone(by.keywords);
    for (const auto& keyword : flags.keywords)
      if (!gone.find(keyword)) after.keywords.push_back(keyword);
    return after;
  }
  after.system = how == How::add ? flags.system | by.system : by.system;
  if (how == How::add) after.keywords = flags.keywords;
  if (by.keywords.empty()) return after;
  const KeywordsByName before(flags.keywords);
  std::set<std::string> added;
  for (const auto& keyword : by.keywords) {
    const auto* same = before.find(keyword);
    if ((same && how == How::add) || !added.insert(base::to_lower(keyword)).second) continue;
    after.keywords.push_back(same ? *same : keyword);
  }
  std::ranges::sort(after.keywords);
  return after;
}

const Flags& FlagChange::of(const Flags& flags) {
  if (!last_ || last_->first != flags) last_.emplace(flags, changed(flags, how_, by_));
  return last_->second;
}

void Message::encode(base::Writer& out) const {
  encode_flags(out, flags);
  out.u64(millis(internal_date));
  if (version > 1) out.u64(millis(stored)).u64(millis(saved));
  body.encode(out);
  out.raw(base::view(name));
  position.encode(out);
  out.u8(static_cast<std::uint8_t>(source));
  if (version == 1) out.text(from).text(subject);
  out.u64(modseq).text(original);
}

Message Message::decode(base::Reader& in, std::uint8_t version) {
  Message message;
  message.version = version == 1 ? version : version_now;
  message.flags = decode_flags(in);
  message.internal_date = message.stored = message.saved = time_of(in.u64());
  if (version > 1) {
    message.stored = time_of(in.u64());
    message.saved = time_of(in.u64());
  }
  message.body = store::BodyRef::decode(in);
  message.name = base::digest_from(in.raw(32));
  message.position = Position::decode(in);
  message.source = static_cast<Source>(in.u8());
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
  return out.varint(unseen).varint(deleted).varint(deleted_octets).take();
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
  if (std::max({messages, unseen, deleted}) > std::numeric_limits<std::uint32_t>::max())
    return base::fail("folder of an account", base::errc::damaged);
  folder.messages = static_cast<std::uint32_t>(messages);
  folder.unseen = static_cast<std::uint32_t>(unseen);
  folder.deleted = static_cast<std::uint32_t>(deleted);
  if (auto fits = in.check("folder of an account"); !fits) return std::unexpected(fits.error());
  return folder;
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
  if (kind > static_cast<std::uint8_t>(Kind::restored))
    return base::fail("change of a mailbox of kind " + std::to_string(kind), base::errc::unsupported);
  Change change = decode_kind(static_cast<Kind>(kind), in, of);
  if (auto fits = in.check("change of a mailbox"); !fits) return std::unexpected(fits.error());
  return change;
}

}  // namespace understudy::archive::mailbox
