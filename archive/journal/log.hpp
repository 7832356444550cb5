/// Which of the store's Merkle logs is meant: the mail journal of a partition, or the audit journal. Leaves, nodes, heads and
/// proofs of all of them are of one kind; each has a shard of its own, so that one group may append to several.
#pragma once

#include <compare>
#include <cstdint>

#include "archive/store/shard.hpp"

namespace understudy::archive::journal {

enum class Book : std::uint8_t { mail = 1, audit = 2 };

struct Log {
  Book book = Book::mail;
  std::uint16_t partition = 0;

  constexpr Log() = default;
  constexpr Log(std::uint16_t mail_partition)
      : partition(mail_partition) {}  // NOLINT: what names a partition names its journal
  constexpr Log(Book of, std::uint16_t number) : book(of), partition(number) {}
  auto operator<=>(const Log&) const = default;
};

inline constexpr Log audit_log{Book::audit, 0};

/// The book stands above the 16 bits of the partition, so that the mail journal's shards are what they always were.
constexpr store::Shard shard_of(Log log) {
  return {store::ShardKind::journal, (static_cast<std::uint64_t>(log.book) - 1) << 16 | log.partition};
}

}  // namespace understudy::archive::journal
