/// A request as the audit journal has it: what it was asked for in words, without secrets, and a digest over all of it. Knows
/// no verb.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "archive/audit/record.hpp"
#include "base/digest.hpp"

namespace understudy::app {

struct Inquiry {
  boost::json::object arguments;  ///< the verb's own
  std::string reason, in_case;
  archive::audit::Fields object;
  /// All of it as JSON, the same for the same request in whatever order it came: what a second person sees and agrees to. Has
  /// not where a list goes on; says of a secret that there is one, since nobody could judge more of it.
  std::string text;
  base::Digest digest{};  ///< of `text`
  std::string after;      ///< where a list goes on; empty: it begins
};

/// nullopt: its member "audit" is not what it has to be.
std::optional<Inquiry> read_inquiry(std::string_view verb, boost::json::object arguments);

}  // namespace understudy::app
