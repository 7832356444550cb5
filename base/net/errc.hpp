/// What can go wrong on a connection or a look-up, told apart as far as a session or a delivery acts differently on it.
#pragma once

#include <boost/system/error_code.hpp>

namespace understudy::net {

enum class errc {
  closed = 1,   ///< the peer ended in order: FIN in the clear, close_notify under TLS
  truncated,    ///< the peer ended TLS without close_notify: whoever cut it may not be the peer
  reset,        ///< the connection broke
  timed_out,    ///< the wait's deadline passed
  cancelled,    ///< ended from this side: abort(), or the task was told to stop
  refused,      ///< nobody listens there
  unreachable,  ///< no route, no such network, no answer from the host
  too_long,     ///< a line over its limit, drained up to and including its end: the session is in step
  flood,        ///< a line over the limit for draining, too: only closing is left
  too_slow,     ///< under the least data rate
  tls,          ///< the handshake or a record failed
  certificate,  ///< a certificate or key of ours is unusable, or the peer's was demanded and did not verify
  bad_name,     ///< not a host name, an address, a network or an endpoint
  resources,    ///< this machine has no descriptors or memory left
  io,           ///< any other refusal of the system
};

const boost::system::error_category& category() noexcept;
inline boost::system::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), category()};
}

}  // namespace understudy::net

template <>
struct boost::system::is_error_code_enum<understudy::net::errc> : std::true_type {};
