/// Why a journal entry does not end.
#pragma once

#include <boost/system/error_code.hpp>

namespace understudy::archive::endings {

enum class errc {
  queued = 1,  ///< the outbox still has it for somebody
  owed,        ///< it was handed over, and nobody has said yet that it came
  held,        ///< a hold covers it
  no_receipt,  ///< it was handed over, or given up, and the other machine never said that it came
  tells,       ///< it brought no message: it tells of endings or of a key
};
const boost::system::error_category& category() noexcept;
inline boost::system::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), category()};
}

}  // namespace understudy::archive::endings

template <>
struct boost::system::is_error_code_enum<understudy::archive::endings::errc> : std::true_type {};
