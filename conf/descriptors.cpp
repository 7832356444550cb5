#include "conf/descriptors.hpp"

#include <algorithm>

#include "base/net/listener.hpp"
#include "conf/convert.hpp"

namespace understudy::conf {
namespace {

constexpr std::uint64_t of_store_beside_tables = 64;  ///< logs, directories, what flushes and compactions write
constexpr std::uint64_t reserve = 128;                ///< event loops, DNS, admin socket, standard streams

}  // namespace

std::uint64_t descriptors_beside_connections(const Config& config) {
  std::uint64_t sum = reserve + of_store_beside_tables + to_store_options(config).open_files;
  sum += config.relay.outbound.connections + net::ConnectionLimits::most_leaving;
  for (const auto& listener : config.relay.listeners) sum += listener.binds.size() * (1 + net::Listener::Options().refusals);
  return sum;
}

std::uint32_t connections_within(const Config& config, std::uint64_t descriptors) {
  const auto others = descriptors_beside_connections(config);
  if (descriptors <= others) return 0;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(config.relay.connections.total, descriptors - others));
}

std::uint32_t access_connections_within(const Config& config, std::uint64_t descriptors) {
  const auto is_for_them = [](const relay::Listener& listener) { return !relay::speaks_smtp(listener.protocol); };
  if (std::ranges::none_of(config.relay.listeners, is_for_them)) return 0;
  const auto others = descriptors_beside_connections(config) + connections_within(config, descriptors);
  if (descriptors <= others) return 0;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(config.access.connections, descriptors - others));
}

}  // namespace understudy::conf
