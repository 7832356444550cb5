#include "relay/schedule/fresh_entries.hpp"

#include <utility>

namespace understudy::relay {

void FreshEntries::keep(archive::outbox::Entry entry) {
  if (entry.targets.size() > most_targets) return;
  if (kept_.size() >= most) {
    const auto oldest = kept_.begin();
    if (entry.created - oldest->second.created <= kept_for) return;  // those before it are sent before it
    kept_.erase(oldest);
  }
  const auto id = entry.id;
  kept_.insert_or_assign(id, std::move(entry));
}

std::optional<archive::outbox::Entry> FreshEntries::take(const archive::outbox::Id& id, base::WallTime now) {
  auto kept = kept_.extract(id);
  if (kept.empty() || now - kept.mapped().created > kept_for) return std::nullopt;
  return std::move(kept.mapped());
}

}  // namespace understudy::relay
