#include "sink.hpp"

#include <array>
#include <map>
#include <string>
#include <vector>

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoint.hpp"
#include "sink_session.hpp"

namespace understudy::bench {
namespace {

constexpr int backlog = 4096;
constexpr std::size_t piece_size = 256 * 1024;

base::Result<int> listen_on(const sockaddr_in& address) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (socket < 0) return system_failure("socket");
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return system_failure("bind");
  if (listen(socket, backlog) != 0) return system_failure("listen");
  return socket;
}

/// Answers are a few octets on a connection that is read all the time: what does not fit at once is a lost peer.
bool write_whole(int socket, std::string_view text) {
  return text.empty() || send(socket, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

class Sink {
 public:
  Sink(int smtp, int control) : smtp_(smtp), control_(control), poll_(epoll_create1(EPOLL_CLOEXEC)), piece_(piece_size) {
    watch(smtp_);
    watch(control_);
  }

  base::Result<> run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(poll_, events.data(), events.size(), -1);
      if (count < 0 && errno != EINTR) return system_failure("epoll_wait");
      for (int number = 0; number < count; ++number) serve(events[static_cast<std::size_t>(number)].data.fd);
    }
  }

 private:
  void watch(int socket) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &event);
  }

  void serve(int socket) {
    if (socket == smtp_) return take_peers();
    if (socket == control_) return tell();
    const auto count = read(socket, piece_.data(), piece_.size());
    if (count <= 0) return drop(socket);
    // A client that leaves Nagle's algorithm on would wait for our late acknowledgement, 40 ms a message.
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    auto& session = sessions_.at(socket);
    const auto answer = session.feed({piece_.data(), static_cast<std::size_t>(count)});
    if (!write_whole(socket, answer) || session.over()) drop(socket);
  }

  void take_peers() {
    for (;;) {
      const int peer = accept4(smtp_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (peer < 0) return;
      send_at_once(peer);
      sessions_.try_emplace(peer, counts_);
      watch(peer);
      if (!write_whole(peer, SinkSession::greeting())) drop(peer);
    }
  }

  void tell() {
    const int asker = accept4(control_, nullptr, nullptr, SOCK_CLOEXEC);
    if (asker < 0) return;
    (void)write_whole(asker, std::to_string(counts_.messages) + " " + std::to_string(counts_.recipients) + " " +
                                 std::to_string(counts_.octets) + " " + std::to_string(counts_.names.size()) + "\n");
    close(asker);
  }

  void drop(int socket) {
    sessions_.erase(socket);
    close(socket);  // and is watched no more
  }

  int smtp_, control_, poll_;
  std::vector<char> piece_;
  Counts counts_;
  std::map<int, SinkSession> sessions_;
};

}  // namespace

base::Result<> run_sink(const SinkPorts& ports) {
  auto smtp = listen_on(ports.smtp);
  if (!smtp) return base::fail("smtp", smtp.error());
  auto control = listen_on(ports.control);
  if (!control) return base::fail("control", control.error());
  return Sink(*smtp, *control).run();
}

}  // namespace understudy::bench
