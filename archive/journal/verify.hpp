/// `journal verify`: whether the journal is what it was, computed again from every octet that is stored. Never changes
/// anything.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "archive/store/store.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::archive::journal {

enum class Depth : std::uint8_t {
  records,  ///< entries, leaves, nodes, heads
  bodies,   ///< and the octets of every message
};

struct Extent {
  std::uint16_t partition = 0;
  Depth depth = Depth::records;
  std::uint64_t from = 0;                                        ///< index of the first entry that is looked at
  std::uint64_t to = std::numeric_limits<std::uint64_t>::max();  ///< of the last one
};

/// What was found, one line for each fault; none: all is well.
struct Verdict {
  std::uint64_t entries = 0;
  std::uint64_t bodies = 0;
  std::uint64_t octets = 0;
  std::uint64_t heads = 0;          ///< signed ones
  std::vector<std::string> faults;  ///< at most max_faults
  base::Digest root{};              ///< computed
  static constexpr std::size_t max_faults = 1000;
};

/// Recomputes every part hash, leaf, node and signed head of the extent, and the tree's head over all; with Depth::bodies every
/// body's digest too. An entry beyond the extent is looked at only for the hashes that it takes to reach the head. A part that
/// was ended must be named by the entry that it says it was ended by: nothing else tells it from one that was lost. `progress`
/// after each entry with (done, all); it returns false to stop (errc::shutting_down). Any thread that `reader` and `bodies`
/// allow; both are of one moment.
base::Result<Verdict> verify(const store::Reader& reader, const store::BodySource& bodies, const Extent& extent,
                             const std::function<bool(std::uint64_t, std::uint64_t)>& progress);

}  // namespace understudy::archive::journal
