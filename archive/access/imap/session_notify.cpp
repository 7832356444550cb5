// NOTIFY (RFC 5465): what the client has asked to hear of without asking again. What is written while he says nothing, and
// when, is session_idle.cpp's.
#include <algorithm>
#include <utility>

#include "archive/access/imap/session.hpp"
#include "archive/access/imap/session_parts.hpp"
#include "base/log.hpp"
#include "mail/imap/wire.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mail::imap::FetchItem;
using mailbox::Folder;
using mailbox::Folders;

constexpr std::size_t longest_command = 48 * 1024;  ///< octets: what of it is kept for as long as the session
constexpr std::size_t most_news = 1000;             ///< mailboxes that are told of at once
constexpr std::size_t most_changes = 2000;          ///< of the log that are looked through at once

bool has(const std::vector<FetchItem>& items, FetchItem::Kind kind) {
  return std::ranges::find(items, kind, &FetchItem::kind) != items.end();
}

}  // namespace

bool Session::is_notified() const {
  return notify_ && notify_->known;
}

/// Of the selected mailbox the client hears all that there is, once, whatever he has asked for (§3.1).
net::Task<Reply> Session::on(command::Notify& asked) {
  if (auditor_) co_return Reply::no("what an auditor reads is written down first: nothing comes unasked", "NOPERM");
  if (reader_.text().size() > longest_command)
    co_return Reply::no("the command is too long to be kept", "NOTIFICATIONOVERFLOW");
  const bool none = asked.groups.empty(), with_status = asked.status;
  auto set = NotifySet::of(std::move(asked));
  if (!set) co_return set.error();
  auto folders = account_->folders();
  if (!folders) co_return reply_for(folders.error());
  if (has(set->fetch(), FetchItem::Kind::mod_sequence)) enable_condstore();
  auto before = std::exchange(notify_, nullptr);
  if (selected_ && !none) {
    Selected::Told told;
    told.vanished = qresync_;
    told.mod_sequence = condstore_;
    const auto done = co_await tell(told);
    if (!done) co_return Reply::lost();
    if (!*done) {
      notify_ = std::move(before);
      co_return reply_for(done->error());
    }
  }
  notify_ = std::make_unique<Notifying>();
  if (none) co_return Reply::ok("nothing is told of any more");
  notify_->set = std::move(*set);
  notify_->known = std::move(*folders);
  if (with_status) {
    const auto done = co_await tell_first_status();
    if (!done) co_return Reply::lost();
    if (!*done) {
      notify_ = std::move(before);
      co_return reply_for(done->error());
    }
  }
  co_return Reply::ok("done");
}

net::Task<std::optional<base::Result<>>> Session::tell_first_status() {
  const auto known = notify_->known;
  for (const auto& [number, folder] : known->by_number) {
    if (selected_own() == number) continue;
    const auto events = notify_->set.events_of({folder.name, known->subscriptions.contains(folder.name)});
    const auto items = first_status(events, folder);
    if (items.empty()) continue;
    auto status = status_of(own_place(number), folder.name, folder, items);
    if (!status && status.error().code != base::errc::not_found) co_return std::unexpected(status.error());
    if (status) output_ += *status;  // else it was removed meanwhile, and that is told
    bool goes_on = co_await flush_if_large();
    if (goes_on) goes_on = co_await take_turns();
    if (!goes_on) co_return std::nullopt;
  }
  co_return base::Result<>();
}

net::Task<std::optional<base::Result<>>> Session::tell_notified(std::size_t most_fetched) {
  std::optional<base::Result<>> done = base::Result<>();
  if (!is_notified()) co_return done;
  if (!notify_->fetched.empty()) done = co_await tell_fetched(most_fetched);
  if (done && *done) done = co_await tell_news();
  co_return done;
}

/// New messages of the selected mailbox as the client wants them described (§5.2): `most` of them, while he says nothing.
/// Nothing is marked as seen.
net::Task<std::optional<base::Result<>>> Session::tell_fetched(std::size_t most) {
  auto items = notify_->set.fetch();
  if (condstore_ && !has(items, FetchItem::Kind::mod_sequence)) {
    items.emplace_back();
    items.back().kind = FetchItem::Kind::mod_sequence;
  }
  auto summaries = summary_reader();
  const auto view = selected_->view_ptr();
  for (std::size_t told = 0; told < most && !notify_->fetched.empty(); ++told) {
    if (idling_ && idling_->over) break;
    const auto uid = notify_->fetched.min();
    notify_->fetched.subtract({{uid, uid}});
    const auto index = view->find(uid);
    if (!index) continue;
    const auto number = static_cast<std::uint32_t>(*index + 1);
    const auto fetched = co_await fetch_one(summaries, number, view->at(*index), items);
    if (!fetched) co_return std::nullopt;
    const bool is_gone = !*fetched && fetched->error().code == base::errc::not_found;
    if (!*fetched && !is_gone) static_cast<void>(reply_for(fetched->error()));  // into the log
  }
  co_return base::Result<>();
}

/// What others have done since the client was told last. nullopt: that is not known, and would have to be told.
std::optional<ByOthers> Session::others_since(const Folders& now) {
  const auto& known = *notify_->known;
  const auto first = known.modseq + 1;
  const bool are_notes = notify_->set.any_metadata() && now.annotated > known.annotated;
  ByOthers others;
  if (notify_->own.empty() && !are_notes) return others;
  if (notify_->own.cover(first, now.modseq)) {
    others.all = false;
    return others;
  }
  const auto changes = mailbox::changes(services_.archive.store(), account_number_, first, most_changes);
  const bool is_whole = changes && !changes->empty() && changes->front().modseq == first &&
                        (changes->size() < most_changes || changes->back().modseq >= now.modseq);
  if (is_whole) return by_others(*changes, known.modseq, now.modseq, notify_->own);
  return are_notes ? std::nullopt : std::optional(std::move(others));
}

/// LIST, STATUS and METADATA of what has changed beside the selected mailbox.
net::Task<std::optional<base::Result<>>> Session::tell_news() {
  auto folders = account_->folders();
  if (!folders) co_return std::unexpected(folders.error());
  const auto now = std::move(*folders);
  if (now == notify_->known && notify_->left.empty()) co_return base::Result<>();
  const auto others = others_since(*now);
  NotifyNews news;
  if (others) {
    const NotifyQuestion asked{notify_->set, *notify_->known, *now, *others, notify_->left, selected_own(), condstore_};
    news = notify_news(asked);
  }
  if (!others || news.size() > most_news) {
    end_notifying();
    co_return base::Result<>();
  }
  notify_->known = now;
  notify_->left.clear();
  notify_->own.clear();
  for (const auto& listed : news.listed) put_listed(listed);
  for (const auto& counted : news.counted) {
    const auto& folder = now->by_number.at(counted.folder);
    auto status = status_of(own_place(counted.folder), folder.name, folder, counted.items);
    if (!status) co_return std::unexpected(status.error());
    output_ += *status;
  }
  for (const auto& noted : news.noted) put_noted(noted);
  bool goes_on = co_await flush_if_large();
  if (goes_on) goes_on = co_await take_turns();
  if (!goes_on) co_return std::nullopt;
  co_return base::Result<>();
}

void Session::put_listed(const NotifyNews::Listed& listed) {
  output_.append("* LIST (").append(listed.exists ? "" : "\\NonExistent ");
  output_.append(listed.children ? "\\HasChildren" : "\\HasNoChildren");
  if (listed.subscribed) output_ += " \\Subscribed";
  if (!listed.special_use.empty()) output_.append(" ").append(listed.special_use);
  output_.append(") \"/\" ").append(written(listed.name));
  if (!listed.old_name.empty()) output_.append(" (\"OLDNAME\" (").append(written(listed.old_name)).append("))");
  output_ += "\r\n";
}

void Session::put_noted(const NotifyNews::Noted& noted) {
  output_.append("* METADATA ").append(written(noted.mailbox));
  for (const auto& entry : noted.entries) {
    output_ += ' ';
    mail::imap::put_astring(output_, entry);
  }
  output_ += "\r\n";
}

/// As after NOTIFY NONE (§5.8).
void Session::end_notifying() {
  notify_ = std::make_unique<Notifying>();
  base::log::info("imap.notify_overflow", {{"peer", peer_}, {"user", user_}});
  output_ += "* OK [NOTIFICATIONOVERFLOW] too much has changed at once: nothing more is told of before another NOTIFY SET\r\n";
}

Change Session::noted_as_own(Change wanted, std::shared_ptr<OwnChanges> own) const {
  return [account = account_number_, wanted = std::move(wanted), own = std::move(own)](
             commit::Stage& stage, commit::Owners& owners) mutable -> base::Result<> {
    const auto before = owners.mailbox.last_modseq(stage, account);
    if (!before) return std::unexpected(before.error());
    if (auto done = wanted(stage, owners); !done) return done;
    const auto after = owners.mailbox.last_modseq(stage, account);
    if (!after) return std::unexpected(after.error());
    own->clear();
    own->add(*before + 1, *after);
    return {};
  };
}

void Session::leave_selected() {
  if (selected_ && notify_) notify_->fetched.clear();
  if (selected_own() != 0 && is_notified()) {
    const auto& view = selected_->view();
    const auto known = notify_->known->by_number.find(selected_->folder());
    if (known != notify_->known->by_number.end()) {
      Folder left = known->second;
      left.messages = static_cast<std::uint32_t>(view.size());
      left.uid_next = view.uid_next;
      left.uid_validity = view.uid_validity;
      left.highest_modseq = view.highest;
      left.counted = false;
      notify_->left.insert_or_assign(selected_->folder(), std::move(left));
    }
  }
  selected_.reset();
  saved_.clear();
}

}  // namespace understudy::archive::access::imap
