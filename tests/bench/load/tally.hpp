/// What a load saw: counts, and how long each message took. Tells itself as one JSON object.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace understudy::bench {

struct Tally {  // of one session; `add` makes one of many
  using Milliseconds = std::chrono::duration<double, std::milli>;

  std::uint64_t accepted = 0;    ///< messages answered with 250
  std::uint64_t recipients = 0;  ///< of these messages
  std::uint64_t octets = 0;      ///< of these messages, as they went over the wire, without the final dot
  std::uint64_t failed = 0;      ///< messages that were not accepted, for whatever reason
  std::string first_failure;
  std::vector<Milliseconds> latencies;  ///< from the final dot to its reply, one a message accepted

  void add(Tally&& other);
};

/// The value below which `share` (0 to 1) of them lie; zero of none.
Tally::Milliseconds quantile(std::vector<Tally::Milliseconds> values, double share);

/// A JSON object: accepted, recipients, octets, failed, seconds, latency_median_ms, latency_p99_ms, latency_max_ms, cpu_seconds
/// (of this process).
std::string told(const Tally& tally, std::chrono::duration<double> took);

}  // namespace understudy::bench
