#include "base/net/interfaces.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

namespace understudy::net {
namespace {

std::optional<IpAddress> address_of(const sockaddr* socket_address) {
  if (socket_address == nullptr) return std::nullopt;
  if (socket_address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, socket_address, sizeof in);
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &in.sin_addr, octets.size());
    return IpAddress::v4(octets);
  }
  if (socket_address->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 in{};
  std::memcpy(&in, socket_address, sizeof in);
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), &in.sin6_addr, octets.size());
  return IpAddress::v6(octets);
}

void sort_once(auto& list) {
  std::ranges::sort(list);
  list.erase(std::ranges::unique(list).begin(), list.end());
}

}  // namespace

std::vector<IpAddress> interface_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);
  std::vector<IpAddress> out;
  for (const auto* each = first; each != nullptr; each = each->ifa_next) {
    const auto address = (each->ifa_flags & IFF_UP) != 0 ? address_of(each->ifa_addr) : std::nullopt;
    if (address && !address->is_link_local()) out.push_back(*address);
  }
  sort_once(out);
  return out;
}

std::vector<Endpoint> reachable_endpoints(const std::vector<Endpoint>& binds, const std::vector<IpAddress>& addresses) {
  std::vector<Endpoint> out;
  for (const auto& bind : binds) {
    if (!bind.address.is_unspecified()) {
      out.push_back(bind);
      continue;
    }
    for (const auto& address : addresses)
      if (address.family() == bind.address.family()) out.push_back({address, bind.port});
  }
  sort_once(out);
  return out;
}

}  // namespace understudy::net
