/// `journal verify`: whether the journal is what it was, computed again from every octet that is stored. Never changes
/// anything.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "archive/journal/entry.hpp"
#include "archive/journal/log.hpp"
#include "archive/store/store.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::archive::journal {

enum class Depth : std::uint8_t {
  records,  ///< entries, leaves, nodes, heads
  bodies,   ///< and the octets of every message
};

struct Extent {
  Log log;
  Depth depth = Depth::records;
  std::uint64_t from = 0;                                        ///< index of the first entry that is looked at
  std::uint64_t to = std::numeric_limits<std::uint64_t>::max();  ///< of the last one
  unsigned body_threads = 0;  ///< that read bodies meanwhile, at the lowest priority; 0: the caller
};

/// What was found, one line for each fault; none: all is well.
struct Verdict {
  std::uint64_t entries = 0;
  std::uint64_t bodies = 0;
  std::uint64_t octets = 0;
  std::uint64_t heads = 0;          ///< signed ones
  std::uint64_t unreadable = 0;     ///< parts whose key was destroyed: their hashes alone are left
  std::vector<std::string> faults;  ///< max_faults at most, and behind them one that says how many more there are
  std::uint64_t further = 0;        ///< faults that are counted only
  base::Digest root{};              ///< computed
  static constexpr std::size_t max_faults = 1000;
};

/// What the entries of a book are beside leaves.
struct BookRules {
  /// The key that an entry tells of; nullopt: it tells of none.
  std::function<base::Result<std::optional<KeyChange>>(const Sealed&)> key_told;
  /// Told of each entry that can be read, in order; what is wrong with it beside its hashes, in words, empty: nothing.
  std::function<std::string(const Sealed&)> fault;
};
BookRules mail_rules();

/// Recomputes every part hash, leaf, node and signed head of the extent, and the tree's head over all; with Depth::bodies every
/// body's digest too. An entry beyond the extent is looked at only for the hashes that it takes to reach the head. A part that
/// was ended must be named by the entry that it says it was ended by: nothing else tells it from one that was lost. One whose
/// key was destroyed is counted; one whose key is not there for another reason is a fault. `progress`
/// after each entry with (done, all); it returns false to stop (errc::shutting_down). Any thread that `reader` and `bodies`
/// allow; both are of one moment.
base::Result<Verdict> verify(const store::Reader& reader, const store::BodySource& bodies, const Extent& extent,
                             const std::function<bool(std::uint64_t, std::uint64_t)>& progress,
                             const BookRules& rules = mail_rules());

}  // namespace understudy::archive::journal
