/// What a store says of itself to who administers it. Never needed to store or to read anything.
#pragma once

#include <cstdint>

namespace understudy::archive::store {

/// All octets are as they lie on the medium, unless it says otherwise. What an engine does not know is 0.
struct Figures {
  std::uint64_t live_octets = 0;    ///< of bodies that somebody has
  std::uint64_t dead_octets = 0;    ///< beside them: of what was freed, of the log; the room comes back by and by
  std::uint64_t record_octets = 0;  ///< of the files of the records

  // Since the opening.
  std::uint64_t parts_found = 0;         ///< parts of bodies that were stored already
  std::uint64_t parts_new = 0;           ///< parts that nobody had
  std::uint64_t octets_accepted = 0;     ///< of the bodies that were committed, as they came
  std::uint64_t octets_encrypted = 0;    ///< of these, in bodies that are encrypted
  std::uint64_t octets_written = 0;      ///< for bodies, committed or not, and for commits
  std::uint64_t segments_collected = 0;  ///< files whose room came back

  std::uint32_t dictionary = 0;  ///< number of the newest one; 0: none
};

}  // namespace understudy::archive::store
