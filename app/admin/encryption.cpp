/// The verbs about the keys under which the store keeps what it encrypts.
#include <algorithm>
#include <span>

#include "app/admin/handlers.hpp"
#include "archive/directory/former.hpp"
#include "archive/endings/destroy.hpp"
#include "archive/endings/end.hpp"
#include "archive/journal/destruction.hpp"
#include "archive/store/key_ring.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

using archive::directory::AccountRecord;
using archive::endings::Receipts;
using archive::journal::Destruction;

std::string setting_of(const AdminParts& parts, std::string_view key) {
  const auto settings = parts.settings();
  const auto found = std::ranges::find(settings, key, &conf::Setting::key);
  return found == settings.end() ? std::string() : found->value;
}

/// Those of the removed accounts that had this name, or this number, whose key is still there. An error says which one is not
/// removed, or that there never was one.
base::Result<std::vector<AccountRecord>> to_destroy(const archive::Archive& archive, const std::string& account) {
  const auto name = base::to_number(account) ? base::Result<routing::AccountName>(account) : account_name(archive, account);
  if (!name) return std::unexpected(name.error());
  auto former = archive::directory::former_accounts(archive.store(), *name);
  if (!former) return former;
  if (former->empty()) return base::fail("there never was an account " + base::escape(account), base::errc::not_found);
  for (const auto& record : *former)
    if (const auto live = archive.directory().record(record.name); live && live->number == record.number)
      return base::fail("account " + record.name + " is still there: remove it first (`understudy account remove`)",
                        base::errc::refused);
  std::erase_if(*former, [&](const AccountRecord& record) {
    return archive.store().keys()->destroyed(archive::mailbox::shard_of(record.number));
  });
  if (former->empty())
    return base::fail("the key of " + base::escape(account) + " was destroyed before", base::errc::not_found);
  return former;
}

constexpr std::size_t entries_at_once = 500;

/// What the verb does beside the loops: reads much, or rewrites the ring.
template <class Work>
net::Task<base::Result<>> on_workers(const AdminParts& parts, Work work) {
  if (!parts.workers) co_return work();
  auto done = co_await net::run_by(*parts.workers, std::move(work));
  if (!done) co_return base::fail("the server has too much to do; try again", base::errc::busy);
  co_return std::move(*done);
}

archive::Change tell(std::vector<Destruction> told, base::WallTime now) {
  return [told = std::move(told), now](archive::commit::Stage& stage, archive::commit::Owners& owners) -> base::Result<> {
    for (const auto& destruction : told) owners.journal.tell_destruction(stage, destruction, now);
    return {};
  };
}

/// On the workers: a long queue is read whole.
net::Task<base::Result<>> nothing_waits(const AdminParts& parts, const Permit& permit,
                                        const std::vector<AccountRecord>& records, Receipts receipts) {
  const auto& store = permit.archive().store();
  const auto life = archive::custody::Life::parse(store.identity().instance, store.identity().incarnation);
  if (!life) co_return std::unexpected(life.error());
  auto work = [&store, &life, &records, receipts]() -> base::Result<> {
    const auto snapshot = store.snapshot();
    for (const auto& record : records) {
      auto free = archive::endings::may_destroy_key(*snapshot, life->instance, record.number);
      if (free && receipts == Receipts::demanded) free = archive::endings::has_all_receipts(*snapshot, record.number);
      if (!free) return free;
    }
    return {};
  };
  auto done = co_await on_workers(parts, std::move(work));
  co_return done;
}

/// What of her mail is remembered under other keys than hers, and stays, since it cannot be read.
struct PassedOver {
  std::vector<archive::Position> entries;
  std::size_t changes = 0;
};

boost::json::array names_of(const PassedOver& passed_over) {
  boost::json::array names;
  for (const auto& position : passed_over.entries) names.emplace_back(json_text("journal entry " + position.text()));
  if (passed_over.changes > 0)
    names.emplace_back(json_text(std::to_string(passed_over.changes) + " records of the account's log"));
  return names;
}

/// What is remembered of her mail under other keys than hers. Some of it at a time: mail flows meanwhile.
net::Task<base::Result<>> forget_places(const AdminParts& parts, const Permit& permit, const AccountRecord& record,
                                        PassedOver& passed_over) {
  archive::endings::EntriesOf entries;
  auto read = [&store = permit.archive().store(), &record, &entries]() -> base::Result<> {
    auto found = archive::endings::entries_of(*store.snapshot(), record.number);
    if (!found) return std::unexpected(found.error());
    entries = std::move(*found);
    return {};
  };
  auto done = co_await on_workers(parts, std::move(read));
  passed_over.changes += entries.unreadable;
  const auto& positions = entries.positions;
  for (std::size_t from = 0; done && from < positions.size(); from += entries_at_once) {
    const auto some = std::span(positions).subspan(from, std::min(entries_at_once, positions.size() - from));
    std::vector<archive::Position> left;
    auto stage = [some, &record, &left](archive::commit::Stage& staged, archive::commit::Owners& owners) -> base::Result<> {
      auto freed = archive::endings::free_places_of(staged, owners, some, record.name);
      if (!freed) return std::unexpected(freed.error());
      left = std::move(*freed);
      return {};
    };
    done = co_await change(permit, std::move(stage));
    passed_over.entries.insert(passed_over.entries.end(), left.begin(), left.end());
  }
  co_return done;
}

net::Task<base::Result<>> destroy(const AdminParts& parts, const Permit& permit, const AccountRecord& record) {
  auto work = [&] { return parts.acts.destroy_key(permit, archive::mailbox::shard_of(record.number)); };
  auto done = co_await on_workers(parts, std::move(work));
  co_return done;
}

}  // namespace

net::Task<AdminAnswer> encryption_status(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto& store = permit.archive().store();
  boost::json::object status;
  status["encryption"] = store.encrypts() ? "on" : "off";
  if (const auto* keys = store.keys()) {
    const auto counts = keys->counts();
    status["ring"] = json_text(setting_of(parts, "encryption.ring"));
    status["keys"] = counts.keys;
    status["keys_destroyed"] = counts.destroyed;
    status["ring_writes"] =
        keys->stopped() ? "stopped: a write failed, see the log; copy the ring before you restart" : "go on";
  }
  const auto figures = store.figures();
  status["octets_accepted_since_start"] = figures.octets_accepted;
  status["of_these_encrypted"] = figures.octets_encrypted;
  co_return done(std::move(status));
}

net::Task<AdminAnswer> account_destroy_key(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto account = arguments.text("account");
  const auto reason = arguments.text("reason");
  const auto without_receipt = arguments.number_or("without_receipt", 1, 0);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (reason.empty() || reason.size() > Destruction::max_reason)
    co_return wrong_usage("reason: must have 1 to " + std::to_string(Destruction::max_reason) + " octets");
  if (!permit.archive().store().keys())
    co_return failed("nothing is encrypted here: there is no key to destroy (docs/encryption.md)");
  auto records = to_destroy(permit.archive(), account);
  if (!records) co_return failed(records.error());
  auto free = co_await nothing_waits(parts, permit, *records, without_receipt == 1 ? Receipts::waived : Receipts::demanded);
  if (!free) co_return failed(free.error());
  PassedOver passed_over;
  for (const auto& record : *records) {
    auto forgotten = co_await forget_places(parts, permit, record, passed_over);
    if (!forgotten) co_return failed(forgotten.error());
  }
  std::vector<Destruction> told;
  for (const auto& record : *records) told.push_back({record.number, record.name, reason});
  auto stage = tell(told, parts.clock.now());
  // Told first: of what is gone for good the journal knows, whenever the power goes, and the next start ends what was begun.
  auto changed = co_await change(permit, std::move(stage));
  if (!changed) co_return failed(changed.error());
  boost::json::array numbers;
  for (const auto& record : *records) {
    auto destroyed = co_await destroy(parts, permit, record);
    if (!destroyed) co_return failed(destroyed.error());
    base::log::warn("encryption.key_destroyed", {{"account", record.name}, {"number", record.number}, {"reason", reason}});
    numbers.emplace_back(record.number);
  }
  boost::json::object answer;
  answer["account"] = json_text(account);
  answer["numbers"] = std::move(numbers);
  answer["unreadable"] = names_of(passed_over);
  for (const auto& name : answer.at("unreadable").as_array())
    base::log::warn("encryption.places_stay", {{"account", account}, {"unreadable", std::string(name.as_string())}});
  co_return done(std::move(answer));
}

}  // namespace understudy::app
