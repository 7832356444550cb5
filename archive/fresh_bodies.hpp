/// The octets of small bodies that came in lately, kept in memory until newer ones need the room: most mail is relayed within
/// milliseconds of its commit, and is then not read back and unpacked. The store has the truth; what is not here is read there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "archive/store/body.hpp"

namespace understudy::archive {

/// Any thread.
class FreshBodies {
 public:
  static constexpr std::size_t most_of_one = 64 * 1024;  ///< octets; a larger body is never kept
  static constexpr std::size_t most = 8 << 20;           ///< octets of memory for all together

  /// A writer that keeps what goes through it, once it is sealed. The bodies outlive it.
  std::unique_ptr<store::BodyWriter> watch(std::unique_ptr<store::BodyWriter> writer);
  /// nullptr: not here.
  std::unique_ptr<store::BodyReader> open(const store::BodyRef& ref) const;

 private:
  class Writer;
  void keep(const store::BodyRef& ref, std::string octets);

  using Octets = std::shared_ptr<const std::string>;
  static std::size_t charge(const Octets& octets);

  mutable std::mutex mutex_;              // guards the rest
  std::map<store::BodyId, Octets> kept_;  ///< the oldest first
  std::size_t charged_ = 0;
};

}  // namespace understudy::archive
