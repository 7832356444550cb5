/// One entry of the audit journal: who did what, from where, in which role, why, and what came of it. An entry is a leaf of a
/// Merkle log like one of the mail journal, with these octets as its only part (docs/store.md, "Audit journal"). Never does
/// I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/audit/options.hpp"
#include "archive/journal/key_change.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::archive::audit {

std::string_view name_of(Kind kind);  ///< "search"
std::optional<Kind> kind_from(std::string_view name);

std::string_view name_of(Role role);

enum class Event : std::uint8_t {
  begun = 1,  ///< allowed, and about to be done
  ended,      ///< what came of an entry before
  refused,    ///< not allowed: nothing was done
  asked,      ///< waits for a second person: nothing was done
  noted,      ///< done by the machine, or with its store while the server did not run
};
std::string_view name_of(Event event);

/// Who acts.
struct Actor {
  std::string name;  ///< of the operator, or of the UNIX account; "understudy": the machine itself
  std::uint32_t uid = 0;
  std::string from;  ///< "socket, process 4711"
  bool operator==(const Actor&) const = default;
};

struct Field {
  std::string name, value;
  bool operator==(const Field&) const = default;
};
using Fields = std::vector<Field>;

/// What auditors may see for a named reason, and until when.
struct Case {
  std::string name;
  std::string reason;
  std::string holder;                   ///< name of the operator whose case it is
  std::vector<std::string> accounts;    ///< canonical names
  base::WallTime until{};               ///< it is over from this moment on
  std::optional<base::WallTime> from;   ///< of messages: not those before
  std::optional<base::WallTime> up_to;  ///< nor those from this moment on
  bool operator==(const Case&) const = default;

  void encode(base::Writer& out) const;
  static Case decode(base::Reader& in);
  static constexpr std::size_t max_name = 80;
  static constexpr std::size_t max_accounts = 50;
};

/// The answer to the request for a second person that the entry at `request` tells of.
struct Decision {
  std::uint64_t request = 0;
  enum class Answer : std::uint8_t { refused = 0, given = 1 } answer = Answer::refused;
  bool operator==(const Decision&) const = default;
};

/// By whom the action of an entry was approved, and which request that answered.
struct Approval {
  std::uint64_t request = 0;
  std::string by;
  bool operator==(const Approval&) const = default;
};

struct Record {
  base::WallTime time{};
  Event event = Event::noted;
  Actor actor;
  Role role = Role::none;
  Kind kind = Kind::plain;
  std::string action;  ///< "message/export"
  Fields object;       ///< what it was asked for, without secrets
  std::string reason;  ///< as its actor gave it
  std::string in_case;
  std::string outcome;  ///< of `ended`, `refused`, `noted`: in words

  std::optional<std::uint64_t> of;  ///< of `ended`: the entry that began it
  std::optional<Approval> approval;
  std::optional<base::Digest> request;  ///< of action and arguments, where a second person is asked
  std::optional<journal::KeyChange> key_change;
  std::optional<Case> opens;
  std::string closes;  ///< the case of this name
  std::optional<Decision> decides;

  /// Cuts what is longer than the bounds below; a value that was cut ends with "...".
  void clip();
  std::string encode() const;
  /// errc::damaged; errc::unsupported for a later version. Extras of kinds that are not known are passed over.
  static base::Result<Record> decode(std::string_view octets);
  bool operator==(const Record&) const = default;

  static constexpr std::size_t max_fields = 16;
  static constexpr std::size_t max_name = 100;   ///< of an actor, an action, a field
  static constexpr std::size_t max_value = 200;  ///< of a field, a reason
  static constexpr std::size_t max_outcome = 300;
  /// No record is longer: the bounds above, a case with all its accounts (of 320 octets at most), and what else there may be.
  static constexpr std::size_t max_octets = 28 * 1024;
};

}  // namespace understudy::archive::audit
