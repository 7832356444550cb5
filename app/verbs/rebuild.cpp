#include "archive/mailbox/rebuild.hpp"

#include <boost/json/array.hpp>

#include "app/verbs/ask.hpp"
#include "app/verbs/offline_store.hpp"
#include "app/verbs/verbs.hpp"
#include "archive/directory/owner.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

using archive::directory::AccountRecord;

/// The accounts as they are stored, by name.
base::Result<std::vector<AccountRecord>> stored_accounts(const archive::store::Reader& reader) {
  std::vector<AccountRecord> records;
  auto cursor = reader.scan(archive::directory::shard, archive::store::Table::accounts);
  for (; cursor->valid(); cursor->next()) {
    auto record = AccountRecord::decode(cursor->value());
    if (!record) return base::fail("account " + base::escape(cursor->key()), record.error());
    records.push_back(std::move(*record));
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return records;
}

Exit rebuild_accounts(Context& context, archive::store::Store& store, const std::vector<AccountRecord>& records) {
  static constexpr Column columns[] = {
      {"account", "ACCOUNT"}, {"changes", "CHANGES", Align::right}, {"messages", "MESSAGES", Align::right}};
  ListPrinter printer(context, columns);
  bool good = true;
  for (const auto& record : records) {
    const auto made = archive::mailbox::rebuild(store, record.number);
    if (!made) {
      fail(context, record.name + ": " + made.error().text());
      good = false;
      continue;
    }
    boost::json::object row;
    row["account"] = record.name;
    row["changes"] = made->changes;
    row["messages"] = made->messages;
    boost::json::array rows;
    rows.emplace_back(std::move(row));
    printer.take(rows);
  }
  const auto printed = printer.finish();
  return good ? printed : Exit::failed;
}

}  // namespace

Exit rebuild(Context& context, const std::string& account) {
  auto offline = OfflineStore::open(context, {"there is no store to rebuild", "no server may run while mailboxes are rebuilt"});
  if (!offline) return offline.error();
  auto records = stored_accounts(offline->store());
  if (!records) return fail(context, records.error().text());
  if (!account.empty()) std::erase_if(*records, [&](const auto& record) { return record.name != base::to_lower(account); });
  if (records->empty() && !account.empty()) return fail(context, "no such account: " + account);
  if (auto noted = offline->note(context, "rebuild", {{"account", account.empty() ? "all" : account}}); !noted)
    return fail(context, "nothing was rebuilt: " + noted.error().text());
  return rebuild_accounts(context, offline->store(), *records);
}

}  // namespace understudy::app
