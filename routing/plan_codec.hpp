/// The stored form of a plan, in the parts that a journal entry keeps: one for each recipient, one for the rest.
/// base/codec: a version, then fields; nested values carry their length, so that fields added later at the end of any of
/// them are skipped by a reader that does not know them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/plan.hpp"

namespace understudy::routing {

/// About 60 octets for one account; a list grows it by as much per member, to some hundred KiB at most (max_alias_members):
/// a store whose records are smaller cuts it.
std::string encode_recipient(const RecipientPlan& recipient);
/// errc::damaged for octets that encode_recipient() cannot have written, errc::unsupported for a later version.
base::Result<RecipientPlan> decode_recipient(std::string_view octets);

/// What a plan says of the whole message.
struct PlanCommon {
  std::optional<File> sent;
  std::vector<std::string> marks;
  bool operator==(const PlanCommon&) const = default;
};

std::string encode_common(const Plan& plan);
/// Errors as decode_recipient().
base::Result<PlanCommon> decode_common(std::string_view octets);

}  // namespace understudy::routing
