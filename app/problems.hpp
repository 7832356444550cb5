/// How problems of the configuration file are told: by every verb in the same form.
#pragma once

#include <iosfwd>

#include "conf/problem.hpp"

namespace understudy::app {

/// One a line, as compilers do: "file:line:column: key: what to do". What has no place in the file (it cannot be read, say) is
/// told as the program's own words, with the option that names another file.
void say(std::ostream& err, const conf::Problems& problems);

}  // namespace understudy::app
