/// The keys of what witnessing keeps: `witnessed` and `disputes` in the instance's shard, `cosigned` in the journal's
/// (docs/store.md).
#pragma once

#include <string>

#include "archive/journal/head.hpp"
#include "archive/store/shard.hpp"

namespace understudy::archive::witness::book {

constexpr store::Shard instance{store::ShardKind::instance, 0};
constexpr store::Shard journal{store::ShardKind::journal, 0};

/// Of the newest one: there is one peer, and one partition.
inline const std::string newest = "n";
inline const std::string open = "o";
/// Of every one, so that none is ever written over.
std::string history(const archive::journal::TreeHead& head);
std::string evidence(base::WallTime time, const archive::journal::SignedHead& shown);

}  // namespace understudy::archive::witness::book
