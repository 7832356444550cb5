#include "archive/journal/places.hpp"

#include "base/text.hpp"

namespace understudy::archive::journal {
namespace {
/// Local parts may differ by case (RFC 5321 §2.4), domains may not.
std::string comparable(const mail::address::Address& address) {
  return address.local + "@" + base::to_lower(address.domain);
}

struct Note {
  Position position;
  base::WallTime time{};
};
std::optional<Note> decode_note(std::string_view value) {
  base::Reader in(value);
  Note note;
  in.u8();
  note.position = Position::decode(in);
  note.time = base::WallTime(std::chrono::milliseconds(in.u64()));
  if (!in.ok()) return std::nullopt;
  return note;
}
}  // namespace

std::string mailbox_place(std::string_view account, std::string_view folder) {
  return base::Writer().u8('m').text(account).text(folder).take();
}

std::string outbox_place(const mail::address::Address& forward_path) {
  return base::Writer().u8('o').text(comparable(forward_path)).take();
}

std::string report_place(const mail::address::Address& forward_path) {
  return "r" + outbox_place(forward_path);
}

base::Digest Places::key(const mail::address::ReversePath& reverse_path, const base::Digest& received, std::string_view place) {
  base::Writer out(1);
  out.text(reverse_path ? comparable(*reverse_path) : std::string()).raw(base::view(received)).raw(place);
  return base::sha256(out.str());
}

base::Result<std::optional<Position>> Places::find(const commit::Stage& stage, const base::Digest& key, base::WallTime now,
                                                   std::chrono::seconds window) const {
  auto value = stage.get(shard_, store::Table::places, base::view(key));
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<Position>();
  const auto note = decode_note(**value);
  if (!note) return base::fail("place", base::errc::damaged);
  if (now - note->time >= window) return std::optional<Position>();
  return std::optional(note->position);
}

void Places::note(commit::Stage& stage, const base::Digest& key, Position position, base::WallTime now) const {
  base::Writer out(1);
  position.encode(out);
  out.u64(static_cast<std::uint64_t>(now.time_since_epoch().count()));
  stage.put(shard_, store::Table::places, std::string(base::view(key)), out.take());
}

base::Result<> Places::free(commit::Stage& stage, const base::Digest& key, Position position) const {
  auto value = stage.get(shard_, store::Table::places, base::view(key));
  if (!value) return std::unexpected(value.error());
  if (!*value) return {};
  const auto note = decode_note(**value);
  if (note && note->position == position) stage.erase(shard_, store::Table::places, std::string(base::view(key)));
  return {};
}

base::Result<std::string> Places::expire(commit::Stage& stage, const store::Reader& reader, std::string_view from,
                                         base::WallTime now, std::chrono::seconds window, std::size_t limit) const {
  auto cursor = reader.scan(shard_, store::Table::places, from);
  for (; cursor->valid() && limit > 0; cursor->next(), --limit) {
    const auto note = decode_note(cursor->value());
    if (note && now - note->time < window) continue;
    auto staged = stage.get(shard_, store::Table::places, cursor->key());  // filled anew by a member of this group
    if (!staged) return std::unexpected(staged.error());
    const auto renewed = *staged ? decode_note(**staged) : std::nullopt;
    if (renewed && now - renewed->time < window) continue;
    stage.erase(shard_, store::Table::places, std::string(cursor->key()));
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return cursor->valid() ? std::string(cursor->key()) : std::string();
}

}  // namespace understudy::archive::journal
