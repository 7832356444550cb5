#include "archive/directory/live.hpp"

#include <mutex>

#include "archive/mailbox/account_state.hpp"
#include "archive/store/key_ring.hpp"

namespace understudy::archive::directory {
namespace {
/// "alice@example.org" -> its two parts; account names have no quoting.
mail::address::Address address_of(std::string_view name) {
  const auto at = name.rfind('@');
  return {std::string(name.substr(0, at)), at == std::string_view::npos ? std::string() : std::string(name.substr(at + 1))};
}
}  // namespace

std::int64_t Live::day_of(base::WallTime time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

std::shared_ptr<const Options> Live::options() const {
  std::shared_lock lock(mutex_);
  return options_;
}

std::optional<std::string> Live::local_domain(std::string_view canonical_domain) const {
  const auto options = this->options();
  const auto found = options->domains.find(std::string(canonical_domain));
  if (found == options->domains.end()) return std::nullopt;
  return found->second;
}

std::optional<routing::Account> Live::account(std::string_view name) const {
  const auto found = record(name);
  if (!found) return std::nullopt;
  return routing::Account{found->name, true, access_to(found->number)};
}

/// Not under the lock: whether there is a key is asked of the store.
routing::Account::Access Live::access_to(mailbox::AccountNumber account) const {
  {
    std::shared_lock lock(mutex_);
    if (closed_.contains(account)) return routing::Account::Access::closed_for_now;
  }
  const auto shard = mailbox::shard_of(account);
  if (store_.check_key(shard)) return routing::Account::Access::open;
  const auto* keys = store_.keys();
  return keys && keys->destroyed(shard) ? routing::Account::Access::closed_for_good : routing::Account::Access::closed_for_now;
}

std::optional<routing::AliasTarget> Live::alias(std::string_view name) const {
  std::shared_lock lock(mutex_);
  if (const auto found = options_->lists.find(std::string(name)); found != options_->lists.end())
    return routing::AliasTarget{found->second};
  if (const auto found = account_aliases_.find(name); found != account_aliases_.end())
    return routing::AliasTarget{{address_of(found->second)}};
  return std::nullopt;
}

char Live::detail_separator() const {
  return options()->detail_separator;
}
routing::AccountName Live::undelivered_account() const {
  return options()->undelivered;
}
routing::AccountName Live::postmaster() const {
  return options()->postmaster;
}

std::uint32_t Live::creations_left(std::string_view local_domain) const {
  std::shared_lock lock(mutex_);
  const auto found = creations_.find({day_of(clock_.now()), std::string(local_domain)});
  const std::uint32_t made = found == creations_.end() ? 0 : found->second;
  return made >= options_->create_limit ? 0 : options_->create_limit - made;
}

std::optional<AccountRecord> Live::record(std::string_view name) const {
  std::shared_lock lock(mutex_);
  const auto found = accounts_.find(name);
  if (found == accounts_.end()) return std::nullopt;
  return found->second;
}

std::optional<routing::AccountName> Live::name_of(mailbox::AccountNumber number) const {
  std::shared_lock lock(mutex_);
  const auto found = names_.find(number);
  return found == names_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<AccountRecord> Live::record_by_address(std::string_view canonical_address) const {
  std::shared_lock lock(mutex_);
  auto found = accounts_.find(canonical_address);
  if (found == accounts_.end())
    if (const auto alias = account_aliases_.find(canonical_address); alias != account_aliases_.end())
      found = accounts_.find(alias->second);
  if (found == accounts_.end()) return std::nullopt;
  return found->second;
}

std::optional<routing::AccountName> Live::alias_holder(std::string_view canonical_address) const {
  std::shared_lock lock(mutex_);
  const auto found = account_aliases_.find(canonical_address);
  if (found == account_aliases_.end()) return std::nullopt;
  return found->second;
}

bool Live::is_list(std::string_view canonical_address) const {
  return options()->lists.contains(std::string(canonical_address));
}

std::vector<AccountRecord> Live::records() const {
  std::shared_lock lock(mutex_);
  std::vector<AccountRecord> all;
  all.reserve(accounts_.size());
  for (const auto& [name, record] : accounts_) all.push_back(record);
  return all;
}

void Live::close_for_now(mailbox::AccountNumber account) {
  std::unique_lock lock(mutex_);
  closed_.insert(account);
}

void Live::replace_options(Options options) {
  auto replacement = std::make_shared<const Options>(std::move(options));
  std::unique_lock lock(mutex_);
  options_ = std::move(replacement);
}

/// Those that lead to it still: another account may have taken one over in the same commit.
void Live::drop_aliases(const AccountRecord& record) {
  for (const auto& alias : record.aliases)
    if (const auto found = account_aliases_.find(alias); found != account_aliases_.end() && found->second == record.name)
      account_aliases_.erase(found);
}

void Live::put(const AccountRecord& record) {
  std::unique_lock lock(mutex_);
  if (const auto before = accounts_.find(record.name); before != accounts_.end()) {
    drop_aliases(before->second);
    names_.erase(before->second.number);
  }
  for (const auto& alias : record.aliases) account_aliases_.insert_or_assign(alias, record.name);
  accounts_.insert_or_assign(record.name, record);
  names_.insert_or_assign(record.number, record.name);
}

void Live::remove(std::string_view name) {
  std::unique_lock lock(mutex_);
  const auto found = accounts_.find(name);
  if (found == accounts_.end()) return;
  drop_aliases(found->second);
  names_.erase(found->second.number);
  accounts_.erase(found);
}

void Live::set_creations(std::int64_t day, const std::string& domain, std::uint32_t count) {
  std::unique_lock lock(mutex_);
  creations_.erase(creations_.begin(), creations_.lower_bound({day, {}}));
  creations_[{day, domain}] = count;
}

}  // namespace understudy::archive::directory
