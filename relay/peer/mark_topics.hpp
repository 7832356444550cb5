/// The marks of custody over the peer link (docs/custody.md): what this machine has numbered is announced, what the other one
/// announces goes to the watch of gaps, and what it misses is looked up in our book.
#pragma once

#include <atomic>
#include <memory>

#include "archive/archive.hpp"
#include "base/clock.hpp"
#include "base/net/workers.hpp"
#include "relay/peer/custody_watch.hpp"
#include "relay/peer/gap_watch.hpp"
#include "relay/peer/topics.hpp"
#include "relay/peer/witness_topics.hpp"

namespace understudy::relay::peer {

/// References outlive it; it outlives the link.
class MarkTopics {
 public:
  struct Parts {
    archive::Archive& archive;
    const base::Clock& clock;
    net::Workers& workers;
    CustodyWatch& custody;
    GapWatch& gaps;
  };
  MarkTopics(const Parts& parts, Registry& registry);
  ~MarkTopics();
  MarkTopics(const MarkTopics&) = delete;
  MarkTopics& operator=(const MarkTopics&) = delete;

  /// The marks as they are now are to be said; any thread.
  void announce() {
    due_ = true;
    ours_.poke();
  }

 private:
  class Theirs;
  class Missed;
  Parts parts_;
  base::Result<std::optional<Source::Next>> newest();
  std::atomic<bool> due_{true};  ///< the marks are to be read anew
  Source::Next last_;            ///< what was announced last; positions only grow
  NewestSource ours_;
  std::unique_ptr<Theirs> theirs_;
  std::unique_ptr<Missed> missed_;
};

}  // namespace understudy::relay::peer
