#include "base/random.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace understudy::base {

namespace {
void generate(char* out, std::size_t count) {
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out), static_cast<int>(count)) != 1)
    throw std::runtime_error("no random octets from the system");
}

/// A thread's octets drawn ahead: each call of the generator costs a microsecond, and a message takes half a dozen nonces.
class Drawn {
 public:
  Drawn() = default;
  Drawn(const Drawn&) = delete;
  Drawn& operator=(const Drawn&) = delete;
  ~Drawn() { OPENSSL_cleanse(octets_.data(), octets_.size()); }

  void take(char* out, std::size_t count) {
    if (octets_.size() - used_ < count) {
      used_ = octets_.size();  // whatever the generator does now, nothing is given twice
      generate(octets_.data(), octets_.size());
      used_ = 0;
    }
    std::copy_n(octets_.data() + used_, count, out);
    OPENSSL_cleanse(octets_.data() + used_, count);  // a secret is not to be found where it came from
    used_ += count;
  }

 private:
  std::array<char, 1024> octets_{};
  std::size_t used_ = octets_.size();
};
}  // namespace

std::string SystemRandom::octets(std::size_t count) {
  constexpr std::size_t most_drawn_ahead = 64;
  thread_local Drawn drawn;
  std::string out(count, '\0');
  if (count <= most_drawn_ahead) {
    drawn.take(out.data(), count);
  } else {
    generate(out.data(), count);
  }
  return out;
}

}  // namespace understudy::base
