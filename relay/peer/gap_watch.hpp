/// Looks for what the other machine has numbered and never brought here, asks it what its book says of that, and keeps the
/// answer where an administrator sees it. Tells the log, the counters and, of what does not mend itself, the postmaster
/// (docs/custody.md).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "archive/archive.hpp"
#include "archive/custody/gaps.hpp"
#include "base/clock.hpp"
#include "base/net/link.hpp"
#include "base/net/workers.hpp"
#include "relay/peer/question.hpp"
#include "relay/schedule/held_notices.hpp"

namespace understudy::relay::peer {

inline constexpr std::string_view marks_feature = "marks/1";
inline constexpr const char* owed_verb = "owed";

/// The question `owed`: numbers that are not here, at most 200; and of each whether the other machine has said before that it
/// has a receipt for it. The answer has a Standing for each, in the same order.
struct MissedNumber {
  archive::custody::Number number;
  bool receipt_doubted = false;
};
std::string encode_missed(const std::vector<MissedNumber>& missed);
base::Result<std::vector<MissedNumber>> decode_missed(std::string_view octets);

/// On the link's executor, but counts. References outlive it.
class GapWatch {
 public:
  /// What is missing and mends itself in this time is nobody's business.
  static constexpr std::chrono::minutes mended_in{10};
  static constexpr std::size_t most_missed = 200;
  using Tell = std::function<net::Task<base::Result<>>(std::string subject, std::string text)>;

  struct Parts {
    archive::Archive& archive;
    const base::Clock& clock;
    net::Workers& workers;
    std::chrono::milliseconds wait;  ///< how old a mark has to be before what lies below it is missed
  };
  GapWatch(Parts parts, Asker ask, Tell tell) : parts_(parts), ask_(std::move(ask)), tell_(std::move(tell)) {}

  /// Marks came. Done when they are durable, where they say anything new.
  void hear(const archive::custody::Announcement& announced, archive::Done<> done);
  /// How long to rest before the next look: half the wait; a second where there is more to look at, and longer each time that
  /// a look got nowhere, since as many are missing as are kept or nobody has time for it.
  std::chrono::milliseconds pause() const;
  net::Task<> look();
  /// Gaps, by what the other machine says of them, as they were at the last look; any thread.
  std::map<std::string, std::uint64_t> gaps() const;

 private:
  static constexpr std::chrono::milliseconds soon = std::chrono::seconds(1);
  enum class Looked : std::uint8_t { got_on, in_vain };
  using Gap = archive::custody::Gap;
  using Numbers = std::vector<archive::custody::Number>;
  archive::custody::Upto old_enough();
  archive::custody::GapCounts counted();
  net::Task<Looked> look_once();
  net::Task<base::Result<std::vector<Gap>>> ask(const archive::custody::GapLook& look);
  net::Task<> keep(archive::custody::GapLook look, std::vector<Gap> gaps);
  net::Task<> count();
  bool to_be_told(const Gap& gap) const;
  net::Task<> tell(const std::vector<Gap>& gaps);

  Parts parts_;
  Asker ask_;
  Tell tell_;
  struct HeardAt {
    base::SteadyTime at;
    archive::custody::Upto next;
  };
  std::deque<HeardAt> heard_;    ///< in order
  archive::custody::Upto upto_;  ///< the newest that was old enough
  std::string from_;             ///< of the gaps: where the next look goes on
  bool whole_ = true;            ///< the last look was through
  std::chrono::milliseconds soon_ = soon;
  bool counted_ = false;  ///< since the process began
  bool full_ = false;     ///< no further gaps are kept
  HeldNotices notices_;
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> gaps_;  ///< guarded by mutex_
};

}  // namespace understudy::relay::peer
