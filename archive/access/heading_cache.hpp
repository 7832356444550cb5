/// Headings of messages (mail/imap/headings.hpp) that somebody searched or sorted, kept for who does so next: what a message
/// says of itself never changes, and neither does its UID. Within a limit for all accounts together; what was asked for longest
/// ago goes first. Never reads a store.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "archive/mailbox/account_state.hpp"
#include "archive/mailbox/message_chunk.hpp"
#include "mail/imap/headings.hpp"

namespace understudy::archive::access {

/// Any thread.
class HeadingCache {
 public:
  /// Messages that the store has in one record are kept together.
  struct Key {
    mailbox::AccountNumber account = 0;
    mailbox::FolderNumber folder = 0;
    mailbox::MessageChunk::Number chunk = 0;
    auto operator<=>(const Key&) const = default;
  };
  using Kept = std::shared_ptr<const mail::imap::Headings>;
  /// nullptr: not there.
  Kept find(const Key& key);
  /// In the place of what is there. `most`: octets that are kept at all.
  void keep(const Key& key, Kept headings, std::uint64_t most);
  std::uint64_t octets() const;

 private:
  struct Entry {
    Key key;
    Kept headings;
    std::uint64_t octets = 0;
  };
  void drop(std::list<Entry>::iterator entry);

  mutable std::mutex mutex_;  // guards the rest
  std::list<Entry> entries_;  ///< asked for last first
  std::map<Key, std::list<Entry>::iterator> by_key_;
  std::uint64_t octets_ = 0;
};

}  // namespace understudy::archive::access
