#include "archive/mailbox/rebuild.hpp"

#include <ostream>

#include <boost/json/array.hpp>

#include "app/admin/operators.hpp"
#include "app/key_ring.hpp"
#include "app/problems.hpp"
#include "app/verbs/ask.hpp"
#include "app/verbs/verbs.hpp"
#include "archive/audit/owner.hpp"
#include "archive/directory/owner.hpp"
#include "archive/store/open.hpp"
#include "base/text.hpp"
#include "conf/convert.hpp"
#include "conf/load.hpp"

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

/// Who rebuilds, in the audit journal, before anything is changed: no server is there to ask.
base::Result<> note(const Context& context, archive::store::Store& store, base::Random& random, const base::Clock& clock,
                    const std::string& account) {
  archive::audit::Record record;
  record.time = clock.now();
  record.event = archive::audit::Event::noted;
  record.actor = archive::audit::machine_actor();
  const auto name = account_of(record.actor.uid);
  record.actor.name = name.empty() ? "user " + std::to_string(record.actor.uid) : name;
  record.kind = archive::audit::Kind::change;
  record.action = "rebuild";
  record.object = {{"account", account.empty() ? "all" : account}};
  record.reason = context.reason;
  record.outcome = "begins, with the store of a server that does not run";
  return archive::audit::append_alone(store, random, std::move(record));
}

}  // namespace

Exit rebuild(Context& context, const std::string& account) {
  const auto loaded = conf::load_file(context.config_file);
  if (!loaded) {
    say(context.err, loaded.error());
    return Exit::wrong_usage;
  }
  auto options = conf::to_store_options(loaded->config);
  if (auto identity = archive::store::read_identity(options.directory); !identity)
    return fail(context, "there is no store to rebuild: " + identity.error().text());
  base::SystemClock clock;
  base::SystemRandom random;
  auto ring = open_ring(loaded->config, random, clock);
  if (!ring && ring.error().code == base::errc::busy)
    return fail(context, "no server may run while mailboxes are rebuilt: " + ring.error().text());
  if (!ring) return fail(context, ring.error().text());
  options.keys = std::move(*ring);
  auto store = archive::store::open_store(options, clock, random);
  if (!store && store.error().code == base::errc::busy)
    return fail(context, "no server may run while mailboxes are rebuilt: " + store.error().context +
                             ", another understudy; stop that one first");
  if (!store) return fail(context, explain_store(store.error(), loaded->config).text());
  context.err << "understudy: opened the store in " << options.directory << "; the server cannot start until this is done\n";
  auto records = stored_accounts(**store);
  if (!records) return fail(context, records.error().text());
  if (!account.empty()) std::erase_if(*records, [&](const auto& record) { return record.name != base::to_lower(account); });
  if (records->empty() && !account.empty()) return fail(context, "no such account: " + account);
  if (auto noted = note(context, **store, random, clock, account); !noted)
    return fail(context, "nothing was rebuilt: " + noted.error().text());
  return rebuild_accounts(context, **store, *records);
}

}  // namespace understudy::app
