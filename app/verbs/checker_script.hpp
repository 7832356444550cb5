/// deploy/check-proof.py and deploy/check-consistency.py, as they were when the program was built: they are given away with
/// what they check.
#pragma once

#include <string_view>

namespace understudy::app {

extern const std::string_view checker_script;
extern const std::string_view consistency_script;  // needs the other one beside it

}  // namespace understudy::app
