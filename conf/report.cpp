#include "conf/report.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace understudy::conf {
namespace {

/// "client[1].networks[0]" -> "client.networks": the line number says which one. Other brackets belong to a quoted key.
std::string without_places(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto open = std::min(path.find('['), path.size());
    out += path.substr(0, open);
    path.remove_prefix(open);
    const auto close = path.find(']');
    const bool place = close != path.npos && base::to_number(path.substr(1, close - 1)).has_value();
    if (!place && !path.empty()) out += '[';
    path.remove_prefix(path.empty() ? 0 : place ? close + 1 : 1);
  }
  return out;
}

}  // namespace

std::string place_in(std::string_view list, std::size_t index, std::string_view key) {
  std::string out = std::string(list) + "[" + std::to_string(index) + "]";
  return key.empty() ? out : out.append(".").append(key);
}

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
