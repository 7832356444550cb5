/// Looks for what is owed to the other machine and was lost: asks it for receipts of what is in nobody's hands here, and hands
/// over again what it has not got. Tells the log, the counters and the postmaster (docs/custody.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "archive/archive.hpp"
#include "archive/custody/taker.hpp"
#include "base/clock.hpp"
#include "base/net/link.hpp"
#include "relay/peer/traffic.hpp"
#include "relay/schedule/held_notices.hpp"

namespace understudy::relay::peer {

/// On the link's executor, but counts. References outlive it.
class CustodyWatch {
 public:
  static constexpr std::size_t most = 100;                ///< numbers in one question
  static constexpr std::chrono::minutes again_after{10};  ///< a number is handed over again at most so often
  static constexpr std::size_t most_sent = 10'000;        ///< of these, remembered

  using Ask = std::function<void(Traffic::Question, Traffic::Done)>;
  using Tell = std::function<net::Task<base::Result<>>(std::string subject, std::string text)>;

  struct Parts {
    archive::Archive& archive;
    archive::custody::ReceiptTaker& taker;
    const base::Clock& clock;
    std::chrono::milliseconds wait;  ///< for a receipt, before anybody asks for it
  };
  CustodyWatch(Parts parts, Ask ask, Tell tell) : parts_(parts), ask_(std::move(ask)), tell_(std::move(tell)) {}

  /// How long to rest between two looks: what is lost is known within twice the wait.
  std::chrono::milliseconds pause() const { return parts_.wait / 2; }
  /// One look. Without a link nothing is known to be lost, and nothing is done.
  net::Task<> look();

  std::uint64_t missing() const { return missing_; }  ///< found by the last look; any thread
  std::uint64_t lost() const { return lost_; }        ///< handed over again since the process began; any thread

 private:
  using Numbers = std::vector<mail::smtp::CustodyNumber>;
  net::Task<base::Result<std::string>> ask(const Numbers& numbers);
  Numbers to_be_sent(const Numbers& asked, const Numbers& unknown);
  net::Task<> hand_over_again(Numbers numbers);
  net::Task<> tell_postmaster();

  Parts parts_;
  Ask ask_;
  Tell tell_;
  HeldNotices notices_;
  std::uint64_t from_ = 0;                          // where the next look goes on
  std::map<std::uint64_t, base::SteadyTime> sent_;  // numbers that were handed over again, and when
  std::atomic<std::uint64_t> missing_{0}, lost_{0};
};

/// What CustodyWatch asks, and receipt_topics answers. At most CustodyWatch::most numbers. errc::malformed.
std::string encode_numbers(const std::vector<mail::smtp::CustodyNumber>& numbers);
base::Result<std::vector<mail::smtp::CustodyNumber>> decode_numbers(std::string_view octets);
inline constexpr const char* receipts_verb = "receipts";

}  // namespace understudy::relay::peer
