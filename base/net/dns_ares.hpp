/// The Resolver over c-ares: its sockets are watched by an event loop, it has no thread of its own.
/// RFC 1035, RFC 7766 (TCP where the answer does not fit). Random ids and ports are c-ares's. Never reads /etc/hosts.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/net/dns.hpp"

namespace understudy::net {

class AresResolver final : public Resolver {
 public:
  struct Options {
    std::vector<std::string> servers;  ///< "127.0.0.1:5300", "[2001:db8::53]:53"; empty: those of resolv.conf
    std::chrono::milliseconds per_try{2000};
    unsigned tries = 3;                      ///< rounds through the servers, each with more patience
    std::chrono::milliseconds total{15000};  ///< of one look-up, whatever the servers do
    std::size_t at_once = 4096;              ///< questions under way; more are answered "temporary"
  };
  /// `home` is one loop: all of c-ares runs there. errc::bad_name: a server that is no address; errc::resources.
  static base::Result<std::unique_ptr<AresResolver>> make(boost::asio::any_io_executor home, const Options& options);
  /// From `home`, or when no loop runs any more; look-ups under way end as temporary.
  ~AresResolver() override;

  boost::asio::awaitable<base::Result<MxAnswer>> mx(std::string domain) override;
  boost::asio::awaitable<base::Result<AddressAnswer>> addresses(std::string host, Families families) override;
  boost::asio::awaitable<base::Result<NameAnswer>> names(IpAddress address) override;

 private:
  class Channel;
  struct Question;
  explicit AresResolver(std::shared_ptr<Channel> channel, std::chrono::milliseconds total);
  boost::asio::awaitable<std::shared_ptr<Question>> ask(std::string name, std::uint16_t type);
  std::shared_ptr<Channel> channel_;
  std::chrono::milliseconds total_;
};

}  // namespace understudy::net
