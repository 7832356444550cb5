/// The octets of small bodies that came in lately, kept in memory for a few seconds: most mail is relayed within
/// milliseconds of its commit, and is then not read back and unpacked. The store has the truth; what is not here is read there.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "archive/store/body.hpp"
#include "base/clock.hpp"

namespace understudy::archive {

/// Any thread.
class FreshBodies {
 public:
  static constexpr std::size_t most_of_one = 64 * 1024;  ///< octets; a larger body is never kept
  static constexpr std::size_t most = 8 << 20;           ///< octets of memory for all together

  static constexpr std::chrono::seconds kept_for{10};  ///< while others want the room

  explicit FreshBodies(const base::Clock& clock) : clock_(clock) {}

  /// A writer that keeps what goes through it, once it is sealed. The bodies outlive it.
  std::unique_ptr<store::BodyWriter> watch(std::unique_ptr<store::BodyWriter> writer);
  /// Gives it away: whom it is for next reads the store. nullptr: not here.
  std::unique_ptr<store::BodyReader> take(const store::BodyRef& ref);

 private:
  class Writer;
  void keep(const store::BodyRef& ref, std::string octets);

  struct Kept {
    std::string octets;
    std::size_t charge = 0;  ///< octets of memory
    base::SteadyTime since{};
  };
  void drop(std::map<store::BodyId, Kept>::iterator at);

  const base::Clock& clock_;
  std::mutex mutex_;                    // guards the rest
  std::map<store::BodyId, Kept> kept_;  ///< the oldest first
  std::size_t charged_ = 0;
};

}  // namespace understudy::archive
