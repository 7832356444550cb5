/// Errors as values: `Error` says what happened and to what, `Result` carries it or the answer.
/// What a peer refuses is a value of its own (a reply, an outcome), never an Error.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include <boost/system/error_code.hpp>

namespace understudy::base {

struct Error {
  boost::system::error_code code;
  std::string context;  ///< for the log and the administrator, never for a peer

  /// "context: message of the code"
  std::string text() const { return context.empty() ? code.message() : context + ": " + code.message(); }
};

template <class T = void>
struct [[nodiscard]] Result : std::expected<T, Error> {  // the standard type, made impossible to ignore
  using std::expected<T, Error>::expected;
};

/// A new failure. `context` names the thing that failed.
inline std::unexpected<Error> fail(std::string context, boost::system::error_code code) {
  return std::unexpected<Error>(Error{code, std::move(context)});
}

/// Passes a failure on and says where it passed: the code is kept, the context grows to the left.
inline std::unexpected<Error> fail(std::string_view where, const Error& cause) {
  return std::unexpected<Error>(
      Error{cause.code, cause.context.empty() ? std::string(where) : std::string(where) + ": " + cause.context});
}

/// The failures that every folder shares; folders with more of their own declare an enum beside it.
enum class errc {
  malformed = 1,  ///< bytes that do not follow the grammar
  too_long,       ///< a length, count or depth over its limit
  not_found,
  exists,
  unsupported,
  damaged,  ///< stored bytes that fail their check
  io,       ///< the system refused a read, a write or a sync
  stopped,  ///< writing has stopped until restart
  shutting_down,
  timed_out,
  refused,  ///< not allowed
  busy,     ///< a limit in force; try again
  no_key,   ///< encrypted, and there is no key to it, or no longer
};
const boost::system::error_category& category() noexcept;
inline boost::system::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), category()};
}

}  // namespace understudy::base

template <>
struct boost::system::is_error_code_enum<understudy::base::errc> : std::true_type {};
