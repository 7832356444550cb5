#include "conf/difference.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "conf/describe.hpp"

namespace understudy::conf {
namespace {

/// What is opened, bound or written into stored state at start; all else is read anew.
Change::Takes takes(std::string_view key) {
  constexpr std::array<std::string_view, 4> exact = {"server.hostname", "server.domain_name", "server.data", "server.memory"};
  constexpr std::array<std::string_view, 3> below = {"listener ", "dns.", "peer."};
  const bool restart = std::ranges::find(exact, key) != exact.end() ||
                       std::ranges::any_of(below, [key](std::string_view prefix) { return key.starts_with(prefix); });
  // limits and the sender check of a listener are asked anew by each session
  const bool by_session = key.find(".limits.") != key.npos || key.ends_with(".refuse_nonlocal_claiming_local");
  return restart && !by_session ? Change::Takes::restart : Change::Takes::reload;
}

std::string shown(const Setting* setting) {
  if (setting == nullptr) return "(absent)";
  if (setting->show == Setting::Show::secret) return setting->value.empty() ? "(none)" : "(set)";
  return setting->value.empty() ? "(none)" : setting->value;
}

Change change_of(const std::string& key, const Setting* before, const Setting* after) {
  const auto old_text = shown(before);
  const auto new_text = shown(after);
  return {key, key + ": " + (old_text == new_text ? "changed" : old_text + " -> " + new_text), takes(key)};
}

std::map<std::string_view, const Setting*> by_key(const std::vector<Setting>& settings) {
  std::map<std::string_view, const Setting*> out;
  for (const auto& setting : settings) out.emplace(setting.key, &setting);
  return out;
}

}  // namespace

std::vector<Change> difference(const Config& before, const Config& after) {
  const auto old_settings = describe(before);
  const auto new_settings = describe(after);
  const auto old_by_key = by_key(old_settings);
  const auto new_by_key = by_key(new_settings);
  std::vector<Change> out;
  for (const auto& setting : old_settings) {
    const auto found = new_by_key.find(setting.key);
    const auto* other = found == new_by_key.end() ? nullptr : found->second;
    if (other == nullptr || other->value != setting.value) out.push_back(change_of(setting.key, &setting, other));
  }
  for (const auto& setting : new_settings)
    if (!old_by_key.contains(setting.key)) out.push_back(change_of(setting.key, nullptr, &setting));
  return out;
}

}  // namespace understudy::conf
