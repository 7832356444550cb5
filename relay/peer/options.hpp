/// What the configuration says of the peer link; filled by conf, read by relay/peer and app.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/net/ip.hpp"

namespace understudy::relay::peer {

/// What becomes of the other machine's orders to end what was kept.
enum class Endings : std::uint8_t {
  ask,   ///< a person here decides: who broke into the other machine cannot erase what this one has seen
  obey,  ///< done as they come
};

/// The other machine of the pair.
struct Options {
  std::string host;  ///< canonical host name, or an address without brackets
  std::uint16_t port = 8025;
  std::string key;                              ///< "ed25519:" and Base64 of 32 octets; empty: not paired yet
  std::vector<net::Endpoint> binds;             ///< where this machine listens; none: it only dials
  std::chrono::milliseconds retry{1000};        ///< wait after a first failure; it doubles with each more
  std::chrono::milliseconds retry_max{60'000};  ///< up to this
  std::chrono::milliseconds idle{15'000};       ///< without an octet from the other side before it is asked whether it is there
  std::chrono::milliseconds receipt_wait{20'000};  ///< of a message that was handed over, before it is asked for
  Endings endings = Endings::ask;
  std::uint64_t window = 1 << 20;  ///< octets of a topic that may be sent and not yet be durable there
};

}  // namespace understudy::relay::peer
