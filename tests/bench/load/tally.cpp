#include "tally.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <utility>

#include <sys/resource.h>

namespace understudy::bench {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void Tally::add(Tally&& other) {
  accepted += other.accepted;
  recipients += other.recipients;
  octets += other.octets;
  failed += other.failed;
  if (first_failure.empty()) first_failure = std::move(other.first_failure);
  latencies.insert(latencies.end(), other.latencies.begin(), other.latencies.end());
}

Tally::Milliseconds quantile(std::vector<Tally::Milliseconds> values, double share) {
  if (values.empty()) return {};
  const auto place = std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())));
  const auto there = values.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), there, values.end());
  return *there;
}

std::string told(const Tally& tally, std::chrono::duration<double> took) {
  std::ostringstream out;
  out << "{\"accepted\": " << tally.accepted << ", \"recipients\": " << tally.recipients << ", \"octets\": " << tally.octets
      << ", \"failed\": " << tally.failed << ", \"seconds\": " << took.count()
      << ", \"latency_median_ms\": " << quantile(tally.latencies, 0.5).count()
      << ", \"latency_p99_ms\": " << quantile(tally.latencies, 0.99).count()
      << ", \"latency_max_ms\": " << quantile(tally.latencies, 1).count() << ", \"cpu_seconds\": " << cpu_seconds() << "}";
  return std::move(out).str();
}

}  // namespace understudy::bench
