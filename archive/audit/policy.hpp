/// Who may do what with the archive: roles, the second person, cases. Decides by the kind of an action and who asks, and by
/// nothing else; whether a case is open or an approval was given is the door's to look up. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "archive/audit/options.hpp"

namespace understudy::archive::audit {

/// `plain`, `review` and `approve` never ask for two people.
bool may_need_second_person(Kind kind);

/// Whether the action names a case.
enum class Named : std::uint8_t { no_case, a_case };

struct Verdict {
  enum class Word : std::uint8_t { allowed, wants_approval, refused } word = Word::refused;
  Role role = Role::none;                                                 ///< under which it is allowed
  enum class Bound : std::uint8_t { free, to_case } bound = Bound::free;  ///< to what the named case holds
  std::string why;                                                        ///< of a refusal, for who asked
};
Verdict judge(const Policy& policy, const Roles& roles, Kind kind, Named named);

}  // namespace understudy::archive::audit
