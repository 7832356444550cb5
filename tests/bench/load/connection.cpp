#include "connection.hpp"

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/text.hpp"
#include "endpoint.hpp"

namespace understudy::bench {
namespace {

constexpr int attempts = 50;
constexpr auto between_attempts = std::chrono::milliseconds(20);
constexpr timeval longest_silence{60, 0};  // a connection lost in a full backlog must not hang the run

std::vector<iovec> vectors(std::span<const std::string_view> pieces) {
  std::vector<iovec> list;
  for (const auto piece : pieces) list.push_back({const_cast<char*>(piece.data()), piece.size()});
  return list;
}

/// Takes the `count` octets that were sent off the front.
void drop_front(std::span<iovec>& list, std::size_t count) {
  while (!list.empty() && count >= list.front().iov_len) {
    count -= list.front().iov_len;
    list = list.subspan(1);
  }
  if (list.empty()) return;
  list.front().iov_base = static_cast<char*>(list.front().iov_base) + count;
  list.front().iov_len -= count;
}

}  // namespace

base::Result<> Connection::open(const sockaddr_in& server) {
  close();
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return system_failure("socket");
  for (int attempt = 1; connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0; ++attempt) {
    if (attempt == attempts) {
      auto failure = system_failure("connect");
      close();
      return failure;
    }
    std::this_thread::sleep_for(between_attempts);
  }
  send_at_once(socket_);
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &longest_silence, sizeof longest_silence);
  return {};
}

void Connection::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  input_.clear();
}

base::Result<> Connection::write(std::span<const std::string_view> pieces) {
  auto list = vectors(pieces);
  std::span<iovec> rest(list);
  drop_front(rest, 0);  // empty pieces
  while (!rest.empty()) {
    msghdr header{};
    header.msg_iov = rest.data();
    header.msg_iovlen = rest.size();
    const auto sent = sendmsg(socket_, &header, MSG_NOSIGNAL);
    if (sent <= 0) return system_failure("send");
    drop_front(rest, static_cast<std::size_t>(sent));
  }
  return {};
}

base::Result<Reply> Connection::read_reply() {
  Reply reply;
  std::array<char, 8192> piece;
  for (;;) {
    for (auto end = input_.find('\n'); end != input_.npos; end = input_.find('\n')) {
      const std::string line = input_.substr(0, end + 1);
      input_.erase(0, end + 1);
      reply.text += line;
      if (line.size() > 3 && line[3] == '-') continue;
      reply.code = static_cast<int>(base::to_number(line.substr(0, 3)).value_or(0));
      return reply;
    }
    const auto count = read(socket_, piece.data(), piece.size());
    if (count < 0) return system_failure("read");
    if (count == 0) return base::fail("closed by the server", base::errc::io);
    input_.append(piece.data(), static_cast<std::size_t>(count));
  }
}

base::Result<> Connection::expect(int wanted, std::string_view line) {
  const std::array<std::string_view, 2> pieces{line, "\r\n"};
  if (auto sent = write(pieces); !sent) return sent;
  return expect_reply(wanted, line);
}

base::Result<> Connection::expect_reply(int wanted, std::string_view what) {
  auto reply = read_reply();
  if (!reply) return base::fail(what, reply.error());
  if (reply->code != wanted) return base::fail(std::string(what) + ": " + reply->text, base::errc::refused);
  return {};
}

}  // namespace understudy::bench
