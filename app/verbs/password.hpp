/// Reads a new password and makes what is kept of it, so that the password itself goes nowhere. RFC 5802 §3, RFC 7677.
#pragma once

#include <string>

#include "app/verbs/client.hpp"
#include "app/verbs/context.hpp"

namespace understudy::app {

/// The first line of the input, without its line end.
Asked<std::string> verifier_from_input(Context& context);
/// Asked twice on the terminal, without an echo.
Asked<std::string> verifier_from_terminal(Context& context);

}  // namespace understudy::app
