/// What lists about the audit journal look like on a terminal.
#pragma once

#include <span>

#include "app/verbs/ask.hpp"

namespace understudy::app::columns {

extern const std::span<const Column> audit, audit_heads, cases, approvals;

}  // namespace understudy::app::columns
