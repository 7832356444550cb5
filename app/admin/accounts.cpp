#include <algorithm>
#include <limits>

#include "app/admin/handlers.hpp"
#include "app/admin/postmaster.hpp"
#include "archive/await.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mail/sasl/verifier.hpp"

namespace understudy::app {
namespace {

using archive::directory::AccountRecord;
using archive::directory::MadeBy;

std::string_view name_of(MadeBy made_by) {
  switch (made_by) {
    case MadeBy::configuration:
      return "configuration";
    case MadeBy::command:
      return "command";
    case MadeBy::mail:
      return "mail";
  }
  return "unknown";
}

boost::json::array texts(const std::vector<std::string>& list) {
  boost::json::array array;
  for (const auto& each : list) array.emplace_back(json_text(each));
  return array;
}

boost::json::object row_of(const AccountRecord& record) {
  boost::json::object row;
  row["address"] = json_text(record.name);
  row["aliases"] = texts(record.aliases);
  row["login"] = record.login && !record.verifier.empty();
  row["mailbox"] = record.number != 0;
  row["template"] = json_text(record.template_name);
  row["origin"] = name_of(record.made_by);
  return row;
}

/// The canonical aliases, each once. Whether they are free is seen when they are taken.
base::Result<std::vector<std::string>> canonical_aliases(const archive::Archive& archive,
                                                         const std::vector<std::string>& given) {
  std::vector<std::string> aliases;
  for (const auto& each : given) {
    auto alias = account_name(archive, each);
    if (!alias) return std::unexpected(alias.error());
    if (std::ranges::find(aliases, *alias) == aliases.end()) aliases.push_back(std::move(*alias));
  }
  return aliases;
}

/// What stands before an address that is none.
std::string what_is_missing(const archive::Archive& archive, std::string_view address) {
  const auto options = archive.directory().options();
  if (address.empty() || address.find('@') != address.npos || options->domains.empty()) return "address ";
  return "address without a domain (@" + options->domains.begin()->second + "?): ";
}

/// The password comes as what is kept of it; the password itself never leaves the administrator's terminal.
std::optional<AdminAnswer> refuse_verifier(const std::string& verifier) {
  if (verifier.empty() || mail::sasl::Verifier::parse(verifier)) return std::nullopt;
  return wrong_usage("verifier: must be \"{SCRAM-SHA-256}iterations,salt,stored-key,server-key\"");
}

}  // namespace

base::Result<routing::AccountName> account_name(const archive::Archive& archive, std::string_view address) {
  auto parsed = mail::address::parse(address, mail::address::Utf8::allow);
  if (!parsed) return base::fail(what_is_missing(archive, address) + base::escape(address), parsed.error().code);
  auto domain = mail::address::canonical_domain(parsed->domain);
  if (!domain) return base::fail("address " + base::escape(address), domain.error().code);
  const auto local = archive.directory().local_domain(*domain);
  if (!local) return base::fail("no local domain (see [[domain]]): " + base::escape(*domain), base::errc::not_found);
  return mail::address::canonical_local(parsed->local) + "@" + *local;
}

base::Result<AccountRecord> find_account(const archive::Archive& archive, std::string_view address) {
  auto name = account_name(archive, address);
  if (!name) return std::unexpected(name.error());
  auto record = archive.directory().record_by_address(*name);
  if (!record) return base::fail("account " + base::escape(*name), base::errc::not_found);
  return std::move(*record);
}

net::Task<base::Result<>> change(const Permit& permit, archive::Change change) {
  auto start = [&permit, change = std::move(change)](archive::Done<> done) mutable {
    permit.change(std::move(change), std::move(done));
  };
  auto result = co_await archive::wait_for<void>(std::move(start));
  co_return result;
}

net::Task<AdminAnswer> account_list(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto after = arguments.text_or("after", "");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  Page page(AdminApi::page_rows);
  const auto records = permit.archive().directory().records();
  auto record = std::ranges::upper_bound(records, after, {}, &AccountRecord::name);
  for (; record != records.end() && !page.full(); ++record) page.add(row_of(*record));
  co_return page.take(record == records.end() ? std::string() : std::prev(record)->name);
}

net::Task<AdminAnswer> account_show(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto record = find_account(permit.archive(), address);
  if (!record) co_return failed(record.error());
  auto row = row_of(*record);
  row["quota"] = record->quota;
  row["quota_messages"] = record->quota_messages;
  row["made"] = json_time(record->made);
  row["number"] = record->number;
  co_return done(std::move(row));
}

net::Task<AdminAnswer> account_add(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  const auto aliases = arguments.texts("aliases");
  const auto verifier = arguments.text_or("verifier", "");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (auto refused = refuse_verifier(verifier)) co_return std::move(*refused);
  auto name = account_name(permit.archive(), address);
  if (!name) co_return failed(name.error());
  auto canonical = canonical_aliases(permit.archive(), aliases);
  if (!canonical) co_return failed(canonical.error());

  AccountRecord record;
  record.name = *name;
  record.aliases = std::move(*canonical);
  record.verifier = verifier;
  record.login = !verifier.empty();
  record.made_by = MadeBy::command;
  const auto& live = permit.archive().directory();
  archive::Change add = [record, &live](archive::commit::Stage& stage, archive::commit::Owners& owners) -> base::Result<> {
    auto added = owners.directory.add(stage, record);
    if (!added) return std::unexpected(added.error());
    return archive::commit::make_folders(stage, owners, live, *added);
  };
  auto changed = co_await change(permit, std::move(add));
  if (!changed) co_return failed(changed.error());
  base::log::info("admin.account_add", {{"account", record.name}});
  co_return done(row_of(*live.record(record.name)));
}

net::Task<AdminAnswer> account_passwd(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  const auto verifier = arguments.text("verifier");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (auto refused = refuse_verifier(verifier)) co_return std::move(*refused);
  auto record = find_account(permit.archive(), address);
  if (!record) co_return failed(record.error());
  archive::Change set = [name = record->name, verifier](archive::commit::Stage& stage,
                                                        archive::commit::Owners& owners) -> base::Result<> {
    auto now = owners.directory.find(name);
    if (!now) return base::fail("account " + name, base::errc::not_found);
    now->verifier = verifier;
    now->login = !verifier.empty();
    return owners.directory.change(stage, *now);
  };
  auto changed = co_await change(permit, std::move(set));
  if (!changed) co_return failed(changed.error());
  base::log::info("admin.account_passwd", {{"account", record->name}});
  co_return done(row_of(*record));
}

net::Task<AdminAnswer> account_quota(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  const auto octets = arguments.number("octets", std::numeric_limits<std::int64_t>::max());
  const auto messages = arguments.number("messages", std::numeric_limits<std::int64_t>::max());
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto record = find_account(permit.archive(), address);
  if (!record) co_return failed(record.error());
  archive::Change set = [name = record->name, octets, messages](archive::commit::Stage& stage,
                                                                archive::commit::Owners& owners) -> base::Result<> {
    auto now = owners.directory.find(name);
    if (!now) return base::fail("account " + name, base::errc::not_found);
    now->quota = octets;
    now->quota_messages = messages;
    return owners.directory.change(stage, *now);
  };
  auto changed = co_await change(permit, std::move(set));
  if (!changed) co_return failed(changed.error());
  base::log::info("admin.account_quota", {{"account", record->name}, {"octets", octets}, {"messages", messages}});
  co_return done(row_of(*record));
}

net::Task<AdminAnswer> account_remove(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto name = account_name(permit.archive(), address);  // an alias does not remove the account that it leads to
  if (!name) co_return failed(name.error());
  if (const auto lost = postmaster_lost_with(*name, permit.archive().directory(), parts.policy()))
    co_return failed("account " + *name + " takes the mail for " + *lost +
                     ", which may not be refused (RFC 5321 section 4.5.1): name another `server.postmaster` first");
  archive::Change remove = [name = *name](archive::commit::Stage& stage, archive::commit::Owners& owners) {
    return owners.directory.remove(stage, name);
  };
  auto changed = co_await change(permit, std::move(remove));
  if (!changed) co_return failed(changed.error());
  base::log::info("admin.account_remove", {{"account", *name}});
  boost::json::object removed;
  removed["address"] = json_text(*name);
  co_return done(std::move(removed));
}

net::Task<AdminAnswer> account_compare(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto seeds = arguments.objects("accounts");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  boost::json::array lines;
  for (const auto& seed : seeds) {
    Arguments fields(seed);
    const auto address = fields.text("address");
    auto aliases = fields.texts("aliases");
    const auto verifier = fields.text_or("verifier", "");
    if (auto problem = fields.problem()) co_return wrong_usage("accounts: " + *problem);
    const auto record = permit.archive().directory().record(address);
    const auto differs = [&](std::string_view what) {
      lines.emplace_back(json_text("account " + address + ": " + std::string(what)));
    };
    const auto& live = permit.archive().directory();
    for (const auto& alias : aliases) {
      const auto holder = live.record_by_address(alias);
      if (holder && holder->name != address) differs("its alias " + alias + " leads to " + holder->name + " on the server");
    }
    if (!record) {
      const auto holder = live.alias_holder(address);
      differs(holder ? "is an alias of " + *holder + " on the server" : "is in the file, and not on the server");
      continue;
    }
    auto known = record->aliases;
    std::ranges::sort(known);
    std::ranges::sort(aliases);
    if (known != aliases) differs("its aliases were changed by verb, or in the file after it was made");
    if (record->verifier != verifier) differs("its password was changed by verb, or in the file after it was made");
  }
  co_return done(std::move(lines));
}

}  // namespace understudy::app
