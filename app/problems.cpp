#include "app/problems.hpp"

#include <ostream>

namespace understudy::app {

void say(std::ostream& err, const conf::Problems& problems) {
  for (const auto& problem : problems) {
    if (problem.at.line != 0)
      err << problem.text() << '\n';
    else
      err << "understudy: " << problem.text() << (problem.key.empty() ? " (--config FILE names another one)\n" : "\n");
  }
}

}  // namespace understudy::app
