#include "archive/mailbox/folder_counts.hpp"

namespace understudy::archive::mailbox {
namespace {

bool over(std::uint64_t limit, std::uint64_t before, std::uint64_t after) {
  return limit > 0 && after > before && after > limit;
}

}  // namespace

Usage usage_of(const std::map<FolderNumber, Folder>& folders) {
  Usage used;
  for (const auto& [number, folder] : folders) {
    if (folder.kind != FolderKind::live) continue;
    used.messages += folder.messages;
    used.octets += folder.octets;
  }
  return used;
}

bool Quota::allows(const Usage& before, const Usage& after) const {
  return !over(octets, before.octets, after.octets) && !over(messages, before.messages, after.messages);
}

}  // namespace understudy::archive::mailbox
