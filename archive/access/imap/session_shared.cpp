// Whose a mailbox is that a client names, and what he may do there (RFC 4314, RFC 2342): the one place where names of mailboxes
// become accounts and folders. What somebody may not see is answered as what is not there.
#include "archive/access/batches.hpp"
#include "archive/access/imap/session.hpp"
#include "archive/mailbox/staged_messages.hpp"
#include "base/log.hpp"
#include "mail/imap/heading.hpp"

namespace understudy::archive::access::imap {

using mailbox::Rights;

namespace {

Reply no_mailbox(std::string_view code) {
  return Reply::no("there is no such mailbox", std::string(code));
}

Reply no_place() {
  return Reply::no(
      "below \"" + std::string(others_space) + "\" are mailboxes of other users: none can be made there by this one", "CANNOT");
}

constexpr std::size_t most_shown = 10'000;  ///< mailboxes of others in one LIST; by its name each is in reach

bool is_theirs(std::string_view name) {
  return name == others_space || name.starts_with(others_prefix);
}

}  // namespace

Reply no_right(Rights needed) {
  return Reply::no("its owner has not given you the right \"" + needed.text() + "\" to this mailbox", "NOPERM");
}

bool Session::shares_mailboxes() const {
  return services_.settings()->options.shared_mailboxes && !auditor_;  // as it is now: who turns it off means everybody
}

Rights Session::rights_to(mailbox::AccountNumber owner, mailbox::FolderNumber folder) const {
  if (owner == account_number_) return Rights::all();
  if (!shares_mailboxes()) return {};
  if (!services_.archive.directory().name_of(owner)) return {};
  return services_.archive.shares().rights_to(owner, folder, account_number_);
}

/// Whose account a name lies in, and what stands behind it; nullopt: in nobody's. An address may have slashes.
std::optional<std::pair<directory::AccountRecord, std::string>> Session::owner_in(std::string_view name) const {
  if (!shares_mailboxes() || !name.starts_with(others_prefix)) return std::nullopt;
  const auto rest = name.substr(others_prefix.size());
  for (auto cut = rest.find('/'); cut != rest.npos; cut = rest.find('/', cut + 1)) {
    auto record = services_.archive.directory().record(rest.substr(0, cut));
    if (!record || record->number == account_number_) continue;
    return std::pair(std::move(*record), std::string(rest.substr(cut + 1)));
  }
  return std::nullopt;
}

std::expected<Place, Reply> Session::find(const mail::imap::MailboxName& name, Rights needed, std::string_view code) {
  if (!name.good()) return std::unexpected(Reply::no(name.fault, "CANNOT"));
  auto folders = account_->folders();
  if (!folders) return std::unexpected(reply_for(folders.error()));
  if (const auto number = (*folders)->find(name.utf8)) {
    auto place = own_place(*number);
    if (!place.rights.has(needed))
      return std::unexpected(Reply::no("nobody changes what is in this mailbox, but it can be copied out of it", "NOPERM"));
    return place;
  }
  const auto owner = owner_in(name.utf8);
  const bool can_be_made = is_theirs(name.utf8) || mailbox::check_folder_name(name.utf8);
  if (!can_be_made && code == "TRYCREATE") return std::unexpected(Reply::no("a mailbox cannot have that name", "CANNOT"));
  if (!owner) return std::unexpected(no_mailbox(code));
  const auto shared = services_.archive.shares().of(owner->first.number);
  for (const auto& [number, folder] : *shared) {
    if (!mailbox::same_name(folder.name, owner->second)) continue;
    const auto rights = mailbox::rights_of(account_number_, folder.grants);
    if (!rights.has(needed) || rights.empty())
      return std::unexpected(rights.has_any(mailbox::visible) ? no_right(needed) : no_mailbox(code));
    auto account = services_.accounts.get(owner->first.number);
    if (!account) return std::unexpected(reply_for(account.error()));
    return Place{std::move(*account), owner->first.name, number, rights, Place::Whose::others};
  }
  return std::unexpected(no_mailbox(code));
}

/// Of somebody else there must be one above it, and the right to make some below that (RFC 4314 §4).
std::expected<Target, Reply> Session::find_target(std::string_view name) {
  if (!is_theirs(name)) return Target{account_, std::string(name), 0};
  const auto owner = owner_in(name);
  if (!owner || !services_.archive.shares().has(owner->first.number)) return std::unexpected(no_place());
  auto account = services_.accounts.get(owner->first.number);
  if (!account) return std::unexpected(reply_for(account.error()));
  const auto folders = (*account)->folders();
  if (!folders) return std::unexpected(reply_for(folders.error()));
  const std::string_view inside = owner->second;
  for (auto cut = inside.rfind('/'); cut != inside.npos && cut > 0; cut = inside.rfind('/', cut - 1)) {
    const auto above = (*folders)->find(inside.substr(0, cut));
    if (!above) continue;
    const auto rights = rights_to((*account)->number(), *above);
    if (rights.has(Rights::of("k"))) return Target{std::move(*account), owner->second, *above};
    return std::unexpected(rights.has_any(mailbox::visible) ? no_right(Rights::of("k")) : no_place());
  }
  return std::unexpected(no_place());
}

std::vector<Shown> Session::shown_of_others() const {
  std::vector<Shown> shown;
  if (!shares_mailboxes()) return shown;
  const auto& shares = services_.archive.shares();
  for (const auto owner : shares.owners_for(account_number_)) {
    const auto name = services_.archive.directory().name_of(owner);
    if (!name) continue;
    const auto folders = shares.of(owner);
    for (const auto& [number, folder] : *folders) {
      const auto rights = mailbox::rights_of(account_number_, folder.grants);
      if (shown.size() >= most_shown) return shown;
      if (rights.has(Rights::of("l")))
        shown.push_back({std::string(others_prefix) + *name + "/" + folder.name, owner, *name, number, rights});
    }
  }
  return shown;
}

/// What is in the bin, or in a cold folder, its owner sees and copies, and no more.
Place Session::own_place(mailbox::FolderNumber folder) const {
  const auto folders = account_->folders();
  const bool known = folders && (*folders)->by_number.contains(folder);
  const bool live = !known || (*folders)->by_number.at(folder).kind == mailbox::FolderKind::live;
  return {account_, user_, folder, live ? Rights::all() : mailbox::visible};
}

mailbox::FolderNumber Session::selected_own() const {
  return selected_ && selected_->account().number() == account_number_ ? selected_->folder() : 0;
}

Place Session::selected_place() const {
  return {selected_->account_ptr(),
          {},
          selected_->folder(),
          selected_->rights(),
          selected_own() != 0 ? Place::Whose::own : Place::Whose::others};
}

/// The same change, that fails with errc::not_found where, when its turn has come, the mailbox is not called `name` (empty: it
/// does not matter), or its owner has taken the rights away: between the look and the commit others may have had theirs.
Change Session::still_allowed(const Place& place, Rights needed, Change wanted, std::string name) const {
  if (place.own() && name.empty()) return wanted;
  return [&store = services_.archive.store(), account = place.number(), folder = place.folder, own = place.own(),
          who = account_number_, needed, wanted = std::move(wanted),
          name = std::move(name)](commit::Stage& stage, commit::Owners& owners) mutable -> base::Result<> {
    if (!name.empty()) {
      const auto state = mailbox::load_state(store, stage, account);
      if (!state) return std::unexpected(state.error());
      const auto found = state->folders.find(folder);
      if (found == state->folders.end() || found->second.name != name) return base::fail("the mailbox", base::errc::not_found);
    }
    if (!own) {
      const auto now = owners.mailbox.grants(stage, account, folder);
      if (!now) return std::unexpected(now.error());
      if (!mailbox::rights_of(who, *now).has(needed)) return base::fail("the mailbox", base::errc::not_found);
    }
    return wanted(stage, owners);
  };
}

base::Result<Place> Session::place_of(const Shown& shown) {
  auto account = services_.accounts.get(shown.account);
  if (!account) return std::unexpected(account.error());
  return Place{std::move(*account), shown.owner, shown.folder, shown.rights, Place::Whose::others};
}

/// What its owner lets one do with the selected mailbox may have changed. False: it was open, and is not there any more.
bool Session::keeps_selected() {
  if (!selected_ || selected_->account().number() == account_number_) return true;
  const auto rights = rights_to(selected_->account().number(), selected_->folder());
  if (!rights.has(Rights::of("r"))) {
    leave_selected();
    taken_away_ = true;
    output_ += "* OK [CLOSED] its owner does not share the mailbox any more\r\n";
    return false;
  }
  if (rights != selected_->rights()) {
    selected_->set_rights(rights);
    selected_->tell_keywords(output_);
  }
  return true;
}

void Session::log_changed(const Place& place, std::string_view what, std::uint64_t messages) const {
  if (place.own()) return;
  const auto folders = place.account->folders();
  const auto owner = services_.archive.directory().name_of(place.number());
  std::string name;  // of one that is gone: none
  if (folders)
    if (const auto found = (*folders)->by_number.find(place.folder); found != (*folders)->by_number.end())
      name = base::escape(found->second.name, 200);
  base::log::info("imap.shared_changed", {{"peer", peer_},
                                          {"user", user_},
                                          {"owner", owner.value_or(std::string())},
                                          {"mailbox", name},
                                          {"what", what},
                                          {"messages", messages}});
}

void Session::log_opened(const Place& place, std::string_view name) const {
  if (place.own()) return;
  base::log::info("imap.shared_opened",
                  {{"peer", peer_}, {"user", user_}, {"mailbox", base::escape(name, 200)}, {"rights", place.rights.text()}});
}

namespace {

/// nullopt: there is none that can be read. It is a cache: the message goes without it.
std::optional<store::Shown> shown_of(const commit::Stage& stage, mailbox::AccountNumber account, const store::BodyRef& body) {
  const auto shard = mailbox::shard_of(account);
  const auto key = mailbox::keys::summary(body);
  auto summary = stage.get(shard, store::Table::summaries, key);
  if (!summary || !*summary) return std::nullopt;
  const auto heading = stage.get(shard, store::Table::headings, key);
  if (heading && *heading) return store::Shown{std::move(**summary), std::move(**heading)};
  const auto view = mail::imap::SummaryView::open(**summary);
  return store::Shown{std::move(**summary), view ? mail::imap::heading_of(*view) : std::string()};
}

/// Each as a message that is filed in the other account: what it is called there and by whom it was changed is that account's.
base::Result<mailbox::Owner::Placed> carry(commit::Stage& stage, mailbox::Owner& owner, mailbox::AccountNumber account,
                                           mailbox::FolderNumber folder, const mailbox::Uids& uids, const Place& to,
                                           base::WallTime now) {
  constexpr std::uint64_t most_beside = 32 << 20;  // octets of summaries and headings in one commit, for which all mail waits
  mailbox::Owner::Placed placed;
  std::uint64_t beside = 0;
  mailbox::StagedMessages messages(stage, account);
  for (const auto uid : uids) {
    const auto found = messages.find(folder, uid);
    if (!found && found.error().code == base::errc::not_found) continue;
    if (!found) return std::unexpected(found.error());
    mailbox::Message message = **found;
    const auto shown = shown_of(stage, account, message.body);
    if (shown) beside += shown->summary.size() + shown->heading.size();
    if (beside > most_beside) return base::fail("messages to copy", base::errc::too_long);
    message.flags = permitted(std::move(message.flags), to.rights);
    message.source = mailbox::Source::copy;
    message.saved = now;
    auto filed = owner.file_into(stage, to.number(), to.folder, std::move(message), shown ? &*shown : nullptr);
    if (!filed) return std::unexpected(filed.error());
    if (placed.uids.empty()) placed = std::move(*filed);
    placed.uids.add(uid);
  }
  return placed;
}

}  // namespace

bool Session::must_carry(const Place& to) const {
  return to.number() != selected_->account().number() || !to.rights.has(Rights::of("swt"));
}

Change Session::copied(const mailbox::Uids& uids, const Place& to, std::shared_ptr<mailbox::Owner::Placed> result) const {
  const auto from = selected_->account().number();
  const bool carries = must_carry(to);
  return [uids, to, result = std::move(result), from, folder = selected_->folder(), carries, now = services_.clock.now()](
             commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    auto done = carries ? carry(stage, owners.mailbox, from, folder, uids, to, now)
                        : owners.mailbox.copy_all(stage, from, folder, uids, to.folder);
    if (!done) return std::unexpected(done.error());
    *result = std::move(*done);
    return {};
  };
}

/// A copy that is durable, and then they go from where they were: at no time is a message in neither.
net::Task<base::Result<>> Session::carry_away(mailbox::Uids uids, Place to, std::shared_ptr<mailbox::Owner::Placed> result) {
  auto done = co_await change(still_allowed(to, Rights::of("i"), within_quota(to, copied(uids, to, result))));
  if (!done || result->uids.empty()) co_return done;
  Change gone = [account = selected_->account().number(), folder = selected_->folder(), uids = result->uids](
                    commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    auto expunged = owners.mailbox.expunge_all(stage, account, folder, uids, mailbox::Owner::Only::all);
    if (!expunged) return std::unexpected(expunged.error());
    return {};
  };
  done = co_await change(still_allowed(selected_place(), Rights::of("te"), std::move(gone)));
  co_return done;
}

}  // namespace understudy::archive::access::imap
