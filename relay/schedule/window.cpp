#include "relay/schedule/window.hpp"

namespace understudy::relay {
namespace {
/// A key before this one and after that of every earlier message: keys of a table are all of one length.
std::string just_before(const std::string& key) {
  return key.substr(0, key.size() - 1);
}
}  // namespace

bool Window::admit(const Id& id, Load load) {
  const auto known = behind_.find(id.shard);
  if (known == behind_.end()) {
    if (room(load) > 0) return true;
    behind_.emplace(id.shard, Mark{just_before(id.key()), 1, 0});
  } else {
    known->second.skipped += 1;
  }
  return false;
}

bool Window::changed(const Id& id) {
  const auto known = behind_.find(id.shard);
  if (known == behind_.end() || id.key() <= known->second.upto) return true;
  known->second.changed += 1;
  return false;
}

bool Window::stale(const Gap& gap) const {
  const auto known = behind_.find(gap.shard);
  return known != behind_.end() && known->second.changed != gap.changed;
}

void Window::open(std::uint64_t shard) {
  behind_[shard] = {};
  to_read_.insert(shard);
}

void Window::freed(std::uint64_t shard) {
  if (behind_.contains(shard)) to_read_.insert(shard);
}

void Window::look_again() {
  for (const auto& [shard, mark] : behind_) to_read_.insert(to_read_.end(), shard);
}

std::optional<Window::Gap> Window::next_gap() {
  if (to_read_.empty()) return std::nullopt;
  const auto shard = *to_read_.begin();
  to_read_.erase(to_read_.begin());
  const auto& mark = behind_.at(shard);
  return Gap{shard, mark.upto, mark.skipped, mark.changed};
}

void Window::read(const Gap& gap, const std::string& upto, Found found) {
  const auto known = behind_.find(gap.shard);
  if (known == behind_.end()) return;
  if (!upto.empty()) known->second.upto = std::max(known->second.upto, upto);
  if (found == Found::more || known->second.skipped != gap.skipped) {
    to_read_.insert(gap.shard);
  } else {
    behind_.erase(known);
    to_read_.erase(gap.shard);
  }
}

}  // namespace understudy::relay
