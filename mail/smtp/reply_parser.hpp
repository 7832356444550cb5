/// Reads the replies of a next hop: RFC 5321 §4.2, with the enhanced status codes of RFC 2034 and RFC 3463.
/// Never waits and never reads: it is given lines. What it lets through is bounded and has no control characters.
#pragma once

#include <optional>
#include <string_view>

#include "mail/smtp/reply.hpp"

namespace understudy::mail::smtp {

class ReplyParser {  // one per connection, one thread
 public:
  static constexpr std::size_t max_line = 2048;  ///< octets without the CRLF; RFC 5321 §4.5.3.1.5 says 512, few keep to it
  static constexpr std::size_t max_lines = 100;

  /// One line without its line end. nullopt: the reply goes on. errc::malformed, errc::too_long: the connection is of no use
  /// any more, since nobody knows which reply answers which command.
  base::Result<std::optional<Reply>> on_line(std::string_view line);

  bool in_reply() const { return !partial_.lines.empty(); }  ///< a "250-" line was read and its end is to come

 private:
  Reply partial_;
};

/// "5.1.1 no such user" -> status "5.1.1" and the text behind it, where the class is that of `code`; else none, all of it.
struct StatusAndText {
  std::string_view status;
  std::string_view text;
};
StatusAndText split_status(int code, std::string_view text);

}  // namespace understudy::mail::smtp
