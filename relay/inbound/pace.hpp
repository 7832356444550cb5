/// How fast a client must be: the time that one transaction, and the message in it, may still take. RFC 5321 §4.5.3.2 gives
/// each command and each block of data minutes; without a bound on their sum one message could hold its connection for months.
#pragma once

#include <algorithm>
#include <optional>

#include "base/net/line_reader.hpp"
#include "relay/options.hpp"

namespace understudy::relay {

/// One per transaction, from its MAIL on; the clock outlives it.
class Pace {
 public:
  Pace(const Limits& limits, const base::Clock& clock)
      : limits_(limits), clock_(clock), whole_(limits.data_rate, limits.transaction_wait, clock) {}

  /// The client was told to go ahead with the data. Once for a message, in however many chunks it comes: what passes between
  /// them counts. Further calls change nothing.
  void begin_message() {
    if (message_) return;
    message_.emplace(limits_.data_rate, limits_.data_wait, clock_);
    begun_ = clock_.steady();
  }
  void count(std::uint64_t octets) {
    whole_.count(octets);
    if (message_) message_->count(octets);
  }
  /// The longest that the client may be waited for now; zero: he is too slow.
  net::Timeout left() const { return message_ ? std::min(whole_.left(), message_->left()) : whole_.left(); }
  bool in_message() const { return message_.has_value(); }
  /// Since begin_message().
  base::SteadyTime age() const { return message_ ? clock_.steady() - begun_ : base::SteadyTime::zero(); }

 private:
  Limits limits_;
  const base::Clock& clock_;
  net::RateFloor whole_;
  std::optional<net::RateFloor> message_;
  base::SteadyTime begun_{};
};

}  // namespace understudy::relay
