/// One blocking SMTP client connection: commands out, replies in (RFC 5321 §4.2). Knows no dialogue and never says a command
/// twice.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <netinet/in.h>

#include "base/result.hpp"

namespace understudy::bench {

struct Reply {
  int code = 0;
  std::string text;  ///< all lines
};

class Connection {  // one thread
 public:
  Connection() = default;
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Tries again for a second while nobody listens. The greeting is not read.
  base::Result<> open(const sockaddr_in& server);
  bool is_open() const { return socket_ >= 0; }
  void close();
  /// The pieces in one train of segments.
  base::Result<> write(std::span<const std::string_view> pieces);
  /// io: the server closed the connection; a system error when it is silent for a minute.
  base::Result<Reply> read_reply();
  /// Sends a line (its CRLF is added) and waits for the reply. refused: another code than `wanted`; the context tells it.
  base::Result<> expect(int wanted, std::string_view line);
  base::Result<> expect_reply(int wanted, std::string_view what);  ///< as `expect`, of what was sent before

 private:
  int socket_ = -1;
  std::string input_;  // received and not read yet
};

}  // namespace understudy::bench
