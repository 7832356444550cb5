/// What an answer may wait for beyond the sync of this machine: the other machine's receipt. Declared here, carried out by who
/// keeps the link between the two.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "archive/commit/stage.hpp"

namespace understudy::archive::commit {

/// What the answer to a task waits for.
enum class Answer : std::uint8_t {
  local,  ///< this machine's medium: outcomes of deliveries, house-keeping, what an administrator does here
  gated,  ///< the gate too: what the world or a user was promised
};

/// How safe what is answered is.
enum class Safety : std::uint8_t {
  here,     ///< on this machine's medium; no more was asked for
  both,     ///< the other machine has it too
  gave_up,  ///< the other machine was to have it, and the answer went on as `here`: who answers marks it
};

class Gate {
 public:
  /// Any thread, at any time, also within hold(). The first call counts; one after the archive was closed does nothing. The
  /// answers run within it.
  using Release = std::move_only_function<void(Safety)>;

  virtual ~Gate() = default;
  /// Keeps `release` until every record up to and including those in `upto`, one for each log, is with the other machine
  /// (Safety::both), or until that was waited for long enough (Safety::gave_up). Later calls do not wait for earlier ones. On
  /// the committing thread; must not block. What is never released is answered with gave_up when the archive is closed.
  virtual void hold(std::vector<Logged> upto, Release release) = 0;
};

}  // namespace understudy::archive::commit
