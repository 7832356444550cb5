#include <algorithm>

#include "archive/access/batches.hpp"
#include "archive/access/imap/session.hpp"
#include "archive/mailbox/view.hpp"
#include "archive/object_id.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mailbox::Image;
using mailbox::Item;
using mailbox::Uid;
using mailbox::Uids;

std::optional<std::size_t> first_unseen(const Image& image) {
  for (std::size_t index = 0; index < image.size(); ++index)
    if (!(image.at(index).system & mailbox::Flags::seen)) return index;
  return std::nullopt;
}

/// The message up to which the client knows what is gone, since he knows how many there are as far as it (RFC 7162 §3.2.5.2);
/// 0: none.
Uid known_as_far_as(const command::QResync& asked, const Image& image) {
  Uid known = 0;
  auto uid = asked.match_uids.begin();
  for (const auto number : asked.match_sequence) {
    if (number > image.size() || image.at(number - 1).uid != *uid) break;
    known = *uid;
    ++uid;
  }
  return known;
}

}  // namespace

net::Task<Reply> Session::on(command::Select& asked) {
  if (asked.qresync && !qresync_) co_return Reply::bad("enable QRESYNC first");
  taken_away_ = false;
  if (selected_) {
    leave_selected();
    output_ += "* OK [CLOSED] the mailbox before is closed\r\n";
  }
  const auto place = find(asked.mailbox, mailbox::Rights::of("r"));
  if (!place) co_return place.error();
  auto image = image_of(*place->account, place->folder);
  if (!image) co_return reply_for(image.error());
  const bool may_change = place->rights.has_any(mailbox::Rights::of("istwe"));  // RFC 4314 §5.2
  const bool read_only = asked.read_only || serve_ == Serve::read_only || !may_change;
  const auto mode = read_only ? Selected::Mode::read_only : Selected::Mode::read_write;
  if (asked.condstore || asked.qresync) condstore_ = true;
  selected_ = std::make_unique<Selected>(place->account, place->folder, std::move(*image), mode,
                                         auditor_ ? auditor_->window() : nullptr, place->rights);
  log_opened(*place, asked.mailbox.utf8);
  tell_selected(*place, asked.mailbox.utf8);
  if (asked.qresync && asked.qresync->uid_validity == selected_->view().uid_validity) {
    const auto since = asked.qresync->mod_sequence;
    auto among = asked.qresync->known_uids.value_or(mail::imap::Ranges{{1, UINT32_MAX}});
    if (const auto known = known_as_far_as(*asked.qresync, selected_->view())) among.subtract(mail::imap::Ranges{{1, known}});
    tell_vanished_since(since, &among);
    const bool is_ours = since <= selected_->view().modseq;  // of another life of this store it says nothing
    selected_->tell_since(is_ours ? since : 0, asked.qresync->known_uids);
    while (selected_->tell_changed(output_, output_limit)) {
      const bool flushed = co_await flush_if_large();
      if (!flushed) co_return Reply::lost();
    }
  }
  co_return Reply::ok("selected", read_only ? "READ-ONLY" : "READ-WRITE");
}

/// What LIST says of a mailbox without being asked for more (RFC 9051 §6.3.2).
std::string Session::attributes_of(const Place& place, std::string_view name) const {
  const auto above = std::string(name) + '/';
  std::string use;
  bool has_children = false;
  const auto folders = account_->folders();
  if (place.own() && folders) {
    for (const auto& [number, folder] : (*folders)->by_number) {
      has_children = has_children || folder.name.starts_with(above);
      if (number == place.folder && !folder.special_use.empty()) use = " " + folder.special_use;
    }
  } else {
    has_children =
        std::ranges::any_of(shown_of_others(), [&above](const Shown& shown) { return shown.name.starts_with(above); });
  }
  return (has_children ? "\\HasChildren" : "\\HasNoChildren") + use;
}

void Session::tell_selected(const Place& place, std::string_view name) {
  const auto& view = selected_->view();
  selected_->tell_keywords(output_);
  const auto line = [this](const std::string& text) { output_.append("* ").append(text).append("\r\n"); };
  line(std::to_string(view.size()) + " EXISTS");
  if (!revision2_) line("0 RECENT");
  if (const auto unseen = revision2_ ? std::nullopt : first_unseen(view))
    line("OK [UNSEEN " + std::to_string(*unseen + 1) + "] the first that was not seen");
  line("OK [UIDVALIDITY " + std::to_string(view.uid_validity) + "] UIDs are valid");
  line("OK [UIDNEXT " + std::to_string(view.uid_next) + "] the next UID");
  line("OK [HIGHESTMODSEQ " + std::to_string(std::max<mailbox::ModSeq>(view.highest, 1)) + "] the last change");
  if (revision2_) line("LIST (" + attributes_of(place, name) + ") \"/\" " + written(name));
  line("OK [MAILBOXID (" + mailbox_id_of(selected_->account().number(), selected_->folder()) + ")] the same under any name");
}

std::string Session::mailbox_id_of(mailbox::AccountNumber account, mailbox::FolderNumber folder) const {
  return mailbox_id(services_.archive.store().identity(), account, folder);
}

/// What left the folder behind `since`, by the change log; nullopt: that does not go back so far, or is too much to look
/// through.
std::optional<Uids> Session::left_since(mailbox::ModSeq since) const {
  constexpr std::size_t looked_through = 20'000;  // changes
  const auto& view = selected_->view();
  const bool is_past = since <= view.modseq && since == view.known(since);  // else he knows of what this store has not got
  if (!is_past) return std::nullopt;
  const auto changes = mailbox::changes(services_.archive.store(), selected_->account().number(), since + 1, looked_through);
  const bool reaches =
      changes && changes->size() < looked_through && (changes->empty() || changes->front().modseq == since + 1);
  if (!reaches) return std::nullopt;
  const auto folder = selected_->folder();
  Uids left;
  for (const auto& [modseq, change] : *changes) left.unite(mailbox::left_by(change, folder));
  return left;
}

/// UIDs that are gone, at worst all that were given and are not there (RFC 7162 §3.2.5.1, §3.2.6), of those that were asked
/// for.
void Session::tell_vanished_since(mailbox::ModSeq since, const Uids* among) {
  const auto& view = selected_->view();
  auto gone = left_since(since);
  if (!gone) {
    gone.emplace();
    if (view.uid_next > 1) gone->add(1, view.uid_next - 1);
  }
  Uids shown;  // what left by a commit behind this view is told of as a change of it
  view.each(0, view.size(), [&](std::size_t, const Item& item) { shown.add(item.uid); });
  gone->subtract(shown);
  if (among) gone->intersect(*among);
  if (!gone->empty()) output_.append("* VANISHED (EARLIER) ").append(gone->text()).append("\r\n");
}

/// Takes away what is marked (RFC 9051 §6.4.1), and says nothing of it: the mailbox is left.
void Session::enable_condstore() {
  if (condstore_) return;
  condstore_ = true;
  if (selected_)
    output_.append("* OK [HIGHESTMODSEQ ")
        .append(std::to_string(std::max<mailbox::ModSeq>(selected_->view().highest, 1)))
        .append("] now told of\r\n");
}

net::Task<Reply> Session::on(command::Close&) {
  const bool clean =
      !selected_->read_only() && serve_ == Serve::everything && selected_->rights().has(mailbox::Rights::of("e"));
  const auto place = selected_place();
  const auto uids = selected_->uids_of(selected_->view().size() == 0
                                           ? mail::imap::Ranges()
                                           : mail::imap::Ranges{{1, static_cast<std::uint32_t>(selected_->view().size())}});
  leave_selected();
  if (!clean) co_return Reply::ok("closed");
  for (auto& batch : in_batches(uids)) {
    Change gone = [account = place.number(), folder = place.folder, batch = std::move(batch)](
                      commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto expunged = owners.mailbox.expunge_all(stage, account, folder, batch, mailbox::Owner::Only::deleted);
      if (!expunged && expunged.error().code != base::errc::not_found) return std::unexpected(expunged.error());
      return {};
    };
    auto done = co_await change(still_allowed(place, mailbox::Rights::of("e"), std::move(gone)));
    if (!done) co_return reply_for(done.error());
  }
  co_return Reply::ok("closed");
}

net::Task<Reply> Session::on(command::Unselect&) {
  leave_selected();
  co_return Reply::ok("closed");
}

}  // namespace understudy::archive::access::imap
