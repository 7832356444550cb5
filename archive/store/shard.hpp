/// What the store is made of: shards, and named tables of ordered keys inside them. Every table of the program stands here,
/// with its shard; docs/store.md has the grammar of its keys and values.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace understudy::archive::store {

/// A batch is atomic within one shard, and no further.
enum class ShardKind : std::uint8_t {
  instance = 1,   ///< id 0: role, counters of the process
  directory = 2,  ///< id 0: accounts, aliases
  journal = 3,    ///< id: the partition; 0x10000: the audit journal
  account = 4,    ///< id: the account's number
  outbox = 5,     ///< id: from the hop's text at enqueueing
};

struct Shard {
  ShardKind kind = ShardKind::instance;
  std::uint64_t id = 0;
  auto operator<=>(const Shard&) const = default;
};

/// Shards that others follow from, the journal above all: what is behind one of their batches is never durable without it (see
/// Store::commit).
constexpr bool leads(ShardKind kind) {
  return kind == ShardKind::instance || kind == ShardKind::directory || kind == ShardKind::journal;
}

/// The number is the first octet of every key, so it never changes and is never used again. High half: the shard's kind.
enum class Table : std::uint8_t {
  instance_state = 0x10,
  witnessed = 0x11,  ///< the other machine's heads, and what was countersigned of them
  disputes = 0x12,   ///< heads of the other machine that were not countersigned, and why

  directory_log = 0x20,    ///< version -> change
  accounts = 0x21,         ///< account name -> account
  directory_state = 0x22,  ///< counters; accounts of the configuration that were seen
  creations = 0x23,        ///< day, local domain -> count

  journal_log = 0x30,    ///< position -> entry, first segment
  journal_more = 0x31,   ///< position, segment -> entry, later segments
  leaves = 0x32,         ///< position -> leaf hash
  journal_state = 0x33,  ///< next position, tree frontier, projected position
  places = 0x34,         ///< digest of (reverse-path, received, place) -> position, time
  made = 0x35,           ///< unique of a message made here -> digest
  nodes = 0x36,          ///< level, number of the subtree there -> hash
  heads = 0x37,          ///< size of the tree -> signed head
  received = 0x38,       ///< custody number of who handed over, which record of it -> what came of it
  owed = 0x39,           ///< incarnation, custody number of ours -> what is owed by it
  cosigned = 0x3b,       ///< as heads -> the other machine's countersignature
  receipts = 0x3d,       ///< giver, number of the batch -> signed receipts for what we handed over
  custody_state = 0x3a,  ///< incarnation -> next number, low-water mark
  timestamps = 0x3c,     ///< as heads -> what a time-stamping authority said of the head
  orders = 0x3e,         ///< index of the entry that tells of an ending -> what the other machine is told to end, its answer
  orders_taken = 0x3f,   ///< the other machine's orders, and what came of them

  account_log = 0x40,     ///< MODSEQ -> change
  account_state = 0x41,   ///< applied journal positions, counters
  folders = 0x42,         ///< folder number -> folder
  messages = 0x43,        ///< of earlier versions: folder number, UID -> message
  copies = 0x44,          ///< body, folder number, UID -> nothing
  summaries = 0x45,       ///< body -> what is kept of it for mail programs; made of its octets where it is missing
  subscriptions = 0x46,   ///< name of a folder, there or not -> nothing
  annotations = 0x47,     ///< folder number, name of an entry -> what a user noted there
  rights = 0x48,          ///< folder number, identifier -> what it may do with the folder
  headings = 0x49,        ///< body -> what SEARCH, SORT and THREAD ask of it; made of the summary where it is missing
  message_chunks = 0x4a,  ///< folder number, UID / 64 -> the messages of these UIDs
  heading_packs = 0x4b,   ///< as message_chunks -> the headings of 64 messages; not there where one of them has gone
  bin = 0x4c,             ///< folder number of the bin, first UID there -> where messages in it came from

  outbox_log = 0x50,    ///< sequence -> id of an entry that was changed or has ended: for those who follow
  outbox = 0x51,        ///< entry id -> entry
  outbox_state = 0x52,  ///< applied journal positions, end of the log
};

constexpr ShardKind kind_of(Table table) {
  return static_cast<ShardKind>(static_cast<std::uint8_t>(table) >> 4);
}
/// The append-only log of a shard of this kind. The instance has none.
constexpr Table log_of(ShardKind kind) {
  return static_cast<Table>(static_cast<std::uint8_t>(kind) << 4);
}

constexpr bool is_log(Table table) {
  return kind_of(table) != ShardKind::instance && log_of(kind_of(table)) == table;
}

static_assert(!is_log(Table::instance_state) && is_log(Table::directory_log) && !is_log(Table::accounts));
static_assert(log_of(ShardKind::account) == Table::account_log && kind_of(Table::copies) == ShardKind::account);
static_assert(log_of(ShardKind::journal) == Table::journal_log && log_of(ShardKind::outbox) == Table::outbox_log);

}  // namespace understudy::archive::store
