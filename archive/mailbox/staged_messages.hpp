/// Messages of an account as they will be after what is staged, for changes that read and write many of them: each chunk
/// (message_chunk.hpp) is read and written once, however many of its messages change.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "archive/commit/stage.hpp"
#include "archive/mailbox/account_state.hpp"
#include "archive/mailbox/message_chunk.hpp"

namespace understudy::archive::mailbox {

/// As long as the stage, and until it is committed. The committer's thread. Quick where folders are gone through in the order
/// of their UIDs. What is changed here nobody else sees before write(), and nobody else may stage messages of the account
/// meanwhile.
class StagedMessages {
 public:
  StagedMessages(const commit::Stage& stage, AccountNumber account) : stage_(stage), shard_(shard_of(account)) {}

  /// Valid until the next call. errc::not_found; errors of the store.
  base::Result<const Message*> find(FolderNumber folder, Uid uid);
  /// What is there, to be changed, until the next call. As find().
  base::Result<Message*> change(FolderNumber folder, Uid uid);
  base::Result<> put(FolderNumber folder, Uid uid, Message message);
  base::Result<> erase(FolderNumber folder, Uid uid);  ///< as find()
  /// The messages of a chunk, until the next call; none where it is not there.
  base::Result<std::span<const ListedMessage>> chunk(FolderNumber folder, MessageChunk::Number number);

  /// What happens to keywords for which there is no room: the change is refused, where it made them more; or, of a log that was
  /// written before there was a limit, those of the highest UIDs are left out.
  enum class Keywords : std::uint8_t { limited, as_logged };
  /// Stages what was changed. errc::too_long: see Keywords.
  base::Result<> write(commit::Stage& stage, Keywords keywords);

 private:
  using Key = std::pair<FolderNumber, MessageChunk::Number>;
  struct Held {
    MessageChunk chunk;
    bool changed = false;
    std::size_t keyword_octets = 0;  ///< before it was changed
  };
  struct Reading {
    std::uint64_t asked = 0;
    std::optional<commit::Stage::Walk> walk;  ///< once there is more than one to read
  };
  base::Result<Held*> to_change(FolderNumber folder, Uid uid);
  base::Result<Held*> held(FolderNumber folder, MessageChunk::Number number);
  base::Result<MessageChunk> read(Reading& reading, const Key& key);

  const commit::Stage& stage_;
  store::Shard shard_;
  static constexpr std::uint64_t most_unchanged =
      16;  ///< chunks in memory; of those that were changed there are as many as there are
  std::uint64_t read_ = 0;
  std::map<Key, Held> held_;
  std::map<Key, Held>::iterator last_ = held_.end();
  std::map<FolderNumber, Reading> reading_;
};

}  // namespace understudy::archive::mailbox
