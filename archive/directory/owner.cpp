#include "archive/directory/owner.hpp"

namespace understudy::archive::directory {
namespace {
constexpr std::string_view numbers_key = "n";

std::string seed_key(std::string_view name) {
  return "s" + std::string(name);
}

std::string creations_key(std::int64_t day, std::string_view domain) {
  return base::Writer().u32(static_cast<std::uint32_t>(day)).raw(domain).take();
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
  if (const auto found = staged_.find(name); found != staged_.end()) return found->second;
  return live_.record(name);
}

void Owner::write_numbers(commit::Stage& stage) {
  stage.put(shard, store::Table::directory_state, std::string(numbers_key),
            base::Writer(1).u64(numbers_.version).u64(numbers_.next_account).take());
}

void Owner::log(commit::Stage& stage, std::string_view name) {
  const auto& staged = staged_.find(name)->second;
  base::Writer record(1);
  record.text(name).u8(staged ? 1 : 0);
  if (staged) record.text(staged->encode());
  stage.append(shard, ++numbers_.version, record.take());
  write_numbers(stage);
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
  }
  stage.put(shard, store::Table::creations, creations_key(day, domain), base::Writer(1).u32(count).take());
  staged_creations_[{day, domain}] = count;
  return {};
}

base::Result<AccountRecord> Owner::add(commit::Stage& stage, AccountRecord record) {
  if (find(record.name)) return base::fail("account " + record.name, base::errc::exists);
  record.number = numbers_.next_account++;
  record.made = clock_.now();
  if (record.made_by == MadeBy::mail)
    if (auto counted = count_creation(stage, record); !counted) return std::unexpected(counted.error());
  stage.put(shard, store::Table::accounts, record.name, record.encode());
  staged_.insert_or_assign(record.name, record);
  log(stage, record.name);
  return record;
}

base::Result<> Owner::change(commit::Stage& stage, const AccountRecord& record) {
  if (!find(record.name)) return base::fail("account " + record.name, base::errc::not_found);
  stage.put(shard, store::Table::accounts, record.name, record.encode());
  staged_.insert_or_assign(record.name, record);
  log(stage, record.name);
  return {};
}

base::Result<> Owner::remove(commit::Stage& stage, std::string_view name) {
  if (!find(name)) return base::fail("account " + std::string(name), base::errc::not_found);
  stage.erase(shard, store::Table::accounts, std::string(name));
  staged_.insert_or_assign(std::string(name), std::nullopt);
  log(stage, name);
  return {};
}

base::Result<std::vector<AccountRecord>> Owner::seed(commit::Stage& stage, const std::vector<Seed>& seeds) {
  std::vector<AccountRecord> made;
  for (const auto& seed : seeds) {
    auto seen = stage.get(shard, store::Table::directory_state, seed_key(seed.name));
    if (!seen) return std::unexpected(seen.error());
    if (*seen) continue;
    stage.put(shard, store::Table::directory_state, seed_key(seed.name), std::string(1, '\1'));
    if (find(seed.name)) continue;
    AccountRecord record;
    record.name = seed.name;
    record.aliases = seed.aliases;
    record.verifier = seed.verifier;
    record.login = !seed.verifier.empty();
    record.made_by = MadeBy::configuration;
    auto added = add(stage, std::move(record));
    if (!added) return std::unexpected(added.error());
    made.push_back(std::move(*added));
  }
  return made;
}

void Owner::committed() {
  for (const auto& [name, record] : staged_) {
    if (record) {
      live_.put(*record);
    } else {
      live_.remove(name);
    }
  }
  for (const auto& [key, count] : staged_creations_) live_.set_creations(key.first, key.second, count);
  staged_.clear();
  staged_creations_.clear();
  durable_ = numbers_;
}

void Owner::forget() {
  staged_.clear();
  staged_creations_.clear();
  numbers_ = durable_;
}

}  // namespace understudy::archive::directory
