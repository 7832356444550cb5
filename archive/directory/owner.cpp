#include "archive/directory/owner.hpp"

#include <algorithm>
#include <set>

#include "archive/journal/reader.hpp"
#include "archive/journal/sealed_parts.hpp"
#include "archive/store/key_ring.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace understudy::archive::directory {
namespace {
constexpr std::string_view numbers_key = "n";

/// What a record of the directory's log is of.
enum class Logged : std::uint8_t { removal = 0, record = 1, seed_seen = 2, went_on = 3 };

std::string seed_key(std::string_view name) {
  return "s" + std::string(name);
}

std::string creations_key(std::int64_t day, std::string_view domain) {
  return base::Writer().u32(static_cast<std::uint32_t>(day)).raw(domain).take();
}

/// The journal as it was when an account was last removed.
std::string removal_key(std::uint16_t partition) {
  return base::Writer().raw("a").u16(partition).take();
}

std::string domain_of(std::string_view name) {
  const auto at = name.rfind('@');
  return at == std::string_view::npos ? std::string() : std::string(name.substr(at + 1));
}
}  // namespace

base::Result<> Owner::load() {
  auto accounts = store_.scan(shard, store::Table::accounts);
  for (; accounts->valid(); accounts->next()) {
    auto record = AccountRecord::decode(accounts->value());
    if (!record) return std::unexpected(record.error());
    live_.put(*record);
  }
  if (auto ended = accounts->status(); !ended) return ended;
  const auto today = Live::day_of(clock_.now());
  auto made = store_.scan(shard, store::Table::creations, creations_key(today, {}));
  for (; made->valid(); made->next()) {
    base::Reader key(made->key());
    base::Reader value(made->value());
    const std::int64_t day = key.u32();
    value.u8();
    live_.set_creations(day, std::string(key.rest()), value.u32());
  }
  if (auto ended = made->status(); !ended) return ended;
  auto value = store_.get(shard, store::Table::directory_state, numbers_key);
  if (!value) return std::unexpected(value.error());
  if (*value) {
    base::Reader in(**value);
    in.u8();
    numbers_.version = in.u64();
    numbers_.next_account = in.u64();
    if (auto fits = in.check("numbers of the directory"); !fits) return fits;
  }
  durable_ = numbers_;
  return {};
}

std::optional<AccountRecord> Owner::find(std::string_view name) const {
  if (const auto found = staged_.map().find(name); found != staged_.map().end()) return found->second;
  return live_.record(name);
}

std::optional<routing::AccountName> Owner::alias_holder(std::string_view address) const {
  if (const auto found = staged_aliases_.map().find(address); found != staged_aliases_.map().end()) return found->second;
  return live_.alias_holder(address);
}

std::optional<std::string> Owner::taken(std::string_view address, std::string_view account) const {
  const std::string text = base::escape(address);
  if (address != account && find(address)) return text + " is the address of an account of its own";
  if (const auto holder = alias_holder(address); holder && *holder != account) return text + " is an alias of " + *holder;
  if (live_.is_list(address)) return text + " is an [[alias]] of the configuration";
  return std::nullopt;
}

base::Result<> Owner::check_aliases(const AccountRecord& record, const std::vector<std::string>& before) const {
  const auto refuse = [&](const std::string& why) {
    return base::fail("account " + record.name + ": " + why, base::errc::exists);
  };
  for (const auto& alias : record.aliases) {
    if (std::ranges::find(before, alias) != before.end()) continue;
    if (alias == record.name) return refuse("its own address " + base::escape(alias) + " cannot be an alias of it");
    if (const auto why = taken(alias, record.name)) return refuse(*why);
  }
  return {};
}

void Owner::write_numbers(commit::Stage& stage) {
  stage.put(shard, store::Table::directory_state, std::string(numbers_key),
            base::Writer(1).u64(numbers_.version).u64(numbers_.next_account).take());
}

void Owner::log(commit::Stage& stage, std::string change) {
  stage.append(shard, ++numbers_.version, std::move(change));
  write_numbers(stage);
}

/// The record or its end: in its table, in the log, and for those who look before it is durable.
void Owner::stage_record(commit::Stage& stage, std::string_view name, std::optional<AccountRecord> record) {
  if (const auto before = find(name))
    for (const auto& alias : before->aliases)
      if (alias_holder(alias) == name) staged_aliases_.set(alias, std::nullopt);
  base::Writer logged(1);
  logged.text(name).u8(static_cast<std::uint8_t>(record ? Logged::record : Logged::removal));
  if (record) {
    for (const auto& alias : record->aliases) staged_aliases_.set(alias, record->name);
    std::string encoded = record->encode();
    logged.text(encoded);
    stage.put(shard, store::Table::accounts, std::string(name), std::move(encoded));
  } else {
    const auto next = journal_.next();
    next.encode(logged);
    stage.erase(shard, store::Table::accounts, std::string(name));
    stage.put(shard, store::Table::directory_state, removal_key(next.partition), base::Writer(1).u64(next.index).take());
  }
  staged_.set(std::string(name), std::move(record));
  log(stage, logged.take());
}

/// Of days that are over; some at a time, so that a member stays small.
base::Result<> Owner::forget_creations(commit::Stage& stage, std::int64_t before_day) {
  constexpr int most = 1000;
  const std::string end = creations_key(before_day, {});
  auto old = store_.scan(shard, store::Table::creations);
  for (int i = 0; i < most && old->valid() && old->key() < end; ++i, old->next())
    stage.erase(shard, store::Table::creations, std::string(old->key()));
  return old->status();
}

base::Result<> Owner::count_creation(commit::Stage& stage, const AccountRecord& record) {
  const auto day = Live::day_of(record.made);
  const std::string domain = domain_of(record.name);
  auto value = stage.get(shard, store::Table::creations, creations_key(day, domain));
  if (!value) return std::unexpected(value.error());
  std::uint32_t count = 1;
  if (*value) {
    base::Reader in(**value);
    in.u8();
    count += in.u32();
  } else if (auto forgotten = forget_creations(stage, day); !forgotten) {
    return forgotten;
  }
  stage.put(shard, store::Table::creations, creations_key(day, domain), base::Writer(1).u32(count).take());
  staged_creations_.set({day, domain}, count);
  return {};
}

/// A ring that is newer than the store (an old copy of it came back) knows accounts that were made since: nobody else is given
/// their numbers, since he would have their keys. Who is made anew from an entry of the journal (`since`) may have the number
/// under which that entry was encrypted for him.
base::Result<mailbox::AccountNumber> Owner::free_number(const commit::Stage& stage, std::optional<Position> since) {
  const auto* keys = stage.keys();
  if (!keys) return numbers_.next_account++;
  std::set<store::Shard> his;
  if (since && since->index < journal_.next().index) {
    const auto sealed = journal::read_sealed(stage, *since);
    if (!sealed) return std::unexpected(sealed.error());
    his = journal::holders_of(*sealed);
  }
  for (;; numbers_.next_account += 1) {
    const auto shard = mailbox::shard_of(numbers_.next_account);
    if (!keys->knows(shard) || (!keys->destroyed(shard) && his.contains(shard))) return numbers_.next_account++;
  }
}

void Owner::go_on(commit::Stage& stage) {
  constexpr mailbox::AccountNumber passed = mailbox::AccountNumber{1} << 32;
  if (stage.keys()) return;
  numbers_.next_account += passed;
  log(stage, base::Writer(1).text({}).u8(static_cast<std::uint8_t>(Logged::went_on)).u64(numbers_.next_account).take());
}

base::Result<AccountRecord> Owner::add(commit::Stage& stage, AccountRecord record, std::optional<Position> since) {
  if (find(record.name)) return base::fail("account " + record.name, base::errc::exists);
  if (const auto why = taken(record.name, record.name))
    return base::fail("account " + record.name + ": " + *why, base::errc::exists);
  if (auto free = check_aliases(record, {}); !free) return std::unexpected(free.error());
  const auto number = free_number(stage, since);
  if (!number) return std::unexpected(number.error());
  record.number = *number;
  record.made = clock_.now();
  record.since = since.value_or(journal_.next());
  if (record.made_by == MadeBy::mail)
    if (auto counted = count_creation(stage, record); !counted) return std::unexpected(counted.error());
  stage_record(stage, record.name, record);
  return record;
}

base::Result<> Owner::change(commit::Stage& stage, const AccountRecord& record) {
  const auto before = find(record.name);
  if (!before) return base::fail("account " + record.name, base::errc::not_found);
  if (auto free = check_aliases(record, before->aliases); !free) return free;
  stage_record(stage, record.name, record);
  return {};
}

base::Result<> Owner::remove(commit::Stage& stage, std::string_view name) {
  if (!find(name)) return base::fail("account " + std::string(name), base::errc::not_found);
  stage_record(stage, name, std::nullopt);
  return {};
}

base::Result<bool> Owner::removed_since(const commit::Stage& stage, Position position) const {
  auto value = stage.get(shard, store::Table::directory_state, removal_key(position.partition));
  if (!value) return std::unexpected(value.error());
  if (!*value) return false;
  base::Reader in(**value);
  in.u8();
  const std::uint64_t next = in.u64();
  if (auto fits = in.check("position of the last removal"); !fits) return std::unexpected(fits.error());
  return position.index < next;
}

base::Result<std::vector<AccountRecord>> Owner::seed(commit::Stage& stage, const std::vector<Seed>& seeds) {
  std::vector<AccountRecord> made;
  const auto collides = [&](const std::string& account, const std::string& address) {
    const auto why = taken(address, account);
    if (why) base::log::error("directory.collision", {{"account", account}, {"reason", *why}});
    return why.has_value();
  };
  for (const auto& seed : seeds) {
    auto seen = stage.get(shard, store::Table::directory_state, seed_key(seed.name));
    if (!seen) return std::unexpected(seen.error());
    if (*seen || collides(seed.name, seed.name)) continue;
    stage.put(shard, store::Table::directory_state, seed_key(seed.name), std::string(1, '\1'));
    log(stage, base::Writer(1).text(seed.name).u8(static_cast<std::uint8_t>(Logged::seed_seen)).take());
    if (find(seed.name)) continue;
    AccountRecord record;
    record.name = seed.name;
    for (const auto& alias : seed.aliases)
      if (!collides(seed.name, alias)) record.aliases.push_back(alias);
    record.verifier = seed.verifier;
    record.login = !seed.verifier.empty();
    record.made_by = MadeBy::configuration;
    auto added = add(stage, std::move(record));
    if (!added) return std::unexpected(added.error());
    made.push_back(std::move(*added));
  }
  return made;
}

void Owner::tell_collisions() const {
  const auto options = live_.options();
  for (const auto& [address, members] : options->lists)
    if (find(address) || alias_holder(address))
      base::log::error("directory.collision", {{"account", alias_holder(address).value_or(address)},
                                               {"reason", address + " is an [[alias]] of the configuration, too"}});
}

void Owner::committed() {
  for (const auto& [name, record] : staged_.map()) {
    if (record) {
      live_.put(*record);
    } else {
      live_.remove(name);
    }
  }
  for (const auto& [key, count] : staged_creations_.map()) live_.set_creations(key.first, key.second, count);
  durable_ = numbers_;
  forget();
}

void Owner::forget() {
  staged_.clear();
  staged_aliases_.clear();
  staged_creations_.clear();
  numbers_ = durable_;
}

void Owner::savepoint() {
  staged_.savepoint();
  staged_aliases_.savepoint();
  staged_creations_.savepoint();
  before_ = numbers_;
}

void Owner::roll_back() {
  staged_.roll_back();
  staged_aliases_.roll_back();
  staged_creations_.roll_back();
  numbers_ = before_;
}

}  // namespace understudy::archive::directory
