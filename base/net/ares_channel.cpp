#include "base/net/ares_channel.hpp"

#include <boost/asio/posix/descriptor_base.hpp>

#include "base/net/errc.hpp"

namespace understudy::net {
namespace asio = boost::asio;
namespace {
constexpr int internet = 1;
constexpr int udp_octets = 1232;  // EDNS: what passes without fragments
}  // namespace

/// c-ares owns the descriptor; Asio only borrows it to wait for it.
struct AresResolver::Channel::Socket {
  Socket(asio::any_io_executor home, ares_socket_t fd) : descriptor(home, fd) {}
  asio::posix::stream_descriptor descriptor;
  bool open = true;
  bool want_read = false;
  bool want_write = false;
  bool reading = false;
  bool writing = false;
};

struct AresResolver::Channel::Asked {
  std::shared_ptr<Channel> channel;
  Callback callback;
};

AresResolver::Channel::Channel(asio::any_io_executor home, std::size_t at_once)
    : home_(home), timer_(home), at_once_(at_once) {}

AresResolver::Channel::~Channel() {
  close();
}

base::Result<> AresResolver::Channel::open(const Options& options) {
  ares_options wish{};
  wish.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS;
  wish.ednspsz = udp_octets;
  wish.timeout = static_cast<int>(options.per_try.count());
  wish.tries = static_cast<int>(options.tries);
  wish.sock_state_cb = on_socket_state;
  wish.sock_state_cb_data = this;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (const int status = ares_init_options(&channel_, &wish, mask); status != ARES_SUCCESS)
    return base::fail(std::string("c-ares: ") + ares_strerror(status), errc::resources);
  if (options.servers.empty()) return {};
  std::string list;
  for (const std::string& server : options.servers) {
    const auto endpoint = Endpoint::parse(server);
    if (!endpoint) return base::fail("DNS server", endpoint.error());
    list += (list.empty() ? "" : ",") + endpoint->text();
  }
  if (const int status = ares_set_servers_ports_csv(channel_, list.c_str()); status != ARES_SUCCESS)
    return base::fail(std::string("DNS servers: ") + ares_strerror(status), errc::bad_name);
  return {};
}

void AresResolver::Channel::close() {
  if (!channel_) return;
  ares_destroy(std::exchange(channel_, nullptr));  // calls back for every question and every socket
  timer_.cancel();
}

void AresResolver::Channel::ask(const std::string& name, std::uint16_t type, Callback callback) {
  if (!channel_) return callback(ARES_EDESTRUCTION, "");
  if (under_way_ >= at_once_) return callback(ARES_ENOMEM, "");
  ++under_way_;
  auto asked = std::make_unique<Asked>(Asked{shared_from_this(), std::move(callback)});
  ares_query(channel_, name.c_str(), internet, type, on_answer, asked.release());
  set_timer();
}

void AresResolver::Channel::on_answer(void* asked, int status, int, unsigned char* message, int size) {
  const std::unique_ptr<Asked> held(static_cast<Asked*>(asked));
  --held->channel->under_way_;
  std::string octets;
  if (message && size > 0) octets.assign(reinterpret_cast<const char*>(message), static_cast<std::size_t>(size));
  held->callback(status, std::move(octets));
}

void AresResolver::Channel::on_socket_state(void* self, ares_socket_t socket, int readable, int writable) {
  static_cast<Channel*>(self)->watch(socket, readable != 0, writable != 0);
}

void AresResolver::Channel::watch(ares_socket_t fd, bool readable, bool writable) {
  auto& socket = sockets_[fd];
  if (!readable && !writable) {  // c-ares closes it right after this call
    if (socket) {
      socket->open = false;
      socket->descriptor.release();
    }
    sockets_.erase(fd);
    return;
  }
  if (!socket) socket = std::make_shared<Socket>(home_, fd);
  socket->want_read = readable;
  socket->want_write = writable;
  const auto held = socket;
  wait(held, true);
  wait(held, false);
}

void AresResolver::Channel::wait(const std::shared_ptr<Socket>& socket, bool for_read) {
  bool& waiting = for_read ? socket->reading : socket->writing;
  if (!socket->open || waiting || !(for_read ? socket->want_read : socket->want_write)) return;
  waiting = true;
  const auto kind = for_read ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
  socket->descriptor.async_wait(kind, [weak = weak_from_this(), socket, for_read](const boost::system::error_code& error) {
    (for_read ? socket->reading : socket->writing) = false;
    const auto self = weak.lock();
    if (self && !error) self->ready(socket, for_read);
  });
}

void AresResolver::Channel::ready(const std::shared_ptr<Socket>& socket, bool for_read) {
  if (!socket->open || !channel_) return;
  const ares_socket_t fd = socket->descriptor.native_handle();
  ares_process_fd(channel_, for_read ? fd : ARES_SOCKET_BAD, for_read ? ARES_SOCKET_BAD : fd);
  wait(socket, for_read);
  set_timer();
}

void AresResolver::Channel::set_timer() {
  timeval left{};
  if (!channel_ || !ares_timeout(channel_, nullptr, &left)) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || !self->channel_) return;
    ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    self->set_timer();
  });
}

}  // namespace understudy::net
