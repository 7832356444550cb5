#include "mail/imap/headings.hpp"

#include <algorithm>
#include <cstring>

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
