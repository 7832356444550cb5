/// An SMTP reply (RFC 5321 §4.2) with its enhanced status code (RFC 2034, RFC 3463).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace understudy::mail::smtp {

struct Reply {
  int code = 0;                    ///< 200 to 599
  std::string status;              ///< "5.7.1"; empty where none belongs (greeting, EHLO, 354)
  std::vector<std::string> lines;  ///< without code, status and line end; at least one; no control characters

  Reply() = default;
  Reply(int code_, std::string status_, std::string text) : code(code_), status(std::move(status_)), lines{std::move(text)} {}

  bool positive() const { return code >= 200 && code < 300; }
  bool transient() const { return code >= 400 && code < 500; }
  bool permanent() const { return code >= 500 && code < 600; }
  /// As it goes on the wire, every line with its CRLF. Control characters in lines are replaced, long lines cut (§4.5.3.1.5).
  std::string wire() const;
  /// One line for logs, queue listings and reports: "550 5.1.1 no such user".
  std::string text() const;
  bool operator==(const Reply&) const = default;
};

}  // namespace understudy::mail::smtp
