#include "endpoint.hpp"

#include <cerrno>
#include <limits>
#include <string>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/text.hpp"

namespace understudy::bench {

base::Result<sockaddr_in> loopback(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto port = colon == text.npos ? std::nullopt : base::to_number(text.substr(colon + 1));
  sockaddr_in address{};
  if (!port || *port > std::numeric_limits<in_port_t>::max() ||
      inet_pton(AF_INET, std::string(text.substr(0, colon)).c_str(), &address.sin_addr) != 1)
    return base::fail(std::string(text), base::errc::malformed);
  if (ntohl(address.sin_addr.s_addr) >> 24 != 127) return base::fail(std::string(text), base::errc::refused);
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(*port));
  return address;
}

std::unexpected<base::Error> system_failure(std::string_view what) {
  return base::fail(std::string(what), boost::system::error_code(errno, boost::system::system_category()));
}

void send_at_once(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace understudy::bench
