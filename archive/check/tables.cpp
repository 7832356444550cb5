#include "archive/check/tables.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "archive/directory/account.hpp"
#include "archive/journal/log.hpp"
#include "archive/keys/destroyed.hpp"
#include "archive/outbox/entry.hpp"
#include "base/codec.hpp"
#include "base/digest.hpp"
#include "base/ed25519.hpp"
#include "mail/imap/headings.hpp"
#include "mail/imap/summary_record.hpp"

namespace understudy::archive::check {
namespace {

using store::Table;

/// Who else reads a table, and reports what it finds there.
enum class ReadBy : std::uint8_t { here, journal, mailboxes };

struct Known {
  Table table;
  std::string_view name;
  ReadBy by;
};

constexpr std::array all{
    Known{Table::instance_state, "instance_state", ReadBy::here},
    Known{Table::witnessed, "witnessed", ReadBy::here},
    Known{Table::disputes, "disputes", ReadBy::here},
    Known{Table::directory_log, "directory_log", ReadBy::here},
    Known{Table::accounts, "accounts", ReadBy::here},
    Known{Table::directory_state, "directory_state", ReadBy::here},
    Known{Table::creations, "creations", ReadBy::here},
    Known{Table::journal_log, "journal_log", ReadBy::journal},
    Known{Table::journal_more, "journal_more", ReadBy::journal},
    Known{Table::leaves, "leaves", ReadBy::journal},
    Known{Table::journal_state, "journal_state", ReadBy::here},
    Known{Table::places, "places", ReadBy::here},
    Known{Table::made, "made", ReadBy::here},
    Known{Table::nodes, "nodes", ReadBy::journal},
    Known{Table::heads, "heads", ReadBy::journal},
    Known{Table::received, "received", ReadBy::here},
    Known{Table::owed, "owed", ReadBy::here},
    Known{Table::custody_state, "custody_state", ReadBy::here},
    Known{Table::cosigned, "cosigned", ReadBy::here},
    Known{Table::timestamps, "timestamps", ReadBy::here},
    Known{Table::receipts, "receipts", ReadBy::here},
    Known{Table::orders, "orders", ReadBy::here},
    Known{Table::orders_taken, "orders_taken", ReadBy::here},
    Known{Table::account_log, "account_log", ReadBy::mailboxes},
    Known{Table::account_state, "account_state", ReadBy::here},
    Known{Table::folders, "folders", ReadBy::mailboxes},
    Known{Table::messages, "messages", ReadBy::mailboxes},
    Known{Table::copies, "copies", ReadBy::here},
    Known{Table::summaries, "summaries", ReadBy::here},
    Known{Table::subscriptions, "subscriptions", ReadBy::here},
    Known{Table::annotations, "annotations", ReadBy::here},
    Known{Table::rights, "rights", ReadBy::here},
    Known{Table::headings, "headings", ReadBy::here},
    Known{Table::message_chunks, "message_chunks", ReadBy::mailboxes},
    Known{Table::heading_packs, "heading_packs", ReadBy::here},
    Known{Table::bin, "bin", ReadBy::here},
    Known{Table::outbox_log, "outbox_log", ReadBy::here},
    Known{Table::outbox, "outbox", ReadBy::here},
    Known{Table::outbox_state, "outbox_state", ReadBy::here},
};

/// How long the name of such a record of the audit journal is; 0: there are none.
std::size_t audit_name_octets(char letter) {
  switch (letter) {
    case 'S':  // the secret of names of cases
    case 'L':  // the time of the newest entry
      return 1;
    case 'A':  // what one person has asked for
      return 1 + 4;
    case 'C':  // cases, requests, where the clock was set back
    case 'R':
    case 'B':
      return 1 + 8;
    case 'T':  // texts of requests, in pieces
      return 1 + 8 + 2;
    case 'N':  // names of cases
      return 1 + sizeof(base::Digest);
    default:
      return 0;
  }
}

/// Which records there are; the tree, keys and cases are made again where a journal is verified.
base::Result<> journal_state(store::Shard shard, std::string_view key, std::string_view value) {
  const bool audit = shard == journal::shard_of(journal::audit_log);
  const char letter = key.empty() ? '\0' : key.front();
  const bool is_key = letter == 'k' || letter == 'c', is_state = letter == 't' || letter == 'p';
  bool known = (is_state || letter == 'c') && key.size() == 1;
  known = known || (letter == 'h' && key.size() == 1 && value == std::string_view("\1"));
  known = known || (letter == 'd' && key.size() == 1 + 8 && value.size() == 8);
  known = known || (letter == 'k' && key.size() == 1 + 8) || (audit && key.size() == audit_name_octets(letter) && !key.empty());
  if (is_key) known = known && value.size() == sizeof(base::PublicKey);
  if (is_state) known = known && !value.empty() && value.front() == '\1';
  if (letter == 'p') known = known && value.size() == 1 + 8;
  if (letter == 't')
    known = known && value.size() == 9 + sizeof(base::Digest) * std::popcount(base::Reader(value.substr(1)).u64());
  return known ? base::Result<>() : base::fail("it is not understood", base::errc::damaged);
}

/// Records whose form says by itself whether they are whole.
base::Result<> understood(store::Shard shard, Table table, std::string_view key, std::string_view value) {
  if (table == Table::journal_state) return journal_state(shard, key, value);
  if (table == Table::accounts)
    if (auto record = directory::AccountRecord::decode(value); !record) return std::unexpected(record.error());
  if (table == Table::summaries)
    if (auto summary = mail::imap::SummaryView::open(value); !summary) return std::unexpected(summary.error());
  if (table == Table::headings)
    if (auto heading = mail::imap::HeadingView::decode(value); !heading) return std::unexpected(heading.error());
  if (table == Table::heading_packs)
    if (auto pack = mail::imap::Headings::decode(value); !pack) return std::unexpected(pack.error());
  if (table == Table::outbox)
    if (auto entry = outbox::Entry::decode(shard.id, key, value); !entry) return std::unexpected(entry.error());
  return {};
}

std::string described(const Gap& gap) {
  return "records " + (gap.after.empty() ? std::string("from its beginning") : "behind " + base::to_hex(gap.after)) +
         (gap.before.empty() ? " to its end" : " up to " + base::to_hex(gap.before)) + " cannot be read: " + gap.error.text();
}

constexpr std::uint64_t records_between_questions = 1024;

class TableCheck {
 public:
  TableCheck(const store::Reader& reader, const AccountNames& names, Findings& findings, const GoOn& go_on)
      : reader_(reader), names_(names), findings_(findings), go_on_(go_on) {}

  base::Result<> check(const Known& known) {
    const auto shards = reader_.shards(known.table);
    if (!shards) {
      findings_.add("table " + std::string(known.name) + ": cannot be read: " + shards.error().text());
      return {};
    }
    for (const auto& shard : *shards) {
      if (keys::is_destroyed(reader_, shard)) continue;
      const std::string where = name_of(shard, names_) + ", table " + std::string(known.name) + ": ";
      const auto take = [&](std::string_view key, std::string_view value) {
        findings_.records += 1;
        if (auto read = understood(shard, known.table, key, value); !read)
          findings_.add(where + "record " + base::to_hex(key) + ": " + read.error().text());
        return findings_.records % records_between_questions != 0 || !go_on_ || go_on_();
      };
      bool stopped = false;
      each_record(
          reader_, shard, known.table,
          [&](std::string_view key, std::string_view value) {
            stopped = !take(key, value);
            return !stopped;
          },
          [&](const Gap& gap) { findings_.add(where + described(gap)); });
      if (stopped) return base::fail("check of the store", base::errc::shutting_down);
    }
    return {};
  }

 private:
  const store::Reader& reader_;
  const AccountNames& names_;
  Findings& findings_;
  const GoOn& go_on_;
};

/// The first key that can be read behind everything that cannot; empty: there is none.
std::string behind_damage(const store::Reader& reader, store::Shard shard, Table table, const std::string& after) {
  std::string first;
  auto cursor = reader.scan_last(shard, table);
  for (; cursor->valid() && cursor->key() > after; cursor->previous()) first = cursor->key();
  return first;
}

}  // namespace

AccountNames account_names(const store::Reader& reader) {
  AccountNames names;
  each_record(
      reader, {store::ShardKind::directory, 0}, Table::accounts,
      [&](std::string_view, std::string_view value) {
        if (auto record = directory::AccountRecord::decode(value)) names.emplace(record->number, record->name);
        return true;
      },
      [](const Gap&) {});
  return names;
}

std::string name_of(store::Shard shard, const AccountNames& names) {
  switch (shard.kind) {
    case store::ShardKind::instance:
      return "the instance";
    case store::ShardKind::directory:
      return "the directory";
    case store::ShardKind::journal:
      return "the journal" + (shard.id ? " " + std::to_string(shard.id) : std::string());
    case store::ShardKind::outbox:
      return "the hop " + base::to_hex(base::Writer().u64(shard.id).take());
    case store::ShardKind::account:
      break;
  }
  const auto found = names.find(shard.id);
  return found == names.end() ? "account " + std::to_string(shard.id) + " (removed)" : "account " + found->second;
}

std::string_view name_of(Table table) {
  const auto found = std::ranges::find(all, table, &Known::table);
  return found == all.end() ? "" : found->name;
}

void each_record(const store::Reader& reader, store::Shard shard, Table table,
                 const std::function<bool(std::string_view key, std::string_view value)>& take,
                 const std::function<void(const Gap&)>& lost) {
  std::string last;
  auto cursor = reader.scan(shard, table);
  for (;;) {
    for (; cursor->valid(); cursor->next()) {
      if (!take(cursor->key(), cursor->value())) return;
      last = cursor->key();
    }
    const auto ended = cursor->status();
    if (ended) return;
    const std::string next = behind_damage(reader, shard, table, last);
    lost({last, next, ended.error()});
    if (next.empty()) return;
    cursor = reader.scan(shard, table, next);
    if (!cursor->valid()) return;
  }
}

base::Result<> tables(const store::Reader& reader, const AccountNames& names, Findings& findings, const GoOn& go_on) {
  TableCheck check(reader, names, findings, go_on);
  for (const auto& known : all)
    if (known.by == ReadBy::here)
      if (auto checked = check.check(known); !checked) return checked;
  return {};
}

}  // namespace understudy::archive::check
