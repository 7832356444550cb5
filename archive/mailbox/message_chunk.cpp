#include "archive/mailbox/message_chunk.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "archive/mailbox/record_parts.hpp"

namespace understudy::archive::mailbox {
namespace {

constexpr std::uint8_t version = 1;

/// What stands in the octet behind a message's place: its system flags, and what else follows.
constexpr std::uint8_t system_flags = 0x1f;
constexpr std::uint8_t has_keywords = 0x20;
constexpr std::uint8_t has_times = 0x40;  ///< it was stored or saved at another time than INTERNALDATE
constexpr std::uint8_t has_original = 0x80;

/// A difference of either sign, in few octets where it is small (ZigZag). Differences wrap around: each pair of numbers has
/// one.
std::uint64_t folded(std::uint64_t difference) {
  return (difference << 1) ^ (difference >> 63 ? ~std::uint64_t{0} : 0);
}
std::uint64_t unfolded(std::uint64_t folded) {
  return (folded >> 1) ^ (folded & 1 ? ~std::uint64_t{0} : 0);
}

/// The numbers of a message that are written as differences from those of the message before.
struct Numbers {
  std::uint64_t modseq = 0, date = 0, start = 0, number = 0, entry = 0;
};

using Names = std::map<std::string_view, std::uint64_t>;  ///< keywords of a chunk, and where each stands in its list

Names names_of(std::span<const ListedMessage> messages) {
  Names names;
  for (const auto& each : messages)
    for (const auto& keyword : each.message.flags.keywords) names.emplace(keyword, 0);
  std::uint64_t at = 0;
  for (auto& name : names) name.second = at++;
  return names;
}

void write_names(base::Writer& out, const Names& names) {
  out.varint(names.size());
  for (const auto& name : names) out.text(name.first);
}

void write_keywords(base::Writer& out, const std::vector<std::string>& keywords, const Names& names) {
  out.varint(keywords.size());
  for (const auto& keyword : keywords) out.varint(names.at(keyword));
}

class RowWriter {
 public:
  RowWriter(base::Writer& out, const Names& names) : out_(out), names_(names) {}

  void write(Uid uid, const Message& message) {
    const auto date = to_millis(message.internal_date);
    const bool other_times = message.stored != message.internal_date || message.saved != message.internal_date;
    const auto& keywords = message.flags.keywords;
    out_.u8(static_cast<std::uint8_t>(uid % MessageChunk::uids));
    out_.u8(static_cast<std::uint8_t>((message.flags.system & system_flags) | (keywords.empty() ? 0 : has_keywords) |
                                      (other_times ? has_times : 0) | (message.original.empty() ? 0 : has_original)));
    difference(before_.modseq, message.modseq);
    difference(before_.date, date);
    difference(before_.start, message.body.id.start);
    difference(before_.number, message.body.id.number);
    out_.varint(message.body.size).varint(message.body.chunk_size).raw(base::view(message.name));
    out_.u8(encode_source(message)).varint(message.position.partition);
    difference(before_.entry, message.position.index);
    if (other_times) out_.varint(folded(to_millis(message.stored) - date)).varint(folded(to_millis(message.saved) - date));
    if (!keywords.empty()) write_keywords(out_, keywords, names_);
    if (!message.original.empty()) out_.text(message.original);
  }

 private:
  void difference(std::uint64_t& before, std::uint64_t now) {
    out_.varint(folded(now - before));
    before = now;
  }

  base::Writer& out_;
  const Names& names_;
  Numbers before_;
};

/// Reads the messages of a record, one after another.
class RowReader {
 public:
  explicit RowReader(std::string_view record) : in_(record) {
    good_ = in_.u8() == version;
    for (auto count = in_.varint(); count > 0 && in_.ok(); --count) names_.push_back(in_.text());
    left_ = in_.varint();
    good_ = good_ && left_ > 0 && left_ <= MessageChunk::uids;
  }

  bool ok() const { return good_ && in_.ok(); }
  bool at_end() const { return left_ == 0; }
  std::uint64_t left() const { return left_; }  ///< of what is ok(), UIDs of a chunk at most
  /// Whether it was all there was to read.
  base::Result<> finish() const {
    if (ok() && left_ == 0 && in_.at_end()) return {};
    return base::fail("messages of a mailbox", base::errc::damaged);
  }

  /// The next one, into `message`; gives its place in the chunk. Not at_end(), and ok().
  std::uint32_t read(Message& message) {
    left_ -= 1;
    const std::uint32_t place = in_.u8();
    good_ = good_ && place < MessageChunk::uids && (first_ || place > place_);
    first_ = false;
    place_ = place;
    const auto marks = in_.u8();
    message.flags.system = marks & system_flags;
    message.flags.keywords.clear();
    message.original.clear();
    message.modseq = sum(before_.modseq);
    const auto date = sum(before_.date);
    message.body.id = {sum(before_.start), 0};
    message.body.id.number = sum(before_.number);
    message.body.size = in_.varint();
    const auto chunk_size = in_.varint();
    message.body.chunk_size = static_cast<std::uint32_t>(chunk_size);
    message.name = base::digest_from(in_.raw(32));
    decode_source(in_.u8(), message);
    const auto partition = in_.varint();
    message.position = {static_cast<std::uint16_t>(partition), sum(before_.entry)};
    good_ = good_ && chunk_size <= std::numeric_limits<std::uint32_t>::max() &&
            partition <= std::numeric_limits<std::uint16_t>::max();
    message.internal_date = message.stored = message.saved = from_millis(date);
    if (marks & has_times) {
      message.stored = from_millis(date + unfolded(in_.varint()));
      message.saved = from_millis(date + unfolded(in_.varint()));
    }
    if (marks & has_keywords) keywords(message.flags.keywords);
    if (marks & has_original) message.original = in_.text();
    return place;
  }

 private:
  std::uint64_t sum(std::uint64_t& before) { return before += unfolded(in_.varint()); }
  void keywords(std::vector<std::string>& into) {
    auto count = in_.varint();
    good_ = good_ && count <= names_.size();  // each once
    for (; count > 0 && ok(); --count) {
      const auto at = in_.varint();
      good_ = good_ && at < names_.size();
      if (ok()) into.emplace_back(names_[at]);
    }
  }

  base::Reader in_;
  bool good_ = false;
  std::vector<std::string_view> names_;
  std::uint64_t left_ = 0;
  std::uint32_t place_ = 0;
  bool first_ = true;
  Numbers before_;
};

}  // namespace

const Message* MessageChunk::find(Uid uid) const {
  const auto at = std::ranges::lower_bound(messages_, uid, {}, &ListedMessage::uid);
  return at != messages_.end() && at->uid == uid ? &at->message : nullptr;
}

Message* MessageChunk::find(Uid uid) {
  return const_cast<Message*>(std::as_const(*this).find(uid));
}

void MessageChunk::put(Uid uid, Message message) {
  const auto at = std::ranges::lower_bound(messages_, uid, {}, &ListedMessage::uid);
  if (at != messages_.end() && at->uid == uid) {
    at->message = std::move(message);
  } else {
    messages_.insert(at, {uid, std::move(message)});
  }
}

bool MessageChunk::erase(Uid uid) {
  const auto gone = std::erase_if(messages_, [&](const ListedMessage& each) { return each.uid == uid; });
  if (messages_.empty()) messages_ = {};  // of a folder that goes there may be many
  return gone > 0;
}

std::string MessageChunk::encode() const {
  const auto names = names_of(messages_);
  base::Writer out(version);
  write_names(out, names);
  out.varint(messages_.size());
  RowWriter rows(out, names);
  for (const auto& [uid, message] : messages_) rows.write(uid, message);
  return out.take();
}

std::size_t MessageChunk::keyword_octets() const {
  const auto names = names_of(messages_);
  base::Writer out;
  write_names(out, names);
  for (const auto& each : messages_)
    if (const auto& keywords = each.message.flags.keywords; !keywords.empty()) write_keywords(out, keywords, names);
  return out.str().size();
}

base::Result<MessageChunk> MessageChunk::decode(Number number, std::string_view record) {
  RowReader rows(record);
  MessageChunk chunk;
  if (number > number_of(std::numeric_limits<Uid>::max())) return base::fail("messages of a mailbox", base::errc::damaged);
  if (rows.ok()) chunk.messages_.reserve(rows.left());
  while (rows.ok() && !rows.at_end()) {
    auto& [uid, message] = chunk.messages_.emplace_back();
    uid = first_uid(number) + rows.read(message);
  }
  if (auto read = rows.finish(); !read) return std::unexpected(read.error());
  return chunk;
}

base::Result<> read_chunk(MessageChunk::Number number, std::string_view record,
                          const std::function<void(Uid, const Message&)>& each) {
  RowReader rows(record);
  Message message;
  while (rows.ok() && !rows.at_end()) {
    const auto place = rows.read(message);
    if (rows.ok()) each(MessageChunk::first_uid(number) + place, message);
  }
  return rows.finish();
}

base::Result<Message> in_chunk(const std::optional<std::string>& record, Uid uid) {
  const auto is_missing = [&] { return base::fail("message " + std::to_string(uid), base::errc::not_found); };
  if (!record) return is_missing();
  RowReader rows(*record);
  Message message;
  while (rows.ok() && !rows.at_end()) {
    const auto place = rows.read(message);
    if (!rows.ok() || place > uid % MessageChunk::uids) break;
    if (place == uid % MessageChunk::uids) return message;
  }
  if (!rows.ok()) return base::fail("messages of a mailbox", base::errc::damaged);
  return is_missing();
}

}  // namespace understudy::archive::mailbox
