/// What a session asks of the committer, and how it is answered.
#pragma once

#include <functional>
#include <list>

#include "archive/commit/gate.hpp"
#include "archive/commit/owners.hpp"
#include "archive/commit/stage.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::commit {

/// One wish.
struct Task {
  /// Committer's thread. Once, and again where its group was taken apart for another member's sake; an error takes back all
  /// that it staged.
  std::move_only_function<base::Result<>(Stage&, Owners&)> stage;
  /// Once, on any thread, when the change is durable (or, for Sync::later, ordered) and as safe as `answer` says, or has
  /// failed. Must not block.
  std::move_only_function<void(base::Result<Safety>)> done;
  store::Sync sync = store::Sync::now;
  Answer answer = Answer::local;
};

using Tasks = std::list<Task>;  ///< moved from list to list without memory, which could not be had

/// Runs `done`. What it throws is logged and goes no further.
void answer(Task& task, base::Result<Safety> result) noexcept;

}  // namespace understudy::archive::commit
