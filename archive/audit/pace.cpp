#include "archive/audit/pace.hpp"

#include <algorithm>
#include <cmath>

namespace understudy::archive::audit {

std::optional<std::chrono::milliseconds> Pace::take(std::uint32_t uid) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.steady();
  const auto [at, fresh] = buckets_.try_emplace(uid, Bucket{limit_.at_once, now});
  auto& bucket = at->second;
  const double seconds = std::chrono::duration<double>(now - bucket.since).count();
  bucket.left = std::min(limit_.at_once, bucket.left + seconds * limit_.a_second);
  bucket.since = now;
  if (bucket.left - 1 < -limit_.waiting) return std::nullopt;
  bucket.left -= 1;
  if (bucket.left >= 0) return std::chrono::milliseconds(0);
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(-bucket.left / limit_.a_second * 1000)));
}

}  // namespace understudy::archive::audit
