/// One POST to one server, and its answer, both small: HTTP/1.1 (RFC 9112), by Boost.Beast's parser over a Link. Each has a
/// connection of its own. Follows no redirection, keeps no cookie, asks no proxy.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.hpp"
#include "base/net/connector.hpp"
#include "base/net/dns.hpp"
#include "base/net/http_url.hpp"
#include "base/net/tls.hpp"

namespace understudy::net {

/// What a post needs of its surroundings. References outlive it.
struct HttpParts {
  Resolver& resolver;
  Connector& connector;
  const base::Clock& clock;
  const TlsContext&
      tls;  ///< a client's; for https: it says which roots are trusted, and a certificate that does not verify ends it
};

struct HttpPost {
  HttpUrl url;
  std::string content_type;
  std::string accept;
  std::string body;
  std::size_t max_answer = 64 * 1024;  ///< octets of the answer's body
  Timeout timeout{30'000};             ///< of it all, but that a look-up of the host takes as long as the resolver allows
};

struct HttpAnswer {
  unsigned status = 0;       ///< whatever the server said: 200, 302, 503
  std::string content_type;  ///< as it came; empty: it said none
  std::string body;
};

/// errc::unreachable: the host has no address, or none answers; timed_out, too_long, certificate, the link's other ones;
/// base::errc::malformed: no HTTP, or an answer that was cut short.
Task<base::Result<HttpAnswer>> http_post(HttpPost post, HttpParts parts);

}  // namespace understudy::net
