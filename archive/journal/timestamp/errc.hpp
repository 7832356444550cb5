/// Why what a time-stamping authority answered is not kept.
#pragma once

#include <string_view>

#include <boost/system/error_code.hpp>

namespace understudy::archive::journal::timestamp {

enum class errc {
  too_large = 1,  ///< over max_response
  malformed,      ///< no TimeStampResp of RFC 3161
  not_granted,    ///< the authority says no
  other_imprint,  ///< of something else than was asked for
  other_nonce,    ///< an answer to another question, an old one maybe
  untrusted,      ///< its certificate does not lead to a root that is trusted, or is not one for time stamps
  bad_signature,  ///< the signature, or what it has to name, does not hold
};
const boost::system::error_category& category() noexcept;
inline boost::system::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), category()};
}
std::string_view name_of(errc e);  ///< "other_imprint": for the log and for metrics

}  // namespace understudy::archive::journal::timestamp

template <>
struct boost::system::is_error_code_enum<understudy::archive::journal::timestamp::errc> : std::true_type {};
