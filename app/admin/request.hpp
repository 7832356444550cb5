/// What the admin socket speaks of: a verb's request and its answer. HTTP and JSON carry it; nothing here knows either.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/result.hpp"

namespace understudy::app {

class AdminVisit;

/// Who is at the other end of a connection, as the system says (SO_PEERCRED).
struct AdminPeer {
  std::uint32_t uid = 0;
  std::int64_t process = 0;
  std::string account;  ///< name of the UNIX account; empty: it has none
};

/// `POST /<verb>` with a JSON object of arguments, from a client on this machine. Its member "audit" is not the verb's: an
/// object of texts, "reason" and "case", for the audit journal.
struct AdminRequest {
  std::string verb;  ///< "queue/list", "account/add"
  boost::json::object arguments;
  AdminPeer peer = {};
  AdminVisit* visit = nullptr;  ///< of the connection; nullptr: there is none, and nothing goes on under an earlier permit
};

/// Octets that are sent as they are read, so that memory does not grow with their number.
struct OctetStream {
  std::uint64_t size = 0;
  /// Octets from this offset on, some of them; never empty below `size`. Keeps alive what it needs.
  std::function<base::Result<std::string>(std::uint64_t offset)> read;
};

struct AdminAnswer {
  enum class Status : std::uint8_t { done, failed, not_found, wrong_usage, refused } status = Status::done;
  boost::json::value value;           ///< of a list verb an array of objects; of a failure {"error": what and what to do}
  std::string next;                   ///< a list goes on: ask again with "after" set to this; empty: it is complete
  std::optional<OctetStream> octets;  ///< instead of `value`
};

}  // namespace understudy::app
