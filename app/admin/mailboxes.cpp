#include <algorithm>
#include <map>

#include "app/admin/handlers.hpp"
#include "archive/access/batches.hpp"
#include "archive/mailbox/assign.hpp"
#include "archive/mailbox/folder_names.hpp"
#include "archive/mailbox/shares.hpp"
#include "archive/mailbox/view.hpp"
#include "base/log.hpp"

namespace understudy::app {
namespace {

namespace mailbox = archive::mailbox;

constexpr std::size_t assigned_at_most = 100'000;  ///< by one call; asked again, it goes on
constexpr std::size_t assigned_at_once = 200;      ///< in one commit

/// A change of one account's folders, with the answer that names the folder.
template <class Do>
net::Task<AdminAnswer> change_folders(const Permit& permit, std::string address, std::string event, std::string folder,
                                      Do act) {
  auto account = find_account(permit.archive(), address);
  if (!account) co_return failed(account.error());
  archive::Change staged = [number = account->number, act](archive::commit::Stage& stage, archive::commit::Owners& owners) {
    return act(owners.mailbox, stage, number);
  };
  auto changed = co_await change(permit, std::move(staged));
  if (!changed) co_return failed(changed.error());
  base::log::info(event, {{"account", account->name}, {"folder", folder}});
  boost::json::object answer;
  answer["account"] = json_text(account->name);
  answer["name"] = json_text(folder);
  co_return done(std::move(answer));
}

/// All but the last messages of a folder that may be removed, some at a time: mail that is committed beside it does not wait
/// for the whole. The last ones go with the folder.
net::Task<base::Result<>> empty_into_bin(const Permit& permit, std::string address, std::string name,
                                         mailbox::Owner::Deleted deleted) {
  const auto account = find_account(permit.archive(), address);
  if (!account) co_return std::unexpected(account.error());
  const auto& store = permit.archive().store();
  const auto found = mailbox::find_folder(store, account->number, name);
  if (!found) co_return std::unexpected(found.error());
  const bool may_go =
      found->folder.kind == mailbox::FolderKind::live && !mailbox::same_name(found->folder.name, mailbox::inbox);
  if (!may_go) co_return base::Result<>();  // the owner says why
  while (true) {
    auto some = mailbox::messages(store, account->number, found->number, 1, archive::access::changed_at_once + 1);
    if (!some) co_return std::unexpected(some.error());
    if (some->size() <= archive::access::changed_at_once) co_return base::Result<>();
    mailbox::Uids uids;
    for (std::size_t i = 0; i < archive::access::changed_at_once; ++i) uids.add((*some)[i].uid);
    archive::Change staged = [number = account->number, folder = found->number, uids, deleted](
                                 archive::commit::Stage& stage, archive::commit::Owners& owners) -> base::Result<> {
      auto gone = owners.mailbox.bin_all(stage, number, folder, uids, deleted);
      if (!gone) return std::unexpected(gone.error());
      return {};
    };
    auto done = co_await change(permit, std::move(staged));
    if (!done) co_return done;
  }
}

}  // namespace

net::Task<AdminAnswer> mailbox_list(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  const auto after = arguments.text_or("after", "");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto account = find_account(permit.archive(), address);
  if (!account) co_return failed(account.error());
  auto folders = mailbox::folders(permit.archive().store(), account->number);
  if (!folders) co_return failed(folders.error());
  Page page(AdminApi::page_rows);
  std::string last;
  for (const auto& listed : *folders) {
    const auto& folder = listed.folder;
    if (!after.empty() && folder.name <= after) continue;
    if (page.full()) co_return page.take(last);
    boost::json::object row;
    row["name"] = json_text(folder.name);
    row["special_use"] = json_text(folder.special_use);
    row["kind"] = mailbox::name_of(folder.kind);
    row["messages"] = folder.messages;
    row["octets"] = folder.octets;
    row["uidnext"] = folder.uid_next;
    row["uidvalidity"] = folder.uid_validity;
    row["highestmodseq"] = folder.highest_modseq;
    page.add(std::move(row), folder.name.size());
    last = folder.name;
  }
  co_return page.take({});
}

/// What others may do with each: a row an identifier, whoever may still go by it.
net::Task<AdminAnswer> mailbox_shares(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  const auto after = arguments.text_or("after", "");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto account = find_account(permit.archive(), address);
  if (!account) co_return failed(account.error());
  auto shared = mailbox::shared_folders(permit.archive().store(), account->number);
  if (!shared) co_return failed(shared.error());
  const auto& directory = permit.archive().directory();
  std::map<std::string, boost::json::object> rows;  // by what a page is asked for after: no identifier has a space
  for (const auto& [number, folder] : *shared)
    for (const auto& grant : folder.grants) {
      boost::json::object row;
      row["name"] = json_text(folder.name);
      row["identifier"] = json_text(grant.identifier);
      row["rights"] = grant.rights.text();
      row["holds"] = grant.account == 0 || directory.name_of(grant.account).has_value();
      rows.emplace(grant.identifier + " " + folder.name, std::move(row));
    }
  Page page(AdminApi::page_rows);
  auto at = rows.upper_bound(after);
  for (; at != rows.end() && !page.full(); ++at) page.add(std::move(at->second), at->first.size());
  co_return page.take(at == rows.end() ? std::string() : std::prev(at)->first);
}

net::Task<AdminAnswer> mailbox_create(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  const auto name = arguments.text("folder");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto act = [name](mailbox::Owner& owner, archive::commit::Stage& stage, mailbox::AccountNumber account) {
    return owner.make_folder(stage, account, name, mailbox::usual_special_use(name));
  };
  co_return co_await change_folders(permit, address, "admin.mailbox_create", name, act);
}

net::Task<AdminAnswer> mailbox_rename(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  const auto from = arguments.text("folder");
  const auto to = arguments.text("to");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto act = [from, to](mailbox::Owner& owner, archive::commit::Stage& stage, mailbox::AccountNumber account) {
    return owner.rename_folder(stage, account, from, to);
  };
  co_return co_await change_folders(permit, address, "admin.mailbox_rename", to, act);
}

net::Task<AdminAnswer> mailbox_remove(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  const auto name = arguments.text("folder");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const mailbox::Owner::Deleted deleted{mailbox::Binned::By::administrator, permit.actor().name};
  const auto emptied = co_await empty_into_bin(permit, address, name, deleted);
  if (!emptied) co_return failed(emptied.error());
  auto act = [name, deleted](mailbox::Owner& owner, archive::commit::Stage& stage,
                             mailbox::AccountNumber account) -> base::Result<> {
    auto gone = owner.bin_all(stage, account, name, mailbox::Uids{{1, 0xffffffff}}, deleted);
    if (!gone) return std::unexpected(gone.error());
    return owner.remove_folder(stage, account, name);
  };
  co_return co_await change_folders(permit, address, "admin.mailbox_remove", name, act);
}

net::Task<AdminAnswer> mailbox_assign(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto name = account_name(permit.archive(), address);
  if (!name) co_return failed(name.error());
  const auto& live = permit.archive().directory();
  auto keeper = find_account(permit.archive(), live.undelivered_account());
  if (!keeper) co_return failed(keeper.error());
  if (keeper->name == *name) co_return failed(base::escape(*name) + " is the account that keeps undelivered mail");
  auto kept = mailbox::kept_for(permit.archive().store(), keeper->number, *name, assigned_at_most);
  if (!kept) co_return failed(kept.error());

  auto assigned = std::make_shared<std::size_t>(0);
  for (std::size_t from = 0; from < kept->size(); from += assigned_at_once) {
    const auto upto = std::min(from + assigned_at_once, kept->size());
    std::vector<mailbox::Kept> some(kept->begin() + static_cast<std::ptrdiff_t>(from),
                                    kept->begin() + static_cast<std::ptrdiff_t>(upto));
    archive::Change staged = [&live, name = *name, keeper = keeper->number, some = std::move(some), moved = *assigned,
                              assigned](archive::commit::Stage& stage, archive::commit::Owners& owners) -> base::Result<> {
      auto to = archive::commit::find_or_make(stage, owners, live, name, archive::directory::MadeBy::command);
      if (!to) return std::unexpected(to.error());
      auto now = mailbox::assign(stage, owners.mailbox, keeper, some, to->number);
      if (!now) return std::unexpected(now.error());
      *assigned = moved + *now;  // not +=: a change may be staged twice
      return {};
    };
    auto changed = co_await change(permit, std::move(staged));
    if (!changed) co_return failed(changed.error());
  }
  base::log::info("admin.mailbox_assign", {{"account", *name}, {"from", keeper->name}, {"messages", *assigned}});
  boost::json::object answer;
  answer["account"] = json_text(*name);
  answer["messages"] = *assigned;
  co_return done(std::move(answer));
}

}  // namespace understudy::app
