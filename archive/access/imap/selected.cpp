#include "archive/access/imap/selected.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>

namespace understudy::archive::access::imap {

constexpr std::size_t most_keywords = 1000;  ///< that a client is told of in advance

using mailbox::Image;
using mailbox::Item;
using mailbox::Uid;
using mailbox::Uids;

void put_flags(std::string& out, std::uint8_t system, const std::vector<std::string>& keywords) {
  out.append("(").append(mailbox::to_text({system, keywords})).append(")");
}

Selected::Selected(std::shared_ptr<mailbox::LiveAccount> account, mailbox::FolderNumber folder,
                   std::shared_ptr<const mailbox::Image> view, Mode mode, std::shared_ptr<mailbox::ImageWindow> window,
                   mailbox::Rights rights)
    : account_(std::move(account)),
      folder_(folder),
      view_(std::move(view)),
      mode_(mode),
      rights_(rights),
      window_(std::move(window)) {
  view_->each(0, view_->size(), [&](std::size_t, const Item& item) { learn_keywords(item); });
}

base::Result<> Selected::sync(std::string& out, const Told& told) {
  auto found = account_->image(folder_);
  if (!found && found.error().code != base::errc::not_found) return std::unexpected(found.error());
  auto now = found ? std::move(*found) : std::make_shared<const Image>();  // deleted under us: it is empty
  if (window_) now = window_->of(now);
  changes_.clear();  // of a connection that has ended before they were told
  const bool is_old = now == view_ || (!told.news && now == looked_at_ && own_expunged_.empty());
  looked_at_ = told.news ? nullptr : now;
  if (is_old) {
    note_asked(told);
    return {};
  }
  if (!told.news) now = without_news(now, told);
  if (told.expunges) own_expunged_.clear();
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
  bool news = false;
  for (const auto index : differences.changed) news = learn_keywords(now->at(index)) || news;
  now->each(now->size() - std::min(differences.added, now->size()), now->size(), [&](std::size_t, const Item& item) {
    news = learn_keywords(item) || news;
    if (told.added) told.added->add(item.uid);
  });
  if (news) tell_keywords(out);
  note_asked(told);
  return {};
}

/// What there is now as far as the client knows of it, and what he knows of though it has gone.
std::shared_ptr<const Image> Selected::without_news(const std::shared_ptr<const Image>& now, const Told& told) {
  mailbox::ImageEditor editor(*mailbox::with_the_gone(*view_, now));
  now->each(now->lower_bound(view_->uid_next), now->size(), [&](std::size_t, const Item& item) { editor.erase(item.uid); });
  if (told.expunges)
    for (const auto uid : own_expunged_)
      if (!now->find(uid)) editor.erase(uid);
  auto& numbers = editor.numbers();
  numbers.uid_validity = view_->uid_validity;
  numbers.uid_next = view_->uid_next;
  numbers.modseq = view_->modseq;
  numbers.highest = view_->highest;  // else a client would take it that he has heard of all below it
  return editor.take();
}

/// True: the message has a keyword that the client has not heard of.
bool Selected::learn_keywords(const Item& item) {
  if (item.keywords == 0 || (item.keywords < known_sets_.size() && known_sets_[item.keywords])) return false;
  if (item.keywords >= known_sets_.size()) known_sets_.resize(item.keywords + std::size_t{1});
  known_sets_[item.keywords] = true;
  bool news = false;
  for (const auto& word : account_->keywords().at(item.keywords))
    news = (keywords_.size() < most_keywords && keywords_.insert(word).second) || news;
  return news;
}

void Selected::tell_keywords(std::string& out) {
  static constexpr std::string_view system_flags = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
  std::string words;
  for (const auto& word : keywords_) words.append(" ").append(word);
  out.append("* FLAGS (").append(system_flags).append(words).append(")\r\n* OK [PERMANENTFLAGS (");
  using mailbox::Rights;
  if (!read_only() && rights_.has(Rights::of("swt"))) {
    out.append(system_flags).append(words).append(" \\*");
  } else if (!read_only()) {  // RFC 4314 §5.2
    std::string kept;
    if (rights_.has(Rights::of("w"))) kept = " \\Answered \\Flagged";
    if (rights_.has(Rights::of("t"))) kept += " \\Deleted";
    if (rights_.has(Rights::of("s"))) kept += " \\Seen";
    if (rights_.has(Rights::of("w"))) kept.append(" \\Draft").append(words).append(" \\*");
    out += kept.substr(std::min<std::size_t>(kept.size(), 1));
  }
  out += ")] flags that are kept\r\n";
}

/// Those that are to be told of anyway, among those that have changed: both in the order of their numbers.
void Selected::note_asked(const Told& told) {
  if (!told.asked) return;
  with_mod_sequence_ = told.mod_sequence;
  std::vector<Change> all;
  auto changed = changes_.rbegin();
  for (const auto uid : *told.asked) {
    const auto index = view_->find(uid);
    if (!index) continue;
    for (; changed != changes_.rend() && changed->index < *index; ++changed) all.push_back(*changed);
    Change here{static_cast<std::uint32_t>(*index), told.asked_with_flags};
    if (changed != changes_.rend() && changed->index == *index) {
      here.with_flags = here.with_flags || changed->with_flags;
      ++changed;
    }
    all.push_back(here);
  }
  all.insert(all.end(), changed, changes_.rend());
  std::ranges::reverse(all);
  changes_ = std::move(all);
}

namespace {

/// Whether a message is what the client's own change must have made of what he knew. Most messages have the same flags as
/// others: these are compared once.
class OwnChange {
 public:
  OwnChange(const mailbox::LiveAccount& account, const Image& before, const mailbox::FlagsChanged* silent)
      : account_(account), before_(before), silent_(silent) {}

  bool made(const Item& item) {
    if (!silent_ || !silent_->uids.contains(item.uid)) return false;
    const auto index = before_.find(item.uid);
    if (!index) return false;
    const auto& before = before_.at(*index);
    const auto [known, is_new] = known_.try_emplace({before.system, before.keywords, item.system, item.keywords});
    if (is_new)
      known->second = mailbox::changed(account_.flags_of(before), silent_->how, silent_->flags) == account_.flags_of(item);
    return known->second;
  }

 private:
  const mailbox::LiveAccount& account_;
  const Image& before_;
  const mailbox::FlagsChanged* silent_;
  std::map<std::array<std::uint16_t, 4>, bool> known_;
};

}  // namespace

void Selected::note_changed(const mailbox::Difference& differences, const Image& now, const Told& told) {
  with_mod_sequence_ = told.mod_sequence;
  OwnChange own(*account_, *view_, told.silent);
  for (const auto index : differences.changed) {
    const bool silent = own.made(now.at(index));
    if (!silent && !told.flags) continue;
    if (!silent || told.mod_sequence) changes_.push_back({static_cast<std::uint32_t>(index), !silent});
  }
  std::ranges::reverse(changes_);
}

void Selected::tell_since(mailbox::ModSeq since, const std::optional<Uids>& uids) {
  with_mod_sequence_ = true;
  since = view_->known(since);
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
      put_flags(out, item.system, account_->keywords().at(item.keywords));
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
