/// What the configuration says about POP3. Plain values.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace understudy::mail::pop3 {

enum class ServerTls : std::uint8_t { none, stls, implicit };

struct ServerOptions {
  std::string hostname = "localhost";  ///< said in the greeting
  ServerTls tls = ServerTls::none;
  /// SASL mechanisms in the order of CAPA; offered only under TLS, whatever stands here. USER and PASS are offered under TLS.
  std::vector<std::string> mechanisms;

  std::size_t max_errors = 20;  ///< commands that are unknown, malformed or out of place; the last one ends the connection
  std::size_t max_errors_before_login = 3;  ///< the same until the maildrop is open
  std::size_t max_login_failures = 3;       ///< likewise
  std::size_t command_line = 253;           ///< octets without CRLF: RFC 2449 §4 has 255 with it
  std::size_t auth_line = 12288;            ///< of lines of a SASL exchange: RFC 5034 §4
  std::size_t chunk = 16 * 1024;            ///< octets of a listing that are made at a time, about
};

}  // namespace understudy::mail::pop3
