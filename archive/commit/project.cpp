#include <algorithm>
#include <vector>

#include "archive/commit/outgoing.hpp"
#include "archive/commit/owners.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/sealed_parts.hpp"
#include "archive/store/key_ring.hpp"

namespace understudy::archive::commit {
namespace {

struct Filing {
  routing::AccountName account;
  std::vector<const routing::File*> files;
};

/// All filings of an entry by account, in the order of the plan.
std::vector<Filing> filings_of(const journal::Entry& entry) {
  std::vector<Filing> filings;
  const auto add = [&filings](const routing::File& file) {
    auto found = std::ranges::find(filings, file.account, &Filing::account);
    if (found == filings.end()) found = filings.insert(filings.end(), Filing{file.account, {}});
    found->files.push_back(&file);
  };
  for (const auto& recipient : entry.plan.recipients)
    for (const auto& file : recipient.files) add(file);
  if (entry.plan.sent) add(*entry.plan.sent);
  return filings;
}

mailbox::Message message_of(const journal::Entry& entry) {
  mailbox::Message message;
  message.internal_date = message.stored = message.saved = entry.time;
  message.body = entry.body;
  message.name = name_of(entry);
  message.position = entry.position;
  message.source = mailbox::Source::arrival;
  return message;
}

/// One from the template for new accounts, with its folders.
base::Result<directory::AccountRecord> make_account(Stage& stage, Owners& owners, const directory::Live& live,
                                                    directory::AccountRecord record, std::optional<Position> since) {
  const auto options = live.options();
  if (const auto found = options->templates.find(options->create_template); found != options->templates.end()) {
    record.template_name = found->first;
    record.quota = found->second.quota;
    record.login = found->second.login;
  }
  auto made = owners.directory.add(stage, std::move(record), since);
  if (!made) return made;
  if (auto folders = make_folders(stage, owners, live, *made); !folders) return std::unexpected(folders.error());
  return made;
}

/// The account that the entry means. nullopt: it was removed since, and at most another one has its name; this is asked when
/// an entry is applied again.
base::Result<std::optional<directory::AccountRecord>> addressee(Stage& stage, Owners& owners, const directory::Live& live,
                                                                const routing::AccountName& name, Position position) {
  if (auto found = owners.directory.find(name)) {
    const bool was_another = found->since.partition == position.partition && position.index < found->since.index;
    if (was_another) found.reset();
    return found;
  }
  auto removed = owners.directory.removed_since(stage, position);
  if (!removed) return std::unexpected(removed.error());
  if (*removed) return std::optional<directory::AccountRecord>();
  directory::AccountRecord record;
  record.name = name;
  record.made_by = directory::MadeBy::mail;
  auto made = make_account(stage, owners, live, std::move(record), position);
  if (!made) return std::unexpected(made.error());
  return std::optional(std::move(*made));
}

base::Result<> file_into(Stage& stage, Owners& owners, const directory::Live& live, const journal::Entry& entry,
                         const Filing& filing, const store::Shown* shown) {
  auto found = addressee(stage, owners, live, filing.account, entry.position);
  if (!found) return std::unexpected(found.error());
  if (!*found) return {};
  const auto& account = **found;
  if (stage.keys() && stage.keys()->destroyed(mailbox::shard_of(account.number))) return {};  // nobody could read it there
  if (entry.position.index < owners.journal.durable().size()) {  // applied again: what is new was refused before it came here
    const auto there = stage.check_key(mailbox::shard_of(account.number));
    if (!there && there.error().code == base::errc::no_key) return {};
  }
  auto behind = owners.mailbox.behind(stage, account.number, entry.position);
  if (!behind) return std::unexpected(behind.error());
  if (!*behind) return {};
  for (const auto* file : filing.files) {
    auto message = message_of(entry);
    if (file->seen) message.flags.system |= mailbox::Flags::seen;
    message.original = file->original;
    const std::string_view folder = file->folder == routing::sent_folder ? mailbox::sent_use : file->folder;
    if (auto uid = owners.mailbox.file(stage, account.number, folder, std::move(message), shown); !uid)
      return std::unexpected(uid.error());
  }
  return owners.mailbox.mark_applied(stage, account.number, entry.position);
}

/// Under whose keys the message is in the journal, and so in the outbox.
std::vector<store::Shard> holders_of(const Stage& stage, const journal::Entry& entry) {
  if (!stage.keys()) return {};
  if (const auto* under = stage.held_under(journal::shard_of(entry.position.partition), entry.body)) return *under;
  const auto sealed = journal::read_sealed(stage, entry.position);  // projected again: the journal has held it for long
  return sealed ? journal::shared_holders_of(*sealed) : std::vector<store::Shard>();
}

/// Entries to add and entries to settle, by shard: each shard takes its part of the journal entry once.
base::Result<> send_out(Stage& stage, Owners& owners, const journal::Entry& entry) {
  auto entries = outgoing_of(entry);
  const auto holders = entries.empty() ? std::vector<store::Shard>() : holders_of(stage, entry);
  std::vector<store::Shard> shards;
  for (const auto& out : entries) shards.push_back(out.id.where());
  for (const auto& settlement : entry.settlements) shards.push_back(settlement.id.where());
  std::ranges::sort(shards);
  const auto repeated = std::ranges::unique(shards);
  shards.erase(repeated.begin(), repeated.end());
  for (const auto& shard : shards) {
    auto behind = owners.outbox.behind(stage, shard, entry.position);
    if (!behind) return std::unexpected(behind.error());
    if (!*behind) continue;
    for (auto& out : entries)
      if (out.id.where() == shard)
        if (auto added = owners.outbox.add(stage, out, holders); !added) return added;
    for (const auto& settlement : entry.settlements) {
      if (settlement.id.where() != shard) continue;
      if (auto settled = owners.outbox.settle(stage, settlement.id, settlement.left); !settled) return settled;
    }
    owners.outbox.mark_applied(stage, shard, entry.position);
  }
  return {};
}

void sort_out(journal::Parties::Shards& shards) {
  std::ranges::sort(shards);
  const auto repeated = std::ranges::unique(shards);
  shards.erase(repeated.begin(), repeated.end());
}

}  // namespace

base::Result<directory::AccountRecord> find_or_make(Stage& stage, Owners& owners, const directory::Live& live,
                                                    const routing::AccountName& name, directory::MadeBy made_by) {
  if (auto found = owners.directory.find(name)) return std::move(*found);
  directory::AccountRecord record;
  record.name = name;
  record.made_by = made_by;
  return make_account(stage, owners, live, std::move(record), std::nullopt);
}

base::Result<> make_folders(Stage& stage, Owners& owners, const directory::Live& live, const directory::AccountRecord& record) {
  const auto options = live.options();
  auto from = options->templates.find(record.template_name);
  if (from == options->templates.end()) from = options->templates.find(options->create_template);
  const directory::Template usual;
  return owners.mailbox.ensure_folders(stage, record.number,
                                       from == options->templates.end() ? usual.folders : from->second.folders);
}

base::Result<journal::Parties> parties_of(Stage& stage, Owners& owners, const directory::Live& live,
                                          const journal::Entry& entry, const routing::Plan& wanted) {
  if (!stage.keys()) return journal::Parties();
  for (const auto& filing : filings_of(entry))
    if (auto found = addressee(stage, owners, live, filing.account, owners.journal.next()); !found)
      return std::unexpected(found.error());
  const auto add = [&](journal::Parties::Shards& shards, const routing::File& file) {
    if (const auto account = owners.directory.find(file.account)) shards.push_back(mailbox::shard_of(account->number));
  };
  journal::Parties parties;
  for (const auto& recipient : wanted.recipients) {
    auto& own = parties.of_recipient.emplace_back();
    for (const auto& file : recipient.files) add(own, file);
    sort_out(own);
    parties.all.insert(parties.all.end(), own.begin(), own.end());
  }
  if (wanted.sent) add(parties.all, *wanted.sent);
  sort_out(parties.all);
  for (const auto& shard : parties.all)
    if (auto there = stage.check_key(shard); !there) return base::fail("account " + std::to_string(shard.id), there.error());
  return parties;
}

base::Result<> project(Stage& stage, Owners& owners, const directory::Live& live, const journal::Entry& entry,
                       const store::Shown* shown) {
  for (const auto& filing : filings_of(entry))
    if (auto filed = file_into(stage, owners, live, entry, filing, shown); !filed)
      return base::fail("filing of " + entry.position.text(), filed.error());
  if (auto sent = send_out(stage, owners, entry); !sent) return base::fail("outbox of " + entry.position.text(), sent.error());
  return {};
}

}  // namespace understudy::archive::commit
