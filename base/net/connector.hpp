/// Opens connections, as a thing that is handed in: TCP, or pipes to listeners within a test.
#pragma once

#include <memory>
#include <optional>

#include "base/net/link.hpp"

namespace understudy::net {

class Connector {
 public:
  virtual ~Connector() = default;
  /// The link lives on the caller's executor. `source`: the local address to use, of the same family.
  /// errc::refused, unreachable, timed_out, cancelled, resources, io. Any thread.
  virtual Task<base::Result<std::unique_ptr<Link>>> connect(Endpoint to, std::optional<IpAddress> source, Timeout timeout) = 0;
};

class TcpConnector final : public Connector {
 public:
  Task<base::Result<std::unique_ptr<Link>>> connect(Endpoint to, std::optional<IpAddress> source, Timeout timeout) override;
};

}  // namespace understudy::net
