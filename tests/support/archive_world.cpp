#include "tests/support/archive_world.hpp"

#include <algorithm>

#include "archive/outbox/owner.hpp"
#include "base/log.hpp"

namespace understudy::test {

using namespace archive;

const std::vector<store::Table>& all_tables() {
  using enum store::Table;
  static const std::vector<store::Table> tables = {
      instance_state, directory_log, accounts,      directory_state, creations,      journal_log,   journal_more, leaves,
      journal_state,  places,        made,          nodes,           heads,          cosigned,      witnessed,    disputes,
      received,       owed,          receipts,      custody_state,   account_log,    account_state, folders,      messages,
      copies,         summaries,     subscriptions, outbox_log,      outbox,         outbox_state,  timestamps,   orders,
      orders_taken,   annotations,   rights,        headings,        message_chunks, heading_packs, bin};
  return tables;
}

namespace {
Records records_of(const store::Reader& reader, store::Shard shard, store::Table table) {
  Records records;
  for (auto cursor = reader.scan(shard, table); cursor->valid(); cursor->next())
    records.emplace(cursor->key(), cursor->value());
  return records;
}
}  // namespace

Dump dump(const store::Reader& reader) {
  Dump all;
  for (auto table : all_tables()) {
    const auto shards = reader.shards(table);
    if (!shards) continue;
    for (const auto& shard : *shards) all[{table, shard}] = records_of(reader, shard, table);
  }
  return all;
}

Dump dump(const store::Reader& reader, mailbox::AccountNumber account) {
  Dump all;
  const auto shard = mailbox::shard_of(account);
  for (auto table : all_tables())
    if (store::kind_of(table) == shard.kind) all[{table, shard}] = records_of(reader, shard, table);
  return all;
}

Letter& Letter::to(std::string_view address) {
  recipients_.push_back({test::address(address), {}, {}});
  plans_.emplace_back();
  return *this;
}

Letter& Letter::file(const std::string& account, const std::string& folder, const std::string& original) {
  plans_.back().files.push_back({account, folder, true, false, original});
  return *this;
}

Letter& Letter::enqueue(routing::EntryKind kind, const std::string& hop, std::optional<std::string> forward_path) {
  routing::Enqueue enqueue{kind, {hop}, std::nullopt};
  if (forward_path) enqueue.forward_path = test::address(*forward_path);
  plans_.back().enqueues.push_back(std::move(enqueue));
  return *this;
}

Letter& Letter::sent(const std::string& account) {
  sent_ = routing::File{account, std::string(routing::sent_folder), true, true, {}};
  return *this;
}

Arrival Letter::arrive(store::Store& store) const {
  Arrival arrival;
  arrival.envelope.reverse_path = reverse_path_;
  arrival.envelope.recipients = recipients_;
  arrival.origin.via = via_;
  arrival.origin.may.copy = copy_client_;
  arrival.facts.received = base::sha256(octets_);
  arrival.facts.handed = base::sha256(handed());
  arrival.facts.size = handed().size();
  arrival.facts.received_count = traces_;
  arrival.facts.has_message_id = has_message_id_;
  arrival.facts.message_id = has_message_id_ ? "one@world.example" : "";
  arrival.facts.subject = "About " + octets_.substr(0, 20);
  arrival.facts.from.push_back(test::address("sender@world.example"));
  arrival.plan.recipients = plans_;
  arrival.plan.sent = sent_;
  arrival.made = made_;
  arrival.settlements = settlements_;
  arrival.resend_window = window_;
  arrival.custody = custody_;
  auto writer = store.bodies().create();
  if (writer->append(handed()))
    if (auto sealed = writer->seal()) arrival.body = std::move(*sealed);
  return arrival;
}

ArchiveWorld::ArchiveWorld() {
  base::log::set_silent();
  options.domains = {{"example.org", "example.org"}, {"copy.example.org", "example.org"}, {"example.net", "example.net"}};
  options.templates["default"] = directory::Template{};
  options.postmaster = "admin@example.org";
  options.undelivered = "undelivered@example.org";
}

ArchiveWorld::~ArchiveWorld() {
  close();
}

base::Result<> ArchiveWorld::open() {
  if (!faults_) faults_ = std::make_unique<store::Faults>();
  store_ = std::make_unique<store::MemoryStore>(disk, *faults_, 64);
  store_->set_keys(keys.get());
  auto opened = Archive::open(*store_, options, clock, random, Threading::inline_);
  if (!opened) return std::unexpected(opened.error());
  archive_ = std::move(*opened);
  return {};
}

void ArchiveWorld::close() {
  archive_.reset();
  store_.reset();
  faults_.reset();
}

void ArchiveWorld::cut(Kept kept, std::uint64_t seed) {
  if (store_ && !store_->stopped()) disk.cut(kept, seed);
  close();
}

void ArchiveWorld::pump() {
  while (archive_->pump()) {
  }
}

base::Result<Accepted> ArchiveWorld::accept(const Letter& letter) {
  base::Result<Accepted> answer = base::fail("never answered", base::errc::timed_out);
  archive_->accept(letter.arrive(*store_), [&answer](base::Result<Accepted> accepted) { answer = std::move(accepted); });
  pump();
  return answer;
}

base::Result<> ArchiveWorld::change(Change change) {
  base::Result<> answer = base::fail("never answered", base::errc::timed_out);
  archive_->change(std::move(change), [&answer](base::Result<> changed) { answer = std::move(changed); });
  pump();
  return answer;
}

base::Result<> ArchiveWorld::settle(std::vector<journal::Settlement> settlements) {
  base::Result<> answer = base::fail("never answered", base::errc::timed_out);
  archive_->settle(std::move(settlements), [&answer](base::Result<> settled) { answer = std::move(settled); });
  pump();
  return answer;
}

mailbox::AccountNumber ArchiveWorld::number_of(std::string_view account) {
  const auto record = archive_->directory().record(account);
  return record ? record->number : 0;
}

std::vector<mailbox::ListedMessage> ArchiveWorld::messages(std::string_view account, std::string_view folder) {
  const auto number = number_of(account);
  auto found = mailbox::find_folder(*store_, number, folder);
  if (!found) return {};
  auto listed = mailbox::messages(*store_, number, found->number, 1, 100'000);
  return listed ? std::move(*listed) : std::vector<mailbox::ListedMessage>();
}

std::vector<outbox::Entry> ArchiveWorld::entries() {
  std::vector<outbox::Entry> all;
  if (auto shards = outbox::shards(*store_))
    for (const auto& shard : *shards)
      if (auto listed = outbox::list(*store_, shard, {}, 100'000)) std::ranges::move(*listed, std::back_inserter(all));
  std::ranges::sort(all, {}, [](const outbox::Entry& entry) { return entry.id; });
  return all;
}

std::string ArchiveWorld::octets_of(const store::BodyRef& body) {
  std::string all;
  auto reader = store_->bodies().open(body);
  while (all.size() < body.size) {
    auto piece = reader->read(all.size(), store::Bodies::max_chunk);
    if (!piece || piece->empty()) return "(gone)";
    all += *piece;
  }
  return all;
}

}  // namespace understudy::test
