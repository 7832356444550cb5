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
#include "mail/imap/headings.hpp"

namespace understudy::archive::access {

/// Any thread.
class HeadingCache {
 public:
  /// Messages whose UIDs are the same but for the last eight bits are kept together.
  struct Key {
    mailbox::AccountNumber account = 0;
    mailbox::FolderNumber folder = 0;
    std::uint32_t part = 0;
    auto operator<=>(const Key&) const = default;
  };
  static constexpr std::uint32_t part_of(mailbox::Uid uid) { return uid >> 8; }
  static constexpr mailbox::Uid first_of(std::uint32_t part) { return part << 8; }
  static constexpr mailbox::Uid last_of(std::uint32_t part) { return first_of(part) | 0xff; }

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
