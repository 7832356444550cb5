#include "archive/mailbox/many.hpp"

#include <limits>

#include "base/log.hpp"

namespace understudy::archive::mailbox {

std::vector<Uids> in_parts(const Uids& uids) {
  std::vector<Uids> parts;
  const auto& ranges = uids.ranges();
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i % most_ranges == 0) parts.emplace_back();
    parts.back().add(ranges[i].first, ranges[i].last);
  }
  return parts;
}

Uid next_uid(const commit::Stage& stage, AccountNumber account, FolderNumber folder, Uid next) {
  const auto number = MessageChunk::number_of(next);
  if (next == MessageChunk::first_uid(number)) return next;
  const auto there = StagedMessages(stage, account).chunk(folder, number);
  if (there || there.error().code != base::errc::damaged) return next;
  base::log::error("mailbox.passed_over",
                   {{"account", account}, {"folder", folder}, {"uid", next}, {"reason", there.error().text()}});
  return MessageChunk::last_uid(number) == std::numeric_limits<Uid>::max() ? next : MessageChunk::first_uid(number + 1);
}

}  // namespace understudy::archive::mailbox
