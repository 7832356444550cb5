#include "conf/report.hpp"

#include <algorithm>

namespace understudy::conf {
namespace {

/// "client[1].networks[0]" -> "client.networks": the line number says which one.
std::string without_places(std::string_view path) {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    if (c == '[') inside = true;
    if (!inside) out += c;
    if (c == ']') inside = false;
  }
  return out;
}

}  // namespace

void Report::add(Severity severity, std::string_view path, Position at, std::string message) {
  problems_.push_back({severity, file_, at, without_places(path), std::move(message)});
}

Problems Report::take() {
  std::ranges::stable_sort(problems_, {}, &Problem::at);
  return std::move(problems_);
}

void Once::claim(const std::string& name, const std::string& path) {
  const auto [first, fresh] = first_.try_emplace(name, report_.place(path));
  if (fresh) return;
  report_.error(path, "the " + std::string(what_) + " \"" + name + "\" is given twice, first in line " +
                          std::to_string(first->second.line) + ", column " + std::to_string(first->second.column) +
                          "; remove one of them");
}

}  // namespace understudy::conf
