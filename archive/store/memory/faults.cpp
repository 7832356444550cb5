#include "archive/store/memory/faults.hpp"

namespace understudy::archive::store {

void Faults::keep(Kept kept, std::uint64_t seed) {
  kept_ = kept;
  seed_ = seed;
}

void Faults::crash_at(std::uint64_t point, Kept kept, std::uint64_t seed) {
  crash_point_ = point;
  keep(kept, seed);
}

void Faults::fail_sync_at(std::uint64_t sync, Kept kept, std::uint64_t seed) {
  failing_sync_ = sync;
  keep(kept, seed);
}

void Faults::fail_write_at(std::uint64_t write, Kept kept, std::uint64_t seed) {
  failing_write_ = write;
  keep(kept, seed);
}

Faults::Verdict Faults::pass(Point point) {
  points_.push_back(point);
  return points_.size() == crash_point_ ? Verdict::crash : Verdict::go_on;
}

}  // namespace understudy::archive::store
