#include "mail/imap/headings.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/bytes.hpp"

namespace understudy::mail::imap {

/// Where a key stands in the values that it was made of, it takes nothing.
Headings::Place Headings::place(std::string_view key, std::size_t field, const Row& row, const Row& before) {
  Place place{.size = static_cast<std::uint16_t>(key.size())};
  if (key.empty()) return place;
  const char* begin = texts_[field].data() + before.ends[field];
  const void* found = memmem(begin, row.ends[field] - before.ends[field], key.data(), key.size());
  if (found) {
    place.text = static_cast<std::uint8_t>(field);
    place.at = before.ends[field] + static_cast<std::uint32_t>(static_cast<const char*>(found) - begin);
    return place;
  }
  place.at = static_cast<std::uint32_t>(texts_[own].size());
  texts_[own] += key;
  return place;
}

void Headings::add(std::uint32_t number, const std::optional<HeadingView>& heading) {
  const Row before = rows_.empty() ? Row() : rows_.back();
  Row row{.number = number, .references_end = before.references_end, .ends = before.ends};
  if (heading) {
    row.known = true;
    row.reply = heading->is_reply_or_forward;
    row.has_sent = heading->sent.has_value();
    if (heading->sent) row.sent = heading->sent->time_since_epoch().count();
    row.has_sent_on = heading->sent_on.has_value();
    if (heading->sent_on) row.sent_on = heading->sent_on->time_since_epoch().count();
    row.base_subject = heading->base_subject;
    row.message_id = heading->message_id;
    for (base::Reader ids(heading->references); !ids.at_end();) references_.push_back(ids.u64());
    row.references_end = static_cast<std::uint32_t>(references_.size());
    for (std::size_t field = 0; field < own; ++field) {
      if (!heading->searched[field]) continue;
      row.searched = static_cast<std::uint8_t>(row.searched | 1U << field);
      texts_[field] += *heading->searched[field];
      row.ends[field] = static_cast<std::uint32_t>(texts_[field].size());
    }
    for (std::size_t i = 0; i < row.keys.size(); ++i)
      row.keys[i] = place(heading->keys[i], static_cast<std::size_t>(HeadingView::field_of(i)), row, before);
  }
  rows_.push_back(row);
}

void Headings::shrink() {
  rows_.shrink_to_fit();
  references_.shrink_to_fit();
  for (auto& text : texts_) text.shrink_to_fit();
}

namespace {
constexpr std::uint8_t version_now = 1;
constexpr std::uint8_t is_known_bit = 1, is_reply_bit = 2, has_sent_bit = 4, has_day_bit = 8;
}  // namespace

/// Of each row what it adds: where its texts begin follows from those before it.
std::string Headings::encode() const {
  base::Writer out(version_now);
  out.varint(rows_.size());
  Row before;
  for (const auto& row : rows_) {
    out.u32(row.number).u8(row.searched);
    out.u8(static_cast<std::uint8_t>((row.known ? is_known_bit : 0) | (row.reply ? is_reply_bit : 0) |
                                     (row.has_sent ? has_sent_bit : 0) | (row.has_sent_on ? has_day_bit : 0)));
    out.u64(static_cast<std::uint64_t>(row.sent)).u32(static_cast<std::uint32_t>(row.sent_on));
    out.u64(row.base_subject).u64(row.message_id).varint(row.references_end - before.references_end);
    for (std::size_t field = 0; field < own; ++field) out.varint(row.ends[field] - before.ends[field]);
    for (const auto& key : row.keys) {
      out.u8(key.text).varint(key.size);
      if (key.text < own) out.varint(key.at - before.ends[key.text]);
    }
    before = row;
  }
  for (const auto& text : texts_) out.text(text);
  for (const auto id : references_) out.u64(id);
  return out.take();
}

base::Result<Headings> Headings::decode(std::string_view record) {
  base::Reader in(record);
  if (in.u8() != version_now) return base::fail("headings", base::errc::unsupported);
  Headings all;
  std::uint64_t own_end = 0;
  bool fits = true;
  // Sums of lengths cannot wrap around: each is bounded by the record.
  const auto length = [&] {
    const auto octets = in.varint();
    fits = fits && octets <= record.size();
    return fits ? static_cast<std::uint32_t>(octets) : 0;
  };
  Row before;
  constexpr std::size_t shortest = 48;  // octets of a row
  auto rows = in.varint();
  all.rows_.reserve(std::min<std::uint64_t>(rows, record.size() / shortest));
  for (; rows > 0 && in.ok() && fits; --rows) {
    Row row{.number = in.u32(), .searched = in.u8()};
    fits = fits && (all.rows_.empty() || row.number > before.number);
    const unsigned bits = in.u8();
    row.known = (bits & is_known_bit) != 0;
    row.reply = (bits & is_reply_bit) != 0;
    row.has_sent = (bits & has_sent_bit) != 0;
    row.has_sent_on = (bits & has_day_bit) != 0;
    row.sent = static_cast<std::int64_t>(in.u64());
    row.sent_on = static_cast<std::int32_t>(in.u32());
    row.base_subject = in.u64();
    row.message_id = in.u64();
    row.references_end = before.references_end + length();
    for (std::size_t field = 0; field < own; ++field) row.ends[field] = before.ends[field] + length();
    for (auto& key : row.keys) {
      key.text = in.u8();
      const auto size = length();
      fits = fits && key.text <= own && size <= std::numeric_limits<std::uint16_t>::max();
      if (!fits) break;
      key.size = static_cast<std::uint16_t>(size);
      key.at = key.text < own ? before.ends[key.text] + length() : static_cast<std::uint32_t>(own_end);
      if (key.text == own) own_end += size;
      fits = fits && (key.text == own || std::uint64_t{key.at} + size <= row.ends[key.text]);
    }
    fits = fits && row.references_end <= record.size() && own_end <= record.size() &&
           std::ranges::all_of(row.ends, [&](std::uint32_t end) { return end <= record.size(); });
    all.rows_.push_back(row);
    before = row;
  }
  for (auto& text : all.texts_) text = in.text();
  for (std::size_t field = 0; field < own; ++field) fits = fits && all.texts_[field].size() == before.ends[field];
  fits = fits && all.texts_[own].size() == own_end;
  for (std::uint32_t i = 0; i < before.references_end && in.ok() && fits; ++i) all.references_.push_back(in.u64());
  if (!fits || !in.ok() || !in.at_end()) return base::fail("headings", base::errc::damaged);
  return all;
}

std::optional<std::size_t> Headings::row(std::uint32_t number) const {
  const auto found = std::ranges::lower_bound(rows_, number, {}, &Row::number);
  if (found == rows_.end() || found->number != number) return std::nullopt;
  return static_cast<std::size_t>(found - rows_.begin());
}

std::uint64_t Headings::octets() const {
  std::uint64_t octets = sizeof *this + rows_.capacity() * sizeof(Row) + references_.capacity() * sizeof(ThreadId);
  for (const auto& text : texts_) octets += text.capacity();
  return octets;
}

std::vector<bool> Headings::find(Field field, const FoldedText& text) const {
  std::vector<bool> found(rows_.size(), false);
  const auto which = static_cast<std::size_t>(field);
  const std::string_view all = texts_[which];
  const auto wanted = text.octets();
  for (std::size_t at = 0; at < all.size();) {
    const void* hit = memmem(all.data() + at, all.size() - at, wanted.data(), wanted.size());
    if (!hit) break;
    const auto where = static_cast<std::size_t>(static_cast<const char*>(hit) - all.data());
    const auto row = std::ranges::upper_bound(rows_, where, {}, [&](const Row& each) { return each.ends[which]; });
    found[static_cast<std::size_t>(row - rows_.begin())] = true;
    at = row->ends[which];
  }
  return found;
}

std::optional<std::chrono::sys_seconds> Headings::sent(std::size_t row) const {
  if (!rows_[row].has_sent) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(rows_[row].sent));
}

std::optional<std::chrono::sys_days> Headings::sent_on(std::size_t row) const {
  if (!rows_[row].has_sent_on) return std::nullopt;
  return std::chrono::sys_days(std::chrono::days(rows_[row].sent_on));
}

std::span<const ThreadId> Headings::references(std::size_t row) const {
  const std::size_t begin = row == 0 ? 0 : rows_[row - 1].references_end;
  return std::span(references_).subspan(begin, rows_[row].references_end - begin);
}

std::string_view Headings::key(std::size_t row, SortField field) const {
  const auto& place = rows_[row].keys[HeadingView::key_of(field)];
  return std::string_view(texts_[place.text]).substr(place.at, place.size);
}

}  // namespace understudy::mail::imap
