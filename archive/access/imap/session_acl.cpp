// What the owner of a mailbox lets others do with it (RFC 4314): asked and changed by him, and by whom he has given the right
// "a".
#include <algorithm>

#include "archive/access/imap/session.hpp"
#include "archive/login/credentials.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mail/imap/wire.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mailbox::Grant;
using mailbox::Rights;
using Give = mailbox::Owner::Give;

constexpr Rights administer = Rights::of("a");
constexpr Rights any_of_them = Rights::of("lrikxa");  // one of these is enough for MYRIGHTS (RFC 4314 §4)

Reply not_served() {
  return Reply::bad("this server does not have that command");
}

/// What was given to accounts that are gone, or to earlier ones of their names, goes with the next change.
base::Result<> drop_of_the_gone(commit::Stage& stage, commit::Owners& owners, const Place& place) {
  auto grants = owners.mailbox.grants(stage, place.number(), place.folder);
  if (!grants) return std::unexpected(grants.error());
  for (const auto& grant : *grants) {
    const auto record = owners.directory.find(grant.identifier.substr(grant.takes_away() ? 1 : 0));
    if (grant.account == 0 || (record && record->number == grant.account)) continue;
    auto dropped = owners.mailbox.share(stage, place.number(), place.folder, {grant.identifier, grant.account, {}}, Give::all);
    if (!dropped) return dropped;
  }
  return {};
}

}  // namespace

/// An account of this machine, or anyone; nullopt: there is none of that name. Without rights.
std::optional<Grant> Session::grant_for(std::string_view identifier) const {
  const bool takes_away = identifier.starts_with('-');
  const auto name = identifier.substr(takes_away ? 1 : 0);
  const std::string sign = takes_away ? "-" : "";
  if (base::iequals(name, mailbox::anyone)) return Grant{sign + std::string(mailbox::anyone), 0, {}};
  const auto& directory = services_.archive.directory();
  const auto address = login::address_of(directory, settings_->domain_name, name);
  const auto record = address ? directory.record_by_address(*address) : std::nullopt;
  if (!record) return std::nullopt;
  return Grant{sign + record->name, record->number, {}};
}

/// What may be done with rights at all, and the mailbox; or the answer.
std::expected<Place, Reply> Session::find_to_administer(const mail::imap::MailboxName& mailbox) {
  if (auditor_) return std::unexpected(Reply::no("who may see the user's mailboxes is not for auditors", "NOPERM"));
  if (!shares_mailboxes()) return std::unexpected(not_served());
  return find(mailbox, administer);
}

net::Task<Reply> Session::give_rights(const mail::imap::MailboxName& mailbox, std::string identifier, Rights rights, Give how) {
  if (auto refused = why_not_change()) co_return std::move(*refused);
  auto place = find_to_administer(mailbox);
  if (!place) co_return place.error();
  const bool goes = how == Give::all && rights.empty();
  auto grant = grant_for(identifier);
  if (!grant && !goes)
    co_return Reply::no("there is no such user here: an identifier is the address of one, or \"anyone\"", "CANNOT");
  if (!grant) grant = Grant{identifier, 0, {}};  // of an account that is gone
  grant->rights = rights;
  if (grant->account == place->number()) {
    const bool stays = !grant->takes_away() && (how == Give::add || rights == Rights::all());
    if (!stays) co_return Reply::no("the owner of a mailbox has all rights to it, always", "CANNOT");
    co_return Reply::ok("the owner has them, always");
  }
  Change given = [place = *place, grant = *grant, how, who = account_number_](commit::Stage& stage,
                                                                              commit::Owners& owners) -> base::Result<> {
    if (!place.own()) {  // his own right may have been taken away in front of this
      const auto now = owners.mailbox.grants(stage, place.number(), place.folder);
      if (!now) return std::unexpected(now.error());
      if (!mailbox::rights_of(who, *now).has(administer)) return base::fail("the right", base::errc::refused);
    }
    if (auto dropped = drop_of_the_gone(stage, owners, place); !dropped) return dropped;
    return owners.mailbox.share(stage, place.number(), place.folder, grant, how);
  };
  auto done = co_await change(std::move(given));
  if (!done && done.error().code == base::errc::refused) co_return no_right(administer);
  if (!done && done.error().code == base::errc::too_long)
    co_return Reply::no("so many users cannot have rights here: " + std::to_string(mailbox::most_identifiers) +
                            " to a mailbox, " + std::to_string(mailbox::most_grants) + " in all mailboxes of an account",
                        "LIMIT");
  if (!done) co_return reply_for(done.error());
  base::log::info("imap.rights_given", {{"peer", peer_},
                                        {"user", user_},
                                        {"mailbox", base::escape(mailbox.utf8, 200)},
                                        {"identifier", base::escape(grant->identifier, 200)},
                                        {"how", how == Give::all   ? "all"
                                                : how == Give::add ? "add"
                                                                   : "remove"},
                                        {"rights", rights.text()}});
  co_return Reply::ok("done");
}

net::Task<Reply> Session::on(command::SetAcl& asked) {
  const auto rights = Rights::parse(asked.rights);
  if (!rights) co_return Reply::bad("rights are of \"" + Rights::all().told() + "\"");  // RFC 4314 §3.1
  using Mode = command::SetAcl::Mode;
  const auto how = asked.mode == Mode::replace ? Give::all : asked.mode == Mode::add ? Give::add : Give::remove;
  co_return co_await give_rights(asked.mailbox, asked.identifier, *rights, how);
}

net::Task<Reply> Session::on(command::DeleteAcl& asked) {
  co_return co_await give_rights(asked.mailbox, asked.identifier, Rights(), Give::all);
}

net::Task<Reply> Session::on(command::GetAcl& asked) {
  const auto place = find_to_administer(asked.mailbox);
  if (!place) co_return place.error();
  const auto shared = services_.archive.shares().of(place->number());
  output_.append("* ACL ").append(written(asked.mailbox.utf8)).append(" ");
  mail::imap::put_astring(output_, place->owner);
  output_.append(" ").append(Rights::all().told());
  const auto found = shared->find(place->folder);
  if (found != shared->end())
    for (const auto& grant : found->second.grants) {
      const auto name = services_.archive.directory().name_of(grant.account);
      const bool is_gone = grant.account != 0 && name != grant.identifier.substr(grant.takes_away() ? 1 : 0);
      if (is_gone) continue;
      output_ += ' ';
      mail::imap::put_astring(output_, grant.identifier);
      output_.append(" ").append(grant.rights.told());
    }
  output_ += "\r\n";
  co_return Reply::ok("done");
}

/// The same for each name, whether there is such a user or not.
net::Task<Reply> Session::on(command::ListRights& asked) {
  const auto place = find_to_administer(asked.mailbox);
  if (!place) co_return place.error();
  const auto grant = grant_for(asked.identifier);
  const bool is_owner = grant && grant->account == place->number();
  output_.append("* LISTRIGHTS ").append(written(asked.mailbox.utf8)).append(" ");
  mail::imap::put_astring(output_, asked.identifier);
  output_.append(" ").append(is_owner ? Rights::all().told() : "\"\"");
  if (!is_owner)
    for (const char right : Rights::all().told()) output_.append(" ").append(1, right);
  output_ += "\r\n";
  co_return Reply::ok("done");
}

/// Where mailboxes are only read nobody may do more.
std::string Session::my_rights(std::string_view name, Rights rights) const {
  const auto mine = serve_ == Serve::read_only ? rights & mailbox::visible : rights;
  return "* MYRIGHTS " + written(name) + " " + (mine.empty() ? "\"\"" : mine.told()) + "\r\n";
}

net::Task<Reply> Session::on(command::MyRights& asked) {
  if (!settings_->options.shared_mailboxes) co_return not_served();
  const auto place = find(asked.mailbox, Rights());
  if (!place) co_return place.error();
  if (!place->rights.has_any(any_of_them)) co_return Reply::no("there is no such mailbox", "NONEXISTENT");
  output_ += my_rights(asked.mailbox.utf8, place->rights);
  co_return Reply::ok("done");
}

}  // namespace understudy::archive::access::imap
