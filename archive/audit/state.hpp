/// What follows from the entries of the audit journal: the cases, and the requests for a second person with what was answered.
/// A projection, in `journal_state` of the audit journal's shard: made of the entries alone, and never a truth of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "archive/audit/record.hpp"
#include "base/result.hpp"

namespace understudy::archive::audit {

/// A request for a second person.
struct Request {
  std::uint64_t index = 0;  ///< of its entry: by this number people speak of it
  base::Digest digest{};    ///< of action and arguments
  Actor actor;
  Kind kind = Kind::plain;
  std::string action;
  Fields object;
  std::string reason;
  std::string in_case;
  base::WallTime asked{};
  enum class State : std::uint8_t { waiting = 1, given, refused, used } state = State::waiting;
  Actor decided_by;  ///< of all states but `waiting`
  base::WallTime decided{};

  std::string encode() const;
  static base::Result<Request> decode(std::string_view octets);
  bool operator==(const Request&) const = default;
};
std::string_view name_of(Request::State state);

/// A case, with what became of it.
struct KeptCase {
  Case terms;
  std::uint64_t index = 0;  ///< of the entry that opened it
  std::string opened_by;
  base::WallTime opened{};
  std::optional<base::WallTime> closed;

  bool open_at(base::WallTime now) const { return !closed && now < terms.until; }
  std::string encode() const;
  static base::Result<KeptCase> decode(std::string_view octets);
  bool operator==(const KeptCase&) const = default;
};

/// Keys in `journal_state`. None has a name or a digest that could be guessed: where the store encrypts, values are sealed and
/// keys are not.
std::string case_key(std::uint64_t index);  ///< of the entry that opened it
std::string request_key(std::uint64_t index);
/// Of the case of this name; `secret` is drawn with the first case, and lies at `secret_key`.
std::string case_name_key(std::string_view secret, std::string_view name);
inline constexpr char case_prefix = 'C';
inline constexpr char case_name_prefix = 'N';
inline constexpr char request_prefix = 'R';
inline constexpr std::string_view secret_key = "S";
/// Of an entry before whose time its clock was set back: between two of these entries' times only grow.
std::string back_key(std::uint64_t index);
inline constexpr char back_prefix = 'B';
inline constexpr std::string_view last_time_key = "L";  ///< of the newest entry

/// Records by key, as they will be.
struct Cells {
  std::function<base::Result<std::optional<std::string>>(const std::string& key)> get;
  std::function<void(std::string key, std::string value)> put;
};

template <class Value>
base::Result<std::optional<Value>> find(const Cells& cells, const std::string& key) {
  auto value = cells.get(key);
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<Value>();
  auto decoded = Value::decode(**value);
  if (!decoded) return std::unexpected(decoded.error());
  return std::optional(std::move(*decoded));
}
/// nullopt: there never was a case of this name.
base::Result<std::optional<KeptCase>> find_case(const Cells& cells, std::string_view name);

/// What the entry at `index` changes. errc::damaged: a cell cannot be read, or a case is opened before there is a secret.
base::Result<> project(const Cells& cells, std::uint64_t index, const Record& record);

}  // namespace understudy::archive::audit
