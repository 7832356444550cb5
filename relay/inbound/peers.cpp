#include "relay/inbound/peers.hpp"

#include "relay/certificate.hpp"

namespace understudy::relay {

const Client* find_client(const std::vector<Client>& clients, const net::IpAddress& address, const net::TlsInfo* tls) {
  const std::string certificate = certificate_text(tls);
  const Client* best = nullptr;
  unsigned longest = 0;
  for (const auto& client : clients) {
    if (!client.certificate.empty() && client.certificate != certificate) continue;
    bool inside = client.networks.empty() && !client.certificate.empty();  // known by its certificate, wherever it is
    unsigned prefix = 0;
    for (const auto& network : client.networks) {
      if (!network.contains(address)) continue;
      inside = true;
      prefix = std::max(prefix, network.prefix());
    }
    if (!inside) continue;
    if (!client.certificate.empty()) return &client;
    if (!best || prefix > longest) {
      best = &client;
      longest = prefix;
    }
  }
  return best;
}

}  // namespace understudy::relay
