#include "archive/mailbox/load_items.hpp"

#include <algorithm>
#include <future>
#include <limits>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>

#include "archive/mailbox/view.hpp"

namespace understudy::archive::mailbox {
namespace {

std::uint64_t parts_of(std::uint64_t messages) {
  constexpr std::uint64_t worth_a_thread = 16'384;
  constexpr unsigned most = 4;
  const auto processors = std::clamp(std::thread::hardware_concurrency(), 1U, most);
  return std::clamp<std::uint64_t>(messages / worth_a_thread, 1, processors);
}

/// `beside`: at once, on a thread of its own, where one can be had; else when it is asked for.
template <class Work>
std::future<std::invoke_result_t<Work>> started(bool beside, Work work) {
  try {
    if (beside) return std::async(std::launch::async, work);
  } catch (const std::system_error&) {  // no more threads: then it takes longer
  }
  return std::async(std::launch::deferred, work);
}

}  // namespace

Item item_of(Uid uid, const Message& message, KeywordSets& keywords) {
  Item item;
  item.uid = uid;
  item.system = message.flags.system;
  item.keywords = keywords.number_of(message.flags.keywords);
  item.chunk_size = message.body.chunk_size;
  item.modseq = message.modseq;
  item.size = message.body.size;
  item.internal_date = message.internal_date;
  const auto stored = std::chrono::floor<std::chrono::seconds>(message.stored).time_since_epoch().count();
  item.stored = static_cast<std::uint32_t>(std::clamp<std::int64_t>(stored, 0, std::numeric_limits<std::uint32_t>::max()));
  item.id = message.body.id;
  return item;
}

base::Result<std::vector<Item>> load_items(const store::Reader& reader, AccountNumber account, FolderNumber folder, Uid first,
                                           Uid last, KeywordSets& keywords) {
  std::vector<Item> items;
  const auto prefix = keys::folder(folder);
  auto cursor = reader.scan(shard_of(account), store::Table::message_chunks,
                            keys::message_chunk(folder, MessageChunk::number_of(first)), prefix);
  for (; cursor->valid(); cursor->next()) {
    const auto number = base::Reader(cursor->key().substr(prefix.size())).u32();
    if (number > MessageChunk::number_of(last)) break;
    const auto read = read_chunk(number, cursor->value(), [&](Uid uid, const Message& message) {
      if (first <= uid && uid <= last) items.push_back(item_of(uid, message, keywords));
    });
    if (!read) return std::unexpected(read.error());
  }
  if (auto read = cursor->status(); !read) return std::unexpected(read.error());
  return items;
}

base::Result<std::vector<std::vector<Item>>> load_items(const store::Reader& reader, AccountNumber account,
                                                        const FolderToLoad& folder, KeywordSets& keywords) {
  const std::uint64_t chunks = MessageChunk::number_of(folder.uid_next) + std::uint64_t{1};
  const auto parts = std::min(parts_of(folder.messages), chunks);
  std::vector<std::future<base::Result<std::vector<Item>>>> loading;
  for (std::uint64_t part = 0; part < parts; ++part) {
    const auto first = MessageChunk::first_uid(static_cast<MessageChunk::Number>(chunks * part / parts));
    const auto last = MessageChunk::first_uid(static_cast<MessageChunk::Number>(chunks * (part + 1) / parts)) - 1;
    const bool beside = part + 1 < parts;  // the last one is this thread's
    loading.push_back(started(beside, [&reader, account, number = folder.number, first, last, &keywords] {
      return load_items(reader, account, number, first, last, keywords);
    }));
  }
  loading.back().wait();
  std::vector<std::vector<Item>> all;
  for (auto& part : loading) {
    auto items = part.get();
    if (!items) return std::unexpected(items.error());
    all.push_back(std::move(*items));
  }
  return all;
}

}  // namespace understudy::archive::mailbox
