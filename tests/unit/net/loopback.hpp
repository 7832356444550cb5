/// Two ends of a real TCP connection over loopback, for the tests of this folder.
#pragma once

#include <memory>
#include <string>

#include "base/net/acceptor.hpp"
#include "base/net/connector.hpp"
#include "tests/support/knot.hpp"
#include "tests/support/real_loop.hpp"

namespace understudy::net::test {

struct Ends {
  std::unique_ptr<Link> client;  // both empty where the address does not exist here
  std::unique_ptr<Link> server;
};

inline Task<Ends> open_ends(std::unique_ptr<Acceptor> acceptor, std::optional<IpAddress> source) {
  TcpConnector connector;
  auto client = co_await connector.connect(acceptor->local(), source, std::chrono::seconds(5));
  auto server = co_await acceptor->accept();
  Ends ends;
  if (client && server) ends = Ends{std::move(*client), std::move(*server)};
  co_return ends;
}

inline Ends loopback(sim::RealLoop& loop, const std::string& address = "127.0.0.1", const std::string& source = "") {
  const auto bind = Endpoint{*IpAddress::parse(address), 0};
  auto acceptor = listen_tcp(loop.executor(), bind, [&loop] { return loop.executor(); });
  if (!acceptor) return {};
  std::optional<IpAddress> from;
  if (!source.empty()) from = *IpAddress::parse(source);
  return loop.run(open_ends(std::move(*acceptor), from));
}

/// The error's code, or zero.
template <class T>
errc code_of(const base::Result<T>& result) {
  return result ? errc{} : static_cast<errc>(result.error().code.value());
}

}  // namespace understudy::net::test
