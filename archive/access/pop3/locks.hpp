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
    ~Lock() {
      if (held_) locks_.release(account_);
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    friend class Locks;
    Locks& locks_;
    mailbox::AccountNumber account_;
    bool held_ = false;
  };
  /// nullptr: somebody has it.
  std::unique_ptr<Lock> take(mailbox::AccountNumber account) {
    auto lock = std::make_unique<Lock>(*this, account);  // before anything is taken: it may throw
    const std::lock_guard guard(mutex_);
    lock->held_ = taken_.insert(account).second;
    if (!lock->held_) return nullptr;
    return lock;
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
