/// An account as it is now, for those who have it open: its folders and the images of those that are looked at, brought up to
/// what is durable whenever somebody asks. Follows the account's change log; never writes, never gives out a number.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "archive/mailbox/account_state.hpp"
#include "archive/mailbox/image.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::mailbox {

/// What LIST and STATUS speak of. Never changes.
struct Folders {
  std::map<FolderNumber, Folder> by_number;
  std::set<std::string> subscriptions;
  ModSeq modseq = 0;
  ModSeq annotated = 0;  ///< of the last note beside a mailbox or the account (RFC 5464), or later than it

  std::optional<FolderNumber> find(std::string_view name) const;  ///< INBOX in any case
};

/// Shared by all sessions of the account. Any thread. The store outlives it.
class LiveAccount {
 public:
  /// Octets of images that nobody looks at and that are kept all the same, of one account.
  static constexpr std::uint64_t unused_octets = 16 << 20;
  static base::Result<std::shared_ptr<LiveAccount>> open(store::Store& store, AccountNumber account,
                                                         std::uint64_t most_unused = unused_octets);
  LiveAccount(const LiveAccount&) = delete;
  LiveAccount& operator=(const LiveAccount&) = delete;
  ~LiveAccount();

  AccountNumber number() const { return account_; }
  /// That its images and keywords take, about. Any thread, at once.
  std::uint64_t octets() const { return octets_.load(std::memory_order_relaxed) + keywords_.octets(); }
  /// With every commit in it that was answered before the call.
  base::Result<std::shared_ptr<const Folders>> folders();
  /// errc::not_found: there is no such folder. Of one that was removed while somebody had it: empty, and it says so. Read from
  /// the store where nobody has it; then followed.
  base::Result<std::shared_ptr<const Image>> image(FolderNumber folder);
  /// As mailbox::annotations(), of what is durable.
  base::Result<std::map<std::string, std::string>> annotations(FolderNumber folder) const;
  const KeywordSets& keywords() const { return keywords_; }
  Flags flags_of(const Item& item) const { return {item.system, keywords_.at(item.keywords)}; }

  /// `changed` runs on the committing thread after each commit that changed the account; it must not block and not call back.
  /// None begins after the watch has gone.
  class Watch {
   public:
    ~Watch();

   private:
    friend class LiveAccount;
    Watch(std::shared_ptr<LiveAccount> account, std::list<std::function<void()>>::iterator at);
    std::shared_ptr<LiveAccount> account_;
    std::list<std::function<void()>>::iterator at_;
  };
  static std::unique_ptr<Watch> watch(const std::shared_ptr<LiveAccount>& account, std::function<void()> changed);

 private:
  LiveAccount(store::Store& store, AccountNumber account, std::uint64_t most_unused)
      : store_(store), account_(account), most_unused_(most_unused) {}
  class Applied;

  void on_commit();
  void forget();
  base::Result<> refresh();
  base::Result<> read_all();
  base::Result<> follow();
  base::Result<std::shared_ptr<const Image>> load(FolderNumber folder);
  void drop_unused(FolderNumber but);

  store::Store& store_;
  const AccountNumber account_;
  const std::uint64_t most_unused_;
  std::atomic<std::uint64_t> octets_{0};
  KeywordSets keywords_;
  std::atomic<bool> behind_{true};

  std::mutex mutex_;  // guards the rest but watchers_
  std::unique_ptr<store::Subscription> subscription_;
  std::shared_ptr<const Folders> folders_;
  std::map<FolderNumber, std::shared_ptr<const Image>> images_;

  std::mutex watchers_mutex_;
  std::list<std::function<void()>> watchers_;
};

/// The accounts that somebody has open, and those that somebody had lately. Any thread.
class LiveAccounts {
 public:
  /// What is kept though nobody has it open: those used last, and of them those whose images fit.
  struct Idle {
    std::size_t accounts = 64;
    std::uint64_t octets = 64 << 20;
  };
  explicit LiveAccounts(store::Store& store) : LiveAccounts(store, Idle()) {}
  LiveAccounts(store::Store& store, Idle most) : store_(store), most_(most) {}
  base::Result<std::shared_ptr<LiveAccount>> get(AccountNumber account);

 private:
  void drop_idle();

  store::Store& store_;
  const Idle most_;
  std::mutex mutex_;  // guards the rest
  std::map<AccountNumber, std::weak_ptr<LiveAccount>> open_;
  std::list<std::shared_ptr<LiveAccount>> lately_;  ///< used last first
};

}  // namespace understudy::archive::mailbox
