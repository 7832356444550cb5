/// Randomness, as a thing that is handed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace understudy::base {

class Random {
 public:
  virtual ~Random() = default;
  /// `count` octets, fit for nonces and keys. Any thread. Throws where the system has none: nothing can go on without.
  virtual std::string octets(std::size_t count) = 0;
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned char c : octets(8)) value = value << 8 | c;
    return value;
  }
};

/// OpenSSL's generator.
class SystemRandom final : public Random {
 public:
  std::string octets(std::size_t count) override;
};

}  // namespace understudy::base
