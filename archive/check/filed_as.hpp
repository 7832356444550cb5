/// What mailboxes must have of the messages that journal entries brought, as a digest of each: so that the journal need not be
/// read again for each mailbox, in another order than it lies on the medium. Never does I/O.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "archive/journal/entry.hpp"
#include "archive/mailbox/change.hpp"

namespace understudy::archive::check {

class FiledAs {  // one thread
 public:
  /// So many will come, as far as there is room.
  void expect(std::uint16_t partition, std::uint64_t entries);
  /// Entries that brought a message and can be read, in order. Those that there is no room for are left out.
  void note(const journal::Entry& entry);
  /// Was the entry noted, and has the message its body, name and time? false says nothing: the entry is to be
  /// asked.
  bool fits(const mailbox::Message& message) const;

  static constexpr std::size_t most_entries = 2'000'000;  ///< 32 MiB

 private:
  using Mark = std::array<std::uint8_t, 16>;  ///< of SHA-256; zeros: not noted

  std::map<std::uint16_t, std::vector<Mark>> marks_;  ///< by partition and index
  std::size_t room_ = most_entries;
};

}  // namespace understudy::archive::check
