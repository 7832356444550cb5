/// The directory as it is now, in memory: what plan() asks. Changed after each commit that changed accounts.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "archive/directory/account.hpp"
#include "archive/directory/options.hpp"
#include "archive/store/store.hpp"
#include "base/clock.hpp"
#include "routing/directory.hpp"

namespace understudy::archive::directory {

/// Any thread.
class Live final : public routing::Directory {
 public:
  /// `store`: where the mailboxes are; it outlives this.
  Live(Options options, const base::Clock& clock, const store::Store& store)
      : options_(std::make_shared<const Options>(std::move(options))), clock_(clock), store_(store) {}

  std::optional<std::string> local_domain(std::string_view canonical_domain) const override;
  std::optional<routing::Account> account(std::string_view name) const override;
  std::optional<routing::AliasTarget> alias(std::string_view name) const override;
  char detail_separator() const override;
  std::uint32_t creations_left(std::string_view local_domain) const override;
  routing::AccountName undelivered_account() const override;
  routing::AccountName postmaster() const override;

  std::optional<AccountRecord> record(std::string_view name) const;
  std::optional<routing::AccountName> name_of(mailbox::AccountNumber number) const;
  /// By name or by alias, for logins.
  std::optional<AccountRecord> record_by_address(std::string_view canonical_address) const;
  /// The account of which it is an alias.
  std::optional<routing::AccountName> alias_holder(std::string_view canonical_address) const;
  bool is_list(std::string_view canonical_address) const;  ///< an [[alias]] of the configuration
  std::vector<AccountRecord> records() const;              ///< by name
  std::shared_ptr<const Options> options() const;

  /// Its mailbox cannot be read: from here on, until the archive is opened anew, mail for it is put off at RCPT, so that
  /// others who are to have a message get theirs.
  void close_for_now(mailbox::AccountNumber account);
  void replace_options(Options options);
  void put(const AccountRecord& record);  ///< O(its aliases), whatever the number of accounts
  void remove(std::string_view name);
  void set_creations(std::int64_t day, const std::string& domain, std::uint32_t count);

  /// Days since 1970, UTC.
  static std::int64_t day_of(base::WallTime time);

 private:
  void drop_aliases(const AccountRecord& record);
  routing::Account::Access access_to(mailbox::AccountNumber account) const;

  mutable std::shared_mutex mutex_;
  std::shared_ptr<const Options> options_;
  const base::Clock& clock_;
  const store::Store& store_;
  std::set<mailbox::AccountNumber> closed_;
  std::map<std::string, AccountRecord, std::less<>> accounts_;
  std::unordered_map<mailbox::AccountNumber, std::string> names_;            ///< of accounts_
  std::map<std::string, std::string, std::less<>> account_aliases_;          ///< canonical address -> account name
  std::map<std::pair<std::int64_t, std::string>, std::uint32_t> creations_;  ///< of the last day that has any
};

}  // namespace understudy::archive::directory
