#include "archive/access/imap/selected.hpp"

#include <algorithm>

namespace understudy::archive::access::imap {

using mailbox::Image;
using mailbox::Item;
using mailbox::Uid;
using mailbox::Uids;

void put_flags(std::string& out, const mailbox::Flags& flags) {
  out.append("(").append(mailbox::to_text(flags)).append(")");
}

base::Result<> Selected::sync(std::string& out, const Told& told) {
  auto found = account_->image(folder_);
  if (!found && found.error().code != base::errc::not_found) return std::unexpected(found.error());
  auto now = found ? std::move(*found) : std::make_shared<const Image>();  // deleted under us: it is empty
  if (window_) now = window_->of(now);
  changes_.clear();  // of a connection that has ended before they were told
  if (now == view_) return {};
  const auto differences = mailbox::difference(*view_, *now);
  const bool keeps = !told.expunges && !differences.expunged.empty();
  auto next = keeps ? mailbox::with_the_gone(*view_, now) : now;
  if (!keeps && !differences.expunged.empty()) {
    if (told.vanished) {
      Uids uids;
      for (const auto uid : differences.expunged_uids) uids.add(uid);
      out.append("* VANISHED ").append(uids.text()).append("\r\n");
    } else {
      for (const auto number : differences.expunged) out.append("* ").append(std::to_string(number)).append(" EXPUNGE\r\n");
    }
  }
  if (differences.added > 0) out.append("* ").append(std::to_string(next->size())).append(" EXISTS\r\n");
  if (!differences.changed.empty()) {
    const auto changed = keeps ? mailbox::difference(*view_, *next) : differences;
    note_changed(changed, *next, told);
  }
  gone_ = keeps;
  view_ = std::move(next);
  return {};
}

/// Whether the message is what the client's own change must have made of what he knew.
bool Selected::knows(const Item& item, const Told& told) const {
  if (!told.silent || !told.silent->uids.contains(item.uid)) return false;
  const auto before = view_->find(item.uid);
  if (!before) return false;
  const auto expected = mailbox::changed(account_->flags_of(view_->at(*before)), told.silent->how, told.silent->flags);
  return expected == account_->flags_of(item);
}

void Selected::note_changed(const mailbox::Difference& differences, const Image& now, const Told& told) {
  with_mod_sequence_ = told.mod_sequence;
  for (const auto index : differences.changed) {
    const bool silent = knows(now.at(index), told);
    if (!silent || told.mod_sequence) changes_.push_back({static_cast<std::uint32_t>(index), !silent});
  }
  std::ranges::reverse(changes_);
}

void Selected::tell_since(mailbox::ModSeq since, const std::optional<Uids>& uids) {
  with_mod_sequence_ = true;
  view_->each(0, view_->size(), [&](std::size_t index, const Item& item) {
    if (item.modseq > since && (!uids || uids->contains(item.uid)))
      changes_.push_back({static_cast<std::uint32_t>(index), true});
  });
  std::ranges::reverse(changes_);
}

bool Selected::tell_changed(std::string& out, std::size_t most) {
  for (; !changes_.empty() && out.size() < most; changes_.pop_back()) {
    const auto [index, with_flags] = changes_.back();
    if (index >= view_->size()) continue;
    const Item& item = view_->at(index);
    out.append("* ").append(std::to_string(index + 1)).append(" FETCH (UID ").append(std::to_string(item.uid));
    if (with_flags) {
      out += " FLAGS ";
      put_flags(out, account_->flags_of(item));
    }
    if (with_mod_sequence_) out.append(" MODSEQ (").append(std::to_string(item.modseq)).append(")");
    out += ")\r\n";
  }
  return !changes_.empty();
}

std::optional<mail::imap::Ranges> sequence_numbers(const Image& view, const mail::imap::SequenceSet& set, Numbers numbers,
                                                   const Uids& saved) {
  mail::imap::Ranges found;
  if (numbers == Numbers::sequence && !set.saved()) {
    auto resolved = set.resolve(static_cast<std::uint32_t>(view.size()));
    if (!resolved.empty() && resolved.max() > view.size()) return std::nullopt;
    return resolved;
  }
  const auto uids = set.saved() ? saved : set.resolve(view.last_uid());
  for (const auto& range : uids.ranges()) {
    const auto first = view.lower_bound(range.first);
    auto end = view.lower_bound(range.last);
    if (end < view.size() && view.at(end).uid == range.last) end += 1;
    if (first < end) found.add(static_cast<std::uint32_t>(first + 1), static_cast<std::uint32_t>(end));
  }
  return found;
}

Uids Selected::uids_of(const mail::imap::Ranges& sequence_numbers) const {
  Uids uids;
  for (const auto& range : sequence_numbers.ranges())
    view_->each(range.first - 1, range.last, [&](std::size_t, const Item& item) { uids.add(item.uid); });
  return uids;
}

}  // namespace understudy::archive::access::imap
