// The recycle bin of an account (docs/retention.md): what is in it and where it came from, back to there, or gone for good.
#include <algorithm>

#include "app/admin/handlers.hpp"
#include "app/admin/message_rows.hpp"
#include "archive/access/batches.hpp"
#include "archive/mailbox/view.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

namespace mailbox = archive::mailbox;
using mailbox::Uid;
using mailbox::Uids;

constexpr Uid max_uid = 0xffffffff;
constexpr std::size_t most_ranges = 1000;  ///< of UIDs that one call names

struct Bin {
  mailbox::AccountNumber account = 0;
  std::string name;  ///< of the account
  mailbox::FolderNumber folder = 0;
};

/// Folder 0: nothing was ever deleted into it.
base::Result<Bin> find_bin(const Permit& permit, const std::string& address) {
  auto account = find_account(permit.archive(), address);
  if (!account) return std::unexpected(account.error());
  const auto state = mailbox::load_state(permit.archive().store(), account->number);
  if (!state) return std::unexpected(state.error());
  return Bin{account->number, account->name, state->bin().value_or(0)};
}

/// "1:5,9", or "all".
std::optional<Uids> uids_of(std::string_view text) {
  if (text == "all") return Uids{{1, max_uid}};
  return Uids::parse(text, most_ranges);
}

/// What a list is narrowed to; empty: to nothing.
struct Wanted {
  std::string folder, text;

  bool fits(const mailbox::BinOrigin& origin, const boost::json::object& row) const {
    if (!folder.empty() && !mailbox::same_name(folder, origin.name)) return false;
    if (text.empty()) return true;
    const auto has = [&](const char* field) {
      return base::to_lower(std::string_view(row.at(field).as_string())).find(base::to_lower(text)) != std::string::npos;
    };
    return has("from") || has("subject");
  }
};

void add_origin(boost::json::object& row, Uid first, Uid uid, const mailbox::BinOrigin& origin) {
  row["folder"] = json_text(origin.name);
  row["was_uid"] = origin.uid_before(first, uid);
  row["was_uidvalidity"] = origin.uid_validity;
  row["deleted_at"] = json_time(origin.binned);
  row["by"] = mailbox::name_of(origin.by);
  row["who"] = json_text(origin.who);
}

/// What is there of the wanted UIDs, some at a time.
base::Result<std::vector<Uids>> batches_of(const Permit& permit, const Bin& bin, Uids wanted) {
  Uids there;
  for (Uid from = 1; bin.folder != 0;) {
    auto listed = mailbox::messages(permit.archive().store(), bin.account, bin.folder, from, AdminApi::page_rows);
    if (!listed) return std::unexpected(listed.error());
    for (const auto& each : *listed) there.add(each.uid);
    if (listed->size() < AdminApi::page_rows) break;
    from = listed->back().uid + 1;
  }
  there.intersect(wanted);
  return archive::access::in_batches(there);
}

/// Does `act` with those that "uids" names, a commit for each batch of them; answers how many there were.
using Act = std::function<base::Result<std::uint64_t>(mailbox::Owner&, archive::commit::Stage&, const Bin&, const Uids&)>;
net::Task<AdminAnswer> change_bin(const Permit& permit, Arguments arguments, std::string event, Act act) {
  const auto address = arguments.text("account");
  const auto text = arguments.text("uids");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto uids = uids_of(text);
  if (!uids) co_return wrong_usage("uids: must be UIDs as 1:5,9, or all");
  const auto bin = find_bin(permit, address);
  if (!bin) co_return failed(bin.error());
  auto batches = batches_of(permit, *bin, *uids);
  if (!batches) co_return failed(batches.error());
  std::uint64_t messages = 0;
  for (const auto& batch : *batches) {
    auto count = std::make_shared<std::uint64_t>(0);  // a change may be staged twice
    archive::Change staged = [bin = *bin, batch, act, count](archive::commit::Stage& stage,
                                                             archive::commit::Owners& owners) -> base::Result<> {
      auto done = act(owners.mailbox, stage, bin, batch);
      if (!done) return std::unexpected(done.error());
      *count = *done;
      return {};
    };
    auto changed = co_await change(permit, std::move(staged));
    if (!changed) co_return failed(changed.error());
    messages += *count;
  }
  base::log::info(event, {{"account", bin->name}, {"messages", messages}});
  boost::json::object answer;
  answer["account"] = json_text(bin->name);
  answer["messages"] = messages;
  co_return done(std::move(answer));
}

}  // namespace

net::Task<AdminAnswer> bin_list(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  const Wanted wanted{arguments.text_or("folder", ""), arguments.text_or("search", "")};
  const auto after = base::to_number(arguments.text_or("after", "0"));
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (!after || *after >= max_uid) co_return wrong_usage("after: was not given by this server");
  const auto bin = find_bin(permit, address);
  if (!bin) co_return failed(bin.error());
  Page page(AdminApi::page_rows);
  if (bin->folder == 0) co_return page.take({});
  const auto& store = permit.archive().store();
  const auto listed = mailbox::messages(store, bin->account, bin->folder, static_cast<Uid>(*after + 1), AdminApi::page_rows);
  if (!listed) co_return failed(listed.error());
  if (listed->empty()) co_return page.take({});
  const auto origins = mailbox::bin_origins(store, bin->account, bin->folder, listed->front().uid, listed->back().uid);
  if (!origins) co_return failed(origins.error());
  for (const auto& [uid, message] : *listed) {
    if (!permit.covers(message.internal_date, message.stored)) continue;
    const auto origin = origins->upper_bound(uid);
    if (origin == origins->begin()) co_return failed("where UID " + std::to_string(uid) + " came from is not known: rebuild");
    auto row = message_row(permit, bin->account, uid, message);
    const auto& [first, from] = *std::prev(origin);
    if (!wanted.fits(from, row)) continue;
    add_origin(row, first, uid, from);
    page.add(std::move(row));
  }
  const bool more = listed->size() == AdminApi::page_rows;
  co_return page.take(more ? std::to_string(listed->back().uid) : std::string());
}

net::Task<AdminAnswer> bin_restore(const AdminParts&, const Permit& permit, Arguments arguments) {
  Act act = [](mailbox::Owner& owner, archive::commit::Stage& stage, const Bin& bin,
               const Uids& uids) -> base::Result<std::uint64_t> {
    auto put = owner.put_back(stage, bin.account, uids);
    if (!put) return std::unexpected(put.error());
    std::uint64_t messages = 0;
    for (const auto& [folder, count] : *put) messages += count;
    return messages;
  };
  co_return co_await change_bin(permit, std::move(arguments), "admin.bin_restore", std::move(act));
}

net::Task<AdminAnswer> bin_empty(const AdminParts&, const Permit& permit, Arguments arguments) {
  Act act = [](mailbox::Owner& owner, archive::commit::Stage& stage, const Bin& bin,
               const Uids& uids) -> base::Result<std::uint64_t> {
    auto gone = owner.expunge_all(stage, bin.account, bin.folder, uids, mailbox::Owner::Only::all);
    if (!gone) return std::unexpected(gone.error());
    return gone->count();
  };
  co_return co_await change_bin(permit, std::move(arguments), "admin.bin_empty", std::move(act));
}

}  // namespace understudy::app
