/// Work that the other machine asks for takes one worker at a time, however much it asks: the others go on with what people
/// wait for, a login above all.
#pragma once

#include <cstddef>
#include <memory>

#include "base/net/workers.hpp"

namespace understudy::relay::peer {

/// Any thread. What it was given and has not begun outlives it; `workers` outlives both.
class OneAtATime final : public net::Workers {
 public:
  static constexpr std::size_t most_waiting = 128;  ///< jobs that are not begun yet

  explicit OneAtATime(net::Workers& workers);
  /// In the order in which they come. Behind each job the others' work has its turn. `full`: so many wait here, or the workers
  /// said so to this job. Waits for the workers' answer to another one, which costs no more than their submit().
  Submitted submit(Job job) override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace understudy::relay::peer
