#include "base/random.hpp"

#include <stdexcept>

#include <openssl/rand.h>

namespace understudy::base {

std::string SystemRandom::octets(std::size_t count) {
  std::string out(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1)
    throw std::runtime_error("no random octets from the system");
  return out;
}

}  // namespace understudy::base
