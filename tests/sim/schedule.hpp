/// One schedule of everything that can go wrong between two machines, drawn from a seed: mail of all shapes flows, both lose
/// their power at random writes, connections break or fall silent, copies come twice or get lost, stores fill up, keys are
/// replaced. Then all heals, and time goes on until nothing is under way. The same seed gives the same schedule, always.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace understudy::sim {

struct Outcome {
  std::vector<std::string> faults;  ///< what is not as it has to be then; none: all is well
  std::vector<std::string> trace;   ///< what happened, each line with its time; the last one is a digest of both stores
  std::size_t letters = 0;
  std::size_t cuts = 0;       ///< how often a machine lost its power
  std::uint64_t numbers = 0;  ///< of custody that the primary gave
  std::uint64_t minutes = 0;  ///< from when all was mended until it was quiet
};

Outcome run_schedule(std::uint64_t seed);

}  // namespace understudy::sim
