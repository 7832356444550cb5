#include "archive/journal/places.hpp"

#include "archive/store/key_ring.hpp"
#include "base/text.hpp"

namespace understudy::archive::journal {
namespace {
/// Local parts may differ by case (RFC 5321 §2.4), domains may not.
std::string comparable(const mail::address::Address& address) {
  return address.local + "@" + base::to_lower(address.domain);
}

constexpr std::uint8_t plain_version = 1, keyed_version = 2;
constexpr std::string_view all_keyed = "h";  ///< in journal_state: no record has a plain name any more

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

std::string place_of(const routing::File& file) {
  return mailbox_place(file.original.empty() ? file.account : file.original, file.folder);
}

std::string place_of(const routing::Enqueue& enqueue, const mail::address::Address& forward_path) {
  return outbox_place(enqueue.forward_path ? *enqueue.forward_path : forward_path);
}

bool has_report(const routing::RecipientPlan& plan) {
  return plan.returned || plan.success != routing::Report::none;
}

std::vector<std::string> places_of(const routing::RecipientPlan& plan, const mail::address::Address& forward_path) {
  std::vector<std::string> places;
  for (const auto& file : plan.files) places.push_back(place_of(file));
  for (const auto& enqueue : plan.enqueues) places.push_back(place_of(enqueue, forward_path));
  if (has_report(plan)) places.push_back(report_place(forward_path));
  return places;
}

base::Digest Places::plain_key(const mail::address::ReversePath& reverse_path, const base::Digest& received,
                               std::string_view place) {
  base::Writer out(1);
  out.text(reverse_path ? comparable(*reverse_path) : std::string()).raw(base::view(received)).raw(place);
  return base::sha256(out.str());
}

base::Result<base::Digest> Places::keyed(const base::Digest& plain) const {
  if (!secret_) {
    auto key = store_.keys()->make(shard_);
    if (!key) return base::fail("names of places", key.error());
    secret_ = secret_of(*key);
  }
  return base::hmac_sha256(secret_->view(), base::view(plain));
}

base::Result<base::Digest> Places::key(const mail::address::ReversePath& reverse_path, const base::Digest& received,
                                       std::string_view place) const {
  const auto plain = plain_key(reverse_path, received, place);
  if (!store_.encrypts()) return plain;
  return keyed(plain);
}

base::Result<std::string> Places::rename_plain(commit::Stage& stage, std::string_view from, std::size_t limit) const {
  if (!store_.encrypts()) return std::string();
  auto done = stage.get(shard_, store::Table::journal_state, all_keyed);
  if (!done) return std::unexpected(done.error());
  if (*done) return std::string();
  auto cursor = store_.scan(shard_, store::Table::places, from);
  for (; cursor->valid() && limit > 0; cursor->next()) {
    if (!cursor->value().starts_with(static_cast<char>(plain_version)) || cursor->key().size() != sizeof(base::Digest))
      continue;
    auto name = keyed(base::digest_from(cursor->key()));
    if (!name) return std::unexpected(name.error());
    std::string value(cursor->value());
    value.front() = static_cast<char>(keyed_version);
    stage.erase(shard_, store::Table::places, std::string(cursor->key()));
    stage.put(shard_, store::Table::places, std::string(base::view(*name)), std::move(value));
    --limit;
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  if (cursor->valid()) return std::string(cursor->key());
  stage.put(shard_, store::Table::journal_state, std::string(all_keyed), std::string(1, '\1'));
  return std::string();
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
  base::Writer out(store_.encrypts() ? keyed_version : plain_version);
  position.encode(out);
  out.u64(static_cast<std::uint64_t>(now.time_since_epoch().count()));
  stage.put(shard_, store::Table::places, std::string(base::view(key)), out.take());
}

base::Result<> Places::free(commit::Stage& stage, const Entry& entry, std::string_view place) const {
  const auto name = key(entry.envelope.reverse_path, entry.facts.received, place);
  if (!name) return std::unexpected(name.error());
  auto value = stage.get(shard_, store::Table::places, base::view(*name));
  if (!value) return std::unexpected(value.error());
  if (!*value) return {};
  const auto note = decode_note(**value);
  if (note && note->position == entry.position) stage.erase(shard_, store::Table::places, std::string(base::view(*name)));
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
