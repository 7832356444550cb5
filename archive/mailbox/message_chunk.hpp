/// Messages of a folder whose UIDs differ in their last six bits alone, as one record of table `message_chunks`: what is asked
/// of all messages of a folder, and changed of many at once (SELECT, STORE), costs a record for 64 of them. Each message is
/// written as how it differs from the one before it. Never does I/O.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/mailbox/change.hpp"

namespace understudy::archive::mailbox {

struct ListedMessage {
  Uid uid = 0;
  Message message;
};

class MessageChunk {
 public:
  using Number = std::uint32_t;
  static constexpr std::uint32_t uids = 64;
  /// What the keywords of a chunk may take. The rest of 64 messages, at its longest, has room beside it in a value of the
  /// store: no keywords keep mail from being filed.
  static constexpr std::size_t most_keyword_octets = 24 * 1024;

  static Number number_of(Uid uid) { return uid / uids; }
  static Uid first_uid(Number number) { return number * uids; }
  static Uid last_uid(Number number) { return number * uids + (uids - 1); }

  /// In the order of their UIDs.
  std::span<const ListedMessage> messages() const { return messages_; }
  const Message* find(Uid uid) const;
  Message* find(Uid uid);
  void put(Uid uid, Message message);  ///< or in the place of the one that is there
  bool erase(Uid uid);                 ///< false: it is not there
  bool empty() const { return messages_.empty(); }

  /// The record, with its version; not of an empty one. From and Subject of messages of version 1 are left out.
  std::string encode() const;
  std::size_t keyword_octets() const;  ///< in the record
  /// errc::damaged.
  static base::Result<MessageChunk> decode(Number number, std::string_view record);

 private:
  std::vector<ListedMessage> messages_;
};

/// Calls `each` with the messages of a chunk's record, one after another, which it may not keep. errc::damaged: also where some
/// were read before.
base::Result<> read_chunk(MessageChunk::Number number, std::string_view record,
                          const std::function<void(Uid, const Message&)>& each);

/// The message of a chunk's record, without the others. `record`: nullopt where there is none. errc::not_found, errc::damaged.
base::Result<Message> in_chunk(const std::optional<std::string>& record, Uid uid);

}  // namespace understudy::archive::mailbox
