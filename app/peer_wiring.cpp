#include "app/peer_wiring.hpp"

#include "app/version.hpp"
#include "base/codec.hpp"

namespace understudy::app {

std::filesystem::path peer_key_file(const conf::Config& config) {
  return std::filesystem::path(config.server.data) / "peer" / "key.pem";
}

std::unique_ptr<relay::peer::PeerLink> make_peer_link(const conf::Config& config, const Surroundings& surroundings,
                                                      const base::SigningKey& key) {
  if (!config.peer) return nullptr;
  const auto& stored = surroundings.store.identity();
  relay::peer::Identity identity;
  identity.program = "understudy " + std::string(version);
  identity.instance = base::from_hex(stored.instance).value_or("");
  identity.incarnation = base::from_hex(stored.incarnation).value_or("");
  for (auto* id : {&identity.instance, &identity.incarnation}) id->resize(16);
  identity.hostname = config.server.hostname;
  relay::peer::Parts parts{surroundings.connector,
                           surroundings.resolver,
                           surroundings.timers,
                           surroundings.clock,
                           surroundings.random,
                           surroundings.home,
                           {}};
  parts.listen = surroundings.listen_at_home ? surroundings.listen_at_home : surroundings.listen;
  return std::make_unique<relay::peer::PeerLink>(std::move(parts), *config.peer, key, std::move(identity));
}

}  // namespace understudy::app
