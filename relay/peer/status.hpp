/// What is to be known of the peer link at a moment; for `peer status`, metrics and check.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ed25519.hpp"
#include "relay/peer/conversation.hpp"
#include "relay/peer/traffic.hpp"

namespace understudy::relay::peer {

struct Connected {
  base::WallTime since;
  Dialled dialled = Dialled::here;
  net::Endpoint at;
  Hello other;
};

struct Status {
  std::optional<Connected> connected;
  std::string trouble;  ///< why there is no link, as far as is known
  std::vector<TopicStatus> topics;
  std::vector<std::string> missing_there;  ///< features that this machine has and the other one lacks
  std::vector<std::string> missing_here;
  std::vector<std::string> needed;               ///< of missing_there: those that this machine's configuration needs
  std::map<std::string, std::uint64_t> refused;  ///< by reason, since the process began
  /// The key that somebody showed last and that is not the pinned one. Nobody has proven that he holds it.
  std::optional<base::PublicKey> offered;
};

}  // namespace understudy::relay::peer
