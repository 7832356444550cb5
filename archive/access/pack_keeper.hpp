/// Packs of headings (mailbox/heading_pack.hpp) that sessions put together, since there were none: on their way into the store,
/// for who asks after the next start. Some at a time and one commit after another, so that mail waits for none of it; where
/// many wait, more are let go: the next question makes them again.
#pragma once

#include <cstddef>
#include <memory>

#include "archive/access/heading_cache.hpp"
#include "archive/archive.hpp"

namespace understudy::archive::access {

/// Any thread. The archive outlives it, or is closed before it goes.
class PackKeeper {
 public:
  static constexpr std::size_t most = 1024;   ///< that wait
  static constexpr std::size_t at_once = 16;  ///< in one commit

  explicit PackKeeper(Archive& archive);
  /// Of a chunk behind which the folder has messages. Never waits.
  void offer(const HeadingCache::Key& key, const HeadingCache::Kept& headings);

 private:
  struct State;
  static void keep_next(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
};

}  // namespace understudy::archive::access
