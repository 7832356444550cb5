/// Why mail is not taken under a custody number.
#pragma once

#include <boost/system/error_code.hpp>

namespace understudy::archive::custody {

enum class errc {
  replayed = 1,   ///< the number has brought other octets before
  exhausted = 2,  ///< it has brought more than one message has: too often something new
};
const boost::system::error_category& category() noexcept;
inline boost::system::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), category()};
}

}  // namespace understudy::archive::custody

template <>
struct boost::system::is_error_code_enum<understudy::archive::custody::errc> : std::true_type {};
