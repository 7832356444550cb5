#include "archive/custody/new_numbers.hpp"

#include <algorithm>

namespace understudy::archive::custody {

void NewNumbers::learn(const Number& number, std::uint64_t highest) {
  if (has_room()) lives_.try_emplace(whose(number), Life{highest});
}

bool NewNumbers::is_new(const Number& number) const {
  const auto life = lives_.find(whose(number));
  if (life == lives_.end()) return false;
  return number.number > life->second.highest || life->second.skipped.contains(number.number);
}

void NewNumbers::note(const Number& number) {
  const auto found = lives_.find(whose(number));
  if (found == lives_.end()) return;
  auto& life = found->second;
  life.skipped.erase(number.number);
  if (number.number <= life.highest) return;
  // Of a large step only its end: what lies before is looked for, should it ever come.
  const auto step = std::min<std::uint64_t>(number.number - life.highest - 1, max_skipped);
  for (auto skipped = number.number - step; skipped < number.number; ++skipped)
    life.skipped.insert(life.skipped.end(), skipped);
  while (life.skipped.size() > max_skipped) life.skipped.erase(life.skipped.begin());
  life.highest = number.number;
}

}  // namespace understudy::archive::custody
