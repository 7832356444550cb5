/// One c-ares channel whose sockets and time-outs are watched by an event loop. For base/net alone.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <ares.h>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/net/dns_ares.hpp"

namespace understudy::net {

/// Everything but executor() on its executor. Destroy through close().
class AresResolver::Channel : public std::enable_shared_from_this<Channel> {
 public:
  using Callback = std::function<void(int status, std::string message)>;  ///< once, perhaps before ask() returns

  Channel(boost::asio::any_io_executor home, std::size_t at_once);
  ~Channel();
  base::Result<> open(const Options& options);
  void ask(const std::string& name, std::uint16_t type, Callback callback);
  void close();  ///< questions under way are answered with ARES_EDESTRUCTION
  boost::asio::any_io_executor executor() const { return home_; }

 private:
  struct Socket;
  struct Asked;
  static void on_answer(void* asked, int status, int timeouts, unsigned char* message, int size);
  static void on_socket_state(void* self, ares_socket_t socket, int readable, int writable);
  void watch(ares_socket_t socket, bool readable, bool writable);
  void wait(const std::shared_ptr<Socket>& socket, bool for_read);
  void ready(const std::shared_ptr<Socket>& socket, bool for_read);
  void set_timer();

  boost::asio::any_io_executor home_;
  ares_channel channel_ = nullptr;
  boost::asio::steady_timer timer_;
  std::map<ares_socket_t, std::shared_ptr<Socket>> sockets_;
  std::size_t at_once_;
  std::size_t under_way_ = 0;
};

}  // namespace understudy::net
