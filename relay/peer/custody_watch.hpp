/// Looks for what is owed to the other machine and was lost: asks it for receipts of what is in nobody's hands here, and hands
/// over again what it has not got. Says what our book has of numbers that the other machine misses. Tells the log, the counters
/// and the postmaster (docs/custody.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "archive/archive.hpp"
#include "archive/custody/taker.hpp"
#include "base/clock.hpp"
#include "base/net/link.hpp"
#include "base/net/workers.hpp"
#include "relay/peer/gap_watch.hpp"
#include "relay/peer/question.hpp"
#include "relay/schedule/held_notices.hpp"

namespace understudy::relay::peer {

/// On the link's executor, but counts. References outlive it, and what it has asked for.
class CustodyWatch {
 public:
  static constexpr std::size_t most = 100;                ///< numbers in one question
  static constexpr std::chrono::minutes again_after{10};  ///< a number is asked for, and handed over, again at most so often
  static constexpr std::size_t most_sent = 10'000;        ///< of these, remembered

  using Tell = std::function<net::Task<base::Result<>>(std::string subject, std::string text)>;

  struct Parts {
    archive::Archive& archive;
    archive::custody::ReceiptTaker& taker;
    const archive::witness::Witness& witness;
    const base::Clock& clock;
    net::Workers& workers;
    std::chrono::milliseconds wait;  ///< for a receipt, before anybody asks for it
  };
  CustodyWatch(Parts parts, Asker ask, Tell tell) : parts_(parts), ask_(std::move(ask)), tell_(std::move(tell)) {}

  /// How long to rest before the next look: half of the wait behind a round over all that is open, a second within one. So what
  /// is lost is found within one and a half times the wait, and a second more for each custody::most_looked_at open numbers.
  std::chrono::milliseconds pause() const;
  bool begins_round() const { return from_.empty(); }
  /// One look: a part of a round, where much is open. Without a link, and while there is a dispute with the other machine,
  /// nothing is known to be lost, and nothing is done.
  net::Task<> look();
  /// What our book says of numbers that the other machine misses; one Standing each. Where it says for the second time that it
  /// has not got what there is a receipt for, that is owed again, and handed over: each number once in again_after. Any thread;
  /// `done` on any.
  void missed(std::vector<MissedNumber> missed, archive::Done<std::string> done);

  std::uint64_t missing() const { return missing_; }  ///< found by the last round; any thread
  std::uint64_t lost() const { return lost_; }        ///< handed over again since the process began; any thread
  std::uint64_t broken() const { return broken_; }    ///< receipts for what the other machine has not got; any thread

 private:
  using Numbers = std::vector<mail::smtp::CustodyNumber>;
  net::Task<base::Result<archive::custody::Overdue>> overdue();
  net::Task<> take_answer(const Numbers& asked, const std::string& answer);
  net::Task<base::Result<>> take_ended(const Numbers& asked, std::vector<archive::custody::SignedEnded> ended);
  bool may_break(const mail::smtp::CustodyNumber& number);
  Numbers to_be_asked(const Numbers& numbers);
  Numbers to_be_sent(const Numbers& asked, const Numbers& unknown);
  net::Task<> hand_over_again(Numbers numbers);
  net::Task<> tell_postmaster();

  Parts parts_;
  Asker ask_;
  Tell tell_;
  HeldNotices notices_;
  std::string from_;         // where the round goes on; empty: another one begins
  std::uint64_t found_ = 0;  // missing numbers, in this round
  using Times = std::map<mail::smtp::CustodyNumber, base::SteadyTime>;
  Times answered_;  // numbers that an answer did not close, and when
  Times sent_;      // numbers that were handed over again, and when
  std::mutex mutex_;
  Times broken_at_;  // numbers whose receipt was broken, and when; guarded by mutex_
  std::atomic<std::uint64_t> missing_{0}, lost_{0}, broken_{0};
};

/// What CustodyWatch asks, and receipt_topics answers. At most CustodyWatch::most numbers. errc::malformed.
std::string encode_numbers(const std::vector<mail::smtp::CustodyNumber>& numbers);
base::Result<std::vector<mail::smtp::CustodyNumber>> decode_numbers(std::string_view octets);
inline constexpr const char* receipts_verb = "receipts";

}  // namespace understudy::relay::peer
