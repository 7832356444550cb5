#include "conf/difference.hpp"

#include <algorithm>
#include <map>

#include "conf/describe.hpp"

namespace understudy::conf {
namespace {

bool same_listener(const relay::Listener& one, const relay::Listener& other) {
  return one.protocol == other.protocol && one.binds == other.binds;
}

/// In the order of the running ones, which sessions are counted by.
std::vector<relay::Listener> listeners_until_restart(const std::vector<relay::Listener>& wanted,
                                                     std::vector<relay::Listener> running) {
  for (auto& listener : running) {
    const auto found =
        std::ranges::find_if(wanted, [&](const relay::Listener& other) { return same_listener(listener, other); });
    if (found == wanted.end()) continue;
    const auto tls = listener.tls;
    listener = *found;
    listener.tls = tls;
  }
  return running;
}

std::string shown(const Setting* setting) {
  if (setting == nullptr) return "(absent)";
  if (setting->show == Setting::Show::secret) return setting->value.empty() ? "(none)" : "(set)";
  return setting->value.empty() ? "(none)" : setting->value;
}

/// The settings of one Config by their keys.
class Settings {
 public:
  explicit Settings(const Config& config) : all_(describe(config)) {
    for (const auto& setting : all_) by_key_.emplace(setting.key, &setting);
  }
  const std::vector<Setting>& all() const { return all_; }
  const Setting* find(std::string_view key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second;
  }

 private:
  std::vector<Setting> all_;
  std::map<std::string_view, const Setting*> by_key_;
};

bool same(const Setting* one, const Setting* other) {
  return one == nullptr || other == nullptr ? one == other : one->value == other->value;
}

Change change_of(const std::string& key, const Setting* before, const Setting* after) {
  const auto old_text = shown(before);
  const auto new_text = shown(after);
  return {key, key + ": " + (old_text == new_text ? "changed" : old_text + " -> " + new_text)};
}

}  // namespace

Config until_restart(Config wanted, const Config& running) {
  auto& ehlo_name = wanted.relay.outbound.ehlo_name;
  if (ehlo_name == wanted.server.hostname) ehlo_name = running.server.hostname;  // the file does not name one
  wanted.server.hostname = running.server.hostname;
  wanted.server.domain_name = running.server.domain_name;
  wanted.server.data = running.server.data;
  wanted.server.admin_socket = running.server.admin_socket;
  wanted.server.admin_group = running.server.admin_group;
  wanted.server.memory = running.server.memory;
  wanted.store = running.store;
  wanted.journal.key = running.journal.key;
  wanted.encryption = running.encryption;
  wanted.peer = running.peer;
  wanted.relay.dns = running.relay.dns;
  wanted.relay.listeners = listeners_until_restart(wanted.relay.listeners, running.relay.listeners);
  return wanted;
}

std::vector<Change> difference(const Config& before, const Config& after) {
  const Settings old_settings(before);
  const Settings new_settings(after);
  const Settings reloaded(until_restart(after, before));
  std::vector<Change> out;
  const auto compare = [&](const std::string& key) {
    const auto* old_one = old_settings.find(key);
    const auto* new_one = new_settings.find(key);
    if (same(old_one, new_one)) return;
    out.push_back(change_of(key, old_one, new_one));
    if (same(reloaded.find(key), old_one)) out.back().takes = Change::Takes::restart;
  };
  for (const auto& setting : old_settings.all()) compare(setting.key);
  for (const auto& setting : new_settings.all())
    if (old_settings.find(setting.key) == nullptr) compare(setting.key);
  return out;
}

}  // namespace understudy::conf
