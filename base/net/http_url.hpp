/// An http: or https: address, taken apart. RFC 3986 §3, RFC 9110 §4.2. Knows no user names, and no fragments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace understudy::net {

struct HttpUrl {
  enum class Scheme : std::uint8_t { http, https } scheme = Scheme::http;
  std::string host;  ///< a name in lower case, or an address without brackets
  std::uint16_t port = 80;
  std::string target = "/";  ///< path and query, as they stand

  /// errc::bad_name: another scheme, no host, octets that no URL has, more than 2,000 octets; https: without a name, since
  /// certificates are checked by it.
  static base::Result<HttpUrl> parse(std::string_view text);
  std::string authority() const;  ///< "tsa.example.org", "[2001:db8::1]:8080": what `Host:` says
};

}  // namespace understudy::net
