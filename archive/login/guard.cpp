#include "archive/login/guard.hpp"

#include <algorithm>

namespace understudy::archive::login {
namespace {

/// An IPv6 host has a whole /64.
std::string key_of(const net::IpAddress& from) {
  return from.family() == net::Family::ipv6 ? from.masked(64).text() : from.text();
}

std::string key_of(std::string_view account, const net::IpAddress& from) {
  return std::string(account) + '\0' + key_of(from);
}

}  // namespace

Guard::Counts::Mark& Guard::Counts::mark(const std::string& key) {
  const auto known = marks_.find(key);
  if (known != marks_.end()) {
    order_.splice(order_.begin(), order_, known->second.place);
    return known->second;
  }
  if (marks_.size() >= max_tracked) {
    marks_.erase(order_.back());
    order_.pop_back();
  }
  order_.push_front(key);
  return marks_[key] = Mark{{}, order_.begin()};
}

std::uint64_t Guard::Counts::of(const std::string& key, base::SteadyTime now, base::SteadyTime forgive) const {
  const auto known = marks_.find(key);
  if (known == marks_.end() || known->second.clear_at <= now) return 0;
  return static_cast<std::uint64_t>((known->second.clear_at - now + forgive - base::SteadyTime(1)) / forgive);
}

void Guard::Counts::add(const std::string& key, base::SteadyTime now, base::SteadyTime forgive) {
  auto& known = mark(key);
  known.clear_at = std::max(known.clear_at, now) + forgive;
}

void Guard::Counts::clear(const std::string& key, base::SteadyTime now) {
  mark(key).clear_at = now;
}

bool Guard::may_try(std::string_view account, const net::IpAddress& from, const Limits& limits) {
  const auto now = clock_.steady();
  const std::lock_guard lock(mutex_);
  const auto owner = key_of(account, from);
  if (owners_.has(owner)) return owners_.of(owner, now, limits.forgive) < limits.failures_per_account;
  return accounts_.of(std::string(account), now, limits.forgive) < limits.failures_per_account &&
         addresses_.of(key_of(from), now, limits.forgive) < limits.failures_per_address;
}

void Guard::failed(std::string_view account, const net::IpAddress& from, const Limits& limits) {
  const auto now = clock_.steady();
  const std::lock_guard lock(mutex_);
  const auto owner = key_of(account, from);
  if (owners_.has(owner)) return owners_.add(owner, now, limits.forgive);
  accounts_.add(std::string(account), now, limits.forgive);
  addresses_.add(key_of(from), now, limits.forgive);
}

void Guard::succeeded(std::string_view account, const net::IpAddress& from) {
  const auto now = clock_.steady();
  const std::lock_guard lock(mutex_);
  owners_.clear(key_of(account, from), now);
}

}  // namespace understudy::archive::login
