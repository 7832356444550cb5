#include "archive/mailbox/renew.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "archive/mailbox/message_chunk.hpp"

namespace understudy::archive::mailbox {
namespace {

constexpr std::uint8_t last_earlier = 2;         ///< version of a folder's record
constexpr std::size_t octets_at_once = 4 << 20;  ///< of chunks in one batch

bool is_earlier(std::string_view record) {
  return !record.empty() && record.front() >= 1 && static_cast<std::uint8_t>(record.front()) <= last_earlier;
}

/// All but what is counted.
base::Result<Folder> decode_earlier(std::string_view record) {
  base::Reader in(record);
  Folder folder;
  in.u8();
  folder.name = in.text();
  folder.special_use = in.text();
  folder.uid_validity = in.u32();
  folder.uid_next = in.u32();
  in.u32();
  in.u64();
  folder.highest_modseq = in.u64();
  if (auto fits = in.check("folder of an earlier version"); !fits) return std::unexpected(fits.error());
  return folder;
}

std::optional<Message> decode_row(std::string_view record) {
  base::Reader in(record);
  const auto version = in.u8();
  auto message = Message::decode(in, version);
  if (!in.ok() || version < 1 || version > Message::version_now) return std::nullopt;
  return message;
}

std::string mark_of(FolderNumber folder) {
  return std::string(keys::renewing) + keys::folder(folder);
}

enum class Mark : std::uint8_t { missing, there };  ///< there: an earlier renewal of the folder was cut

class FolderRenewal {
 public:
  FolderRenewal(store::Store& store, AccountNumber account, FolderNumber folder, Renewed& renewed)
      : store_(store), shard_(shard_of(account)), folder_(folder), renewed_(renewed), batch_(shard_) {}

  /// The rows of a chunk go in the batch in which the chunk comes, so that after a cut each message is in one of them. What is
  /// there of chunks before the first batch is not this folder's: it was in today's form once, and then in the earlier one
  /// again. The mark keeps the folder's earlier record; what stands in its place serves nobody, of whatever version.
  base::Result<> renew(std::string_view record, Mark mark) {
    auto folder = decode_earlier(record);
    if (!folder) return std::unexpected(folder.error());
    if (mark == Mark::missing) {
      for (const auto table : {store::Table::message_chunks, store::Table::heading_packs})
        batch_.erase_range(table, keys::folder(folder_), keys::folder(folder_ + 1));
      batch_.put(store::Table::account_state, mark_of(folder_), std::string(record));
      batch_.put(store::Table::folders, keys::folder(folder_), folder->encode());
      if (auto begun = commit(); !begun) return begun;
    }
    if (auto moved = move_rows(); !moved) return moved;
    if (auto counted = count(*folder); !counted) return counted;
    batch_.put(store::Table::folders, keys::folder(folder_), folder->encode());
    batch_.erase(store::Table::account_state, mark_of(folder_));
    renewed_.folders += 1;
    renewed_.messages += folder->messages;
    return commit();
  }

 private:
  base::Result<> move_rows() {
    const auto prefix = keys::folder(folder_);
    auto cursor = store_.scan(shard_, store::Table::messages, prefix, prefix);
    for (; cursor->valid(); cursor->next()) {
      const Uid uid = base::Reader(cursor->key().substr(prefix.size())).u32();
      auto message = decode_row(cursor->value());
      renewed_.damaged += message ? 0 : 1;
      if (!message) continue;
      if (number_ && *number_ != MessageChunk::number_of(uid))
        if (auto put = put_chunk(); !put) return put;
      number_ = MessageChunk::number_of(uid);
      chunk_.put(uid, std::move(*message));
      rows_.emplace_back(cursor->key());
    }
    if (auto read = cursor->status(); !read) return std::unexpected(read.error());
    return number_ ? put_chunk() : base::Result<>();
  }

  base::Result<> put_chunk() {
    auto& messages = chunk_;
    for (auto at = messages.messages().size(); at > 0 && messages.keyword_octets() > MessageChunk::most_keyword_octets; --at) {
      auto& keywords = messages.find(messages.messages()[at - 1].uid)->flags.keywords;
      renewed_.without_keywords += keywords.empty() ? 0 : 1;
      keywords.clear();
    }
    auto record = messages.encode();
    octets_ += record.size();
    batch_.put(store::Table::message_chunks, keys::message_chunk(folder_, *number_), std::move(record));
    for (const auto& row : rows_) batch_.erase(store::Table::messages, row);
    chunk_ = {};
    rows_.clear();
    return octets_ < octets_at_once ? base::Result<>() : commit();
  }

  base::Result<> commit() {
    auto written = store_.commit(std::span(&batch_, 1), store::Sync::later);
    batch_ = store::Batch(shard_);
    octets_ = 0;
    return written;
  }

  /// What is there once all is written: also what was moved before a cut.
  base::Result<> count(Folder& folder) {
    if (auto written = commit(); !written) return written;
    const auto prefix = keys::folder(folder_);
    auto cursor = store_.scan(shard_, store::Table::message_chunks, prefix, prefix);
    for (; cursor->valid(); cursor->next()) {
      const auto number = base::Reader(cursor->key().substr(prefix.size())).u32();
      const auto counted = read_chunk(number, cursor->value(), [&](Uid, const Message& message) { folder.count_in(message); });
      if (!counted) return counted;
    }
    return cursor->status();
  }

  store::Store& store_;
  store::Shard shard_;
  FolderNumber folder_;
  Renewed& renewed_;
  store::Batch batch_;
  std::size_t octets_ = 0;
  std::optional<MessageChunk::Number> number_;
  MessageChunk chunk_;
  std::vector<std::string> rows_;
};

}  // namespace

base::Result<Renewed> renew(store::Store& store, AccountNumber account) {
  struct Earlier {
    std::string record;
    Mark mark = Mark::missing;
  };
  std::map<FolderNumber, Earlier> earlier;
  auto marks = store.scan(shard_of(account), store::Table::account_state, keys::renewing, keys::renewing);
  for (; marks->valid(); marks->next())
    earlier[base::Reader(marks->key().substr(keys::renewing.size())).u32()] = {std::string(marks->value()), Mark::there};
  if (auto read = marks->status(); !read) return std::unexpected(read.error());
  auto cursor = store.scan(shard_of(account), store::Table::folders);
  for (; cursor->valid(); cursor->next())
    if (is_earlier(cursor->value()))  // also where there is a mark: then the earlier version has written it since
      earlier[base::Reader(cursor->key()).u32()] = {std::string(cursor->value()), Mark::missing};
  if (auto read = cursor->status(); !read) return std::unexpected(read.error());
  marks.reset();
  cursor.reset();
  Renewed renewed;
  for (const auto& [folder, each] : earlier)
    if (auto done = FolderRenewal(store, account, folder, renewed).renew(each.record, each.mark); !done)
      return base::fail("folder " + std::to_string(folder), done.error());
  return renewed;
}

}  // namespace understudy::archive::mailbox
