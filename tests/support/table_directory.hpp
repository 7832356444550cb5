/// A Directory written down as a table, for tests: what is not listed is not there.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "routing/directory.hpp"

namespace understudy::test {

/// "local@domain" cut at the last '@', taken as it stands; "postmaster" without one is the bare <Postmaster>.
inline mail::address::Address address(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return {std::string(text), {}};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

class TableDirectory final : public routing::Directory {
 public:
  TableDirectory& domain(const std::string& name, const std::vector<std::string>& aliases = {}) {
    domains_[name] = name;
    for (const auto& alias : aliases) domains_[alias] = name;
    return *this;
  }
  TableDirectory& account(const std::string& name, routing::Account::Access access = routing::Account::Access::open) {
    return accounts_[name] = {name, true, access}, *this;
  }
  /// Known, for example by replication, with nothing stored yet.
  TableDirectory& account_without_mailbox(const std::string& name) { return accounts_[name] = {name, false}, *this; }
  TableDirectory& alias(const std::string& name, const std::vector<std::string>& members) {
    auto& target = aliases_[name];
    for (const auto& member : members) target.members.push_back(address(member));
    return *this;
  }
  TableDirectory& separator(char c) { return separator_ = c, *this; }
  TableDirectory& creations(std::uint32_t left) { return creations_left_ = left, *this; }
  TableDirectory& postmaster_is(const std::string& name) { return postmaster_ = name, *this; }

  std::optional<std::string> local_domain(std::string_view canonical_domain) const override {
    return find(domains_, canonical_domain);
  }
  std::optional<routing::Account> account(std::string_view name) const override { return find(accounts_, name); }
  std::optional<routing::AliasTarget> alias(std::string_view name) const override { return find(aliases_, name); }
  char detail_separator() const override { return separator_; }
  std::uint32_t creations_left(std::string_view) const override { return creations_left_; }
  routing::AccountName undelivered_account() const override { return "undelivered@example.org"; }
  routing::AccountName postmaster() const override { return postmaster_; }

 private:
  template <class T>
  static std::optional<T> find(const std::map<std::string, T, std::less<>>& table, std::string_view key) {
    const auto found = table.find(key);
    if (found == table.end()) return std::nullopt;
    return found->second;
  }

  std::map<std::string, std::string, std::less<>> domains_;
  std::map<std::string, routing::Account, std::less<>> accounts_;
  std::map<std::string, routing::AliasTarget, std::less<>> aliases_;
  char separator_ = '+';
  std::uint32_t creations_left_ = 200;
  std::string postmaster_ = "admin@example.org";
};

}  // namespace understudy::test
