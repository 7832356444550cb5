/// The peer link of a machine, wired from its configuration and surroundings, and the file of its key. What travels over it is
/// registered by the machine.
#pragma once

#include <filesystem>
#include <memory>

#include "app/machine.hpp"
#include "base/ed25519.hpp"
#include "relay/peer/peer_link.hpp"

namespace understudy::app {

/// `<data>/peer/key.pem`: made at the first start by own_key(), also where there is no [peer] yet.
std::filesystem::path peer_key_file(const conf::Config& config);

/// nullptr where the configuration has no [peer]. What the surroundings refer to outlives the link.
std::unique_ptr<relay::peer::PeerLink> make_peer_link(const conf::Config& config, const Surroundings& surroundings,
                                                      const base::SigningKey& key);

}  // namespace understudy::app
