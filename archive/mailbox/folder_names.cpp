#include "archive/mailbox/folder_names.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace understudy::archive::mailbox {

std::string_view usual_name(std::string_view special_use) {
  return special_use.substr(1);
}

std::string_view free_special_use(const AccountState& state, std::string_view name) {
  const auto use = usual_special_use(name);
  return use.empty() || state.find_special(use) ? std::string_view() : use;
}

std::string_view usual_special_use(std::string_view name) {
  for (std::string_view use : {"\\Sent", "\\Drafts", "\\Junk", "\\Trash", "\\Archive"})
    if (name == usual_name(use)) return use;
  return {};
}

base::Result<> check_folder_name(std::string_view name) {
  const auto refuse = [&](std::string_view why) {
    return base::fail("folder name \"" + base::escape(name) + "\": " + std::string(why), base::errc::malformed);
  };
  if (name.empty()) return refuse("is empty");
  if (name.size() > 1000) return base::fail("folder name: over 1,000 octets", base::errc::too_long);
  if (!base::is_utf8(name)) return refuse("is not UTF-8");
  if (std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return refuse("has a control character");
  const auto levels = base::split(name, '/');
  if (name.starts_with('\\')) return refuse("begins like a special use");
  if (levels.size() > 100) return base::fail("folder name: over 100 levels", base::errc::too_long);
  if (std::ranges::any_of(levels, [](std::string_view level) { return level.empty(); })) return refuse("has an empty level");
  // No name is ever a path here; programs that make one of it, in an export or a mail store of their own, are kept from harm.
  if (std::ranges::any_of(levels, [](std::string_view level) { return level == "." || level == ".."; }))
    return refuse("has a level \".\" or \"..\"");
  return {};
}

}  // namespace understudy::archive::mailbox
