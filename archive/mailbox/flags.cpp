// Flags of a message, and what a change makes of them (RFC 9051 §2.3.2, §6.4.6).
#include <algorithm>
#include <map>
#include <set>

#include "archive/mailbox/change.hpp"
#include "base/text.hpp"

namespace understudy::archive::mailbox {

std::string to_text(const Flags& flags) {
  static constexpr std::pair<std::uint8_t, std::string_view> names[] = {{Flags::seen, "\\Seen"},
                                                                        {Flags::answered, "\\Answered"},
                                                                        {Flags::flagged, "\\Flagged"},
                                                                        {Flags::deleted, "\\Deleted"},
                                                                        {Flags::draft, "\\Draft"}};
  std::string out;
  const auto add = [&out](std::string_view name) {
    if (!out.empty()) out += ' ';
    out += name;
  };
  for (const auto& [bit, name] : names)
    if (flags.system & bit) add(name);
  for (const auto& keyword : flags.keywords) add(keyword);
  return out;
}

namespace {
/// Keywords are the same in any case (RFC 9051 §2.3.2); how one is written says who was first. There may be a hundred of each
/// of many messages, so that none is looked for among all others. The keywords outlive it.
class KeywordsByName {
 public:
  explicit KeywordsByName(const std::vector<std::string>& keywords) {
    for (const auto& each : keywords) by_name_.emplace(base::to_lower(each), &each);
  }
  const std::string* find(const std::string& name) const {
    const auto found = by_name_.find(base::to_lower(name));
    return found == by_name_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::string, const std::string*> by_name_;
};
}  // namespace

Flags changed(const Flags& flags, FlagsChanged::How how, const Flags& by) {
  using How = FlagsChanged::How;
  Flags after;
  if (how == How::remove) {
    after.system = static_cast<std::uint8_t>(flags.system & ~by.system);
    if (by.keywords.empty()) {
      after.keywords = flags.keywords;
      return after;
    }
    const KeywordsByName gone(by.keywords);
    for (const auto& keyword : flags.keywords)
      if (!gone.find(keyword)) after.keywords.push_back(keyword);
    return after;
  }
  after.system = how == How::add ? flags.system | by.system : by.system;
  if (how == How::add) after.keywords = flags.keywords;
  if (by.keywords.empty()) return after;
  const KeywordsByName before(flags.keywords);
  std::set<std::string> added;
  for (const auto& keyword : by.keywords) {
    const auto* same = before.find(keyword);
    if ((same && how == How::add) || !added.insert(base::to_lower(keyword)).second) continue;
    after.keywords.push_back(same ? *same : keyword);
  }
  std::ranges::sort(after.keywords);
  return after;
}

const Flags& FlagChange::of(const Flags& flags) {
  if (!last_ || last_->first != flags) last_.emplace(flags, changed(flags, how_, by_));
  return last_->second;
}

}  // namespace understudy::archive::mailbox
