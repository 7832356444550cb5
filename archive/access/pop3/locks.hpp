/// Who has a maildrop open (RFC 1939 §8: one session at a time has it to itself). IMAP sessions of the account go on beside it.
#pragma once

#include <memory>
#include <mutex>
#include <set>

#include "archive/mailbox/account_state.hpp"

namespace understudy::archive::access::pop3 {

/// Any thread. Outlives every lock.
class Locks {
 public:
  class Lock {
   public:
    Lock(Locks& locks, mailbox::AccountNumber account) : locks_(locks), account_(account) {}
    ~Lock() { locks_.release(account_); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    Locks& locks_;
    mailbox::AccountNumber account_;
  };
  /// nullptr: somebody has it.
  std::unique_ptr<Lock> take(mailbox::AccountNumber account) {
    const std::lock_guard lock(mutex_);
    if (!taken_.insert(account).second) return nullptr;
    return std::make_unique<Lock>(*this, account);
  }

 private:
  void release(mailbox::AccountNumber account) {
    const std::lock_guard lock(mutex_);
    taken_.erase(account);
  }
  std::mutex mutex_;  // guards the rest
  std::set<mailbox::AccountNumber> taken_;
};

}  // namespace understudy::archive::access::pop3
