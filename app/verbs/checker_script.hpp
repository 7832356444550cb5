/// deploy/check-proof.py, as it was when the program was built: it is given away with every proof.
#pragma once

#include <string_view>

namespace understudy::app {

extern const std::string_view checker_script;

}  // namespace understudy::app
