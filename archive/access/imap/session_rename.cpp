// RENAME (RFC 9051 §6.3.6): of mailboxes within one account, and of INBOX, which stays.
#include "archive/access/imap/session.hpp"
#include "base/text.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mail::imap::MailboxName;
using mailbox::Rights;

Reply not_between_accounts() {
  return Reply::no("a mailbox stays with its owner", "CANNOT");
}

}  // namespace

net::Task<Reply> Session::on(command::Rename& asked) {
  if (auto refused = why_not_change()) co_return std::move(*refused);
  for (const auto* name : {&asked.from, &asked.to})
    if (!name->good()) co_return Reply::no(name->fault, "CANNOT");
  auto to = asked.to.utf8;
  if (to.ends_with('/')) to.pop_back();
  const auto folders = account_->folders();
  if (!folders) co_return reply_for(folders.error());
  if (asked.from.utf8.starts_with(others_prefix) && !(*folders)->find(asked.from.utf8)) {
    const auto from = find(asked.from, Rights::of("x"));
    if (!from) co_return from.error();
    co_return co_await rename_of_others(*from, std::move(to));
  }
  const auto target = find_target(to);
  if (!target) co_return target.error();
  if (target->number() != account_number_) co_return not_between_accounts();
  if (base::iequals(asked.from.utf8, "INBOX")) co_return co_await empty_inbox(asked.from, std::move(to));
  Change renamed = [account = account_number_, from = asked.from.utf8, to](commit::Stage& stage, commit::Owners& owners) {
    return owners.mailbox.rename_folder(stage, account, from, to);
  };
  auto done = co_await change(std::move(renamed));
  if (!done) co_return reply_for(done.error());
  co_return Reply::ok("done");
}

net::Task<Reply> Session::rename_of_others(const Place& from, std::string to) {
  const auto target = find_target(to);
  if (!target) co_return target.error();
  if (target->number() != from.number()) co_return not_between_accounts();
  const auto folders = from.account->folders();
  if (!folders) co_return reply_for(folders.error());
  const auto folder = (*folders)->by_number.find(from.folder);
  if (folder == (*folders)->by_number.end()) co_return Reply::no("there is no such mailbox", "NONEXISTENT");
  Change renamed = [account = from.number(), name = folder->second.name, to = target->name](commit::Stage& stage,
                                                                                            commit::Owners& owners) {
    return owners.mailbox.rename_folder(stage, account, name, to);
  };
  const Place above{target->account, from.owner, target->above, {}, Place::Whose::others};
  auto allowed =
      still_allowed(above, Rights::of("k"), still_allowed(from, Rights::of("x"), std::move(renamed), folder->second.name));
  auto done = co_await change(std::move(allowed));
  if (!done) co_return reply_for(done.error());
  log_changed(from, "rename");
  co_return Reply::ok("done");
}

/// INBOX stays where it is: its messages move to the new name (RFC 9051 §6.3.6).
net::Task<Reply> Session::empty_inbox(const MailboxName& inbox, std::string to) {
  const auto place = find(inbox, Rights::all());
  if (!place) co_return place.error();
  Change made = [account = account_number_, to](commit::Stage& stage, commit::Owners& owners) {
    return owners.mailbox.make_folder(stage, account, to, {});
  };
  auto done = co_await change(std::move(made));
  if (!done) co_return reply_for(done.error());
  const auto folders = account_->folders();
  const auto made_as = folders ? (*folders)->find(to) : std::nullopt;
  if (!made_as) co_return Reply::no("there is no such mailbox any more", "NONEXISTENT");
  auto move = [account = account_number_, folder = place->folder, to = *made_as](mailbox::Uids uids) -> Change {
    return [account, folder, to, uids = std::move(uids)](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto moved = owners.mailbox.move_all(stage, account, folder, uids, to);
      if (!moved) return std::unexpected(moved.error());
      return {};
    };
  };
  done = co_await in_parts(*place, Last::goes, std::move(move));
  if (!done) co_return reply_for(done.error());
  co_return Reply::ok("done");
}

}  // namespace understudy::archive::access::imap
