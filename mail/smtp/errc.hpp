/// What can be wrong with the octets of a message that arrives, and the one mapping from failures to SMTP replies.
#pragma once

#include <boost/system/error_code.hpp>

#include "mail/smtp/reply.hpp"

namespace understudy::mail::smtp {

enum class errc {
  bare_newline = 1,  ///< a CR without LF or an LF without CR (RFC 5321 §2.3.8)
  nul_octet,         ///< RFC 5321 §4.5.2 leaves it no meaning
  line_too_long,
  too_big,  ///< over the size limit (RFC 1870)
};
const boost::system::error_category& category() noexcept;
inline boost::system::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), category()};
}

/// What a client is told when its message cannot be kept for this reason. Permanent only where the message itself is at
/// fault; everything unknown, and everything that is our own trouble, is transient.
Reply reply_for(const boost::system::error_code& code);

}  // namespace understudy::mail::smtp

template <>
struct boost::system::is_error_code_enum<understudy::mail::smtp::errc> : std::true_type {};
