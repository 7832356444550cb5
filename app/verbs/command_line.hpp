/// The command line: words to verbs, and what a verb did to an exit status. docs/command-line.md describes every verb.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/verbs/context.hpp"

namespace understudy::app {

/// `serve`, so that tests of the command line need no server.
using Serve = std::function<int(const std::string& config_file)>;

/// Parses and runs. `words` without the program's name. 0 done, 1 failed, 2 wrong usage or configuration.
int run(const std::vector<std::string>& words, Context& context, const Serve& serve);

/// main(): on standard input and output.
int run(int argc, char** argv);

}  // namespace understudy::app
