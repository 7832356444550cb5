/// The keys of what witnessing keeps: `witnessed` and `disputes` in the instance's shard, `cosigned` in that of the journal
/// (docs/store.md). Of the audit journal they have a letter before them, so that the two never meet.
#pragma once

#include <string>

#include "archive/journal/head.hpp"
#include "archive/journal/log.hpp"
#include "archive/store/shard.hpp"

namespace understudy::archive::witness::book {

constexpr store::Shard instance{store::ShardKind::instance, 0};

std::string prefix(archive::journal::Book book);
/// Of the newest one: there is one peer, and one partition.
inline std::string newest(archive::journal::Book book) {
  return prefix(book) + "n";
}
inline std::string open(archive::journal::Book book) {
  return prefix(book) + "o";
}
inline std::string all_evidence(archive::journal::Book book) {
  return prefix(book) + "e";
}
/// Of every one, so that none is ever written over.
std::string history(const archive::journal::TreeHead& head);
std::string evidence(base::WallTime time, const archive::journal::SignedHead& shown);

}  // namespace understudy::archive::witness::book
