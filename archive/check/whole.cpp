#include "archive/check/whole.hpp"

#include "archive/audit/verify.hpp"
#include "archive/check/accounts.hpp"
#include "archive/check/arrivals.hpp"
#include "archive/check/custody.hpp"
#include "archive/check/orders.hpp"
#include "archive/check/outbox.hpp"
#include "archive/check/tables.hpp"
#include "archive/journal/log.hpp"
#include "archive/keys/destroyed.hpp"

namespace understudy::archive::check {
namespace {

using store::Table;

constexpr auto journal_tables = {Table::journal_log, Table::places,        Table::made,   Table::received,    Table::owed,
                                 Table::receipts,    Table::custody_state, Table::orders, Table::orders_taken};

/// That have anything of what is compared with the journal, also where the journal itself is gone.
std::set<std::uint16_t> partitions(const store::Reader& reader) {
  std::set<std::uint16_t> found;
  for (const auto table : journal_tables)
    if (const auto shards = reader.shards(table))  // else told where tables are read
      for (const auto& shard : *shards)
        if (shard.id <= 0xffff && !keys::is_destroyed(reader, shard)) found.insert(static_cast<std::uint16_t>(shard.id));
  return found;
}

base::Result<> journals(const store::Reader& reader, base::WallTime now, Findings& findings, ToldOfAccounts& told,
                        FiledAs& filed_as, const GoOn& go_on) {
  for (const auto partition : partitions(reader)) {
    if (auto done = arrivals(reader, partition, now, findings, told, filed_as, go_on); !done) return done;
    if (auto done = custody(reader, partition, findings, go_on); !done) return done;
    if (auto done = orders(reader, partition, findings, go_on); !done) return done;
  }
  return {};
}

base::Result<> audit_journal(const store::Reader& reader, const store::BodySource& bodies, Findings& findings,
                             const GoOn& go_on) {
  const auto audit = audit::verify(reader, bodies, [&](std::uint64_t, std::uint64_t) { return !go_on || go_on(); });
  if (!audit) return std::unexpected(audit.error());
  findings.records += audit->entries;
  for (const auto& fault : audit->faults) findings.add("audit journal: " + fault);
  return {};
}

}  // namespace

base::Result<Findings> whole(const store::Reader& reader, const store::BodySource& bodies, const MailboxCheck& options,
                             base::WallTime now, const GoOn& go_on) {
  Findings findings;
  const auto names = account_names(reader);
  ToldOfAccounts told;
  FiledAs filed_as;
  if (auto done = tables(reader, names, findings, go_on); !done) return std::unexpected(done.error());
  Findings of_journals;  // told behind the mailboxes, which are compared with what is noted here
  if (auto done = journals(reader, now, of_journals, told, filed_as, go_on); !done) return std::unexpected(done.error());
  if (auto done = mailboxes(reader, bodies, names, filed_as, options, findings, go_on); !done)
    return std::unexpected(done.error());
  findings.add(std::move(of_journals));
  if (auto done = outbox(reader, findings, go_on); !done) return std::unexpected(done.error());
  if (auto done = accounts(reader, told, findings, go_on); !done) return std::unexpected(done.error());
  if (auto done = audit_journal(reader, bodies, findings, go_on); !done) return std::unexpected(done.error());
  return findings;
}

}  // namespace understudy::archive::check
