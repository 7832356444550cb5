#include "archive/mailbox/assign.hpp"

#include "archive/mailbox/projection.hpp"
#include "routing/plan.hpp"

namespace understudy::archive::mailbox {
namespace {
constexpr std::size_t read_at_once = 500;

base::Result<> collect(const store::Reader& reader, AccountNumber keeper, const ListedFolder& folder, std::string_view original,
                       std::size_t limit, std::vector<Kept>& out) {
  Uid from = 1;
  for (;;) {
    auto listed = messages(reader, keeper, folder.number, from, read_at_once);
    if (!listed) return std::unexpected(listed.error());
    for (const auto& each : *listed) {
      if (out.size() >= limit) return {};
      const bool arrived = each.message.source == Source::arrival;
      if (arrived && each.message.original == original) out.push_back({folder.number, folder.folder.name, each.uid});
    }
    if (listed->size() < read_at_once) return {};
    from = listed->back().uid + 1;
  }
}
}  // namespace

base::Result<std::vector<Kept>> kept_for(const store::Reader& reader, AccountNumber keeper, std::string_view original,
                                         std::size_t limit) {
  auto all = folders(reader, keeper);
  if (!all) return std::unexpected(all.error());
  std::vector<Kept> kept;
  for (const auto& folder : *all)
    if (auto done = collect(reader, keeper, folder, original, limit, kept); !done) return std::unexpected(done.error());
  return kept;
}

base::Result<std::size_t> assign(commit::Stage& stage, Owner& owner, AccountNumber keeper, const std::vector<Kept>& kept,
                                 AccountNumber to) {
  std::size_t moved = 0;
  for (const auto& one : kept) {
    auto message = find_message(stage, keeper, one.folder, one.uid);
    if (!message && message.error().code == base::errc::not_found) continue;
    if (!message) return std::unexpected(message.error());
    message->original.clear();
    if (auto uid = owner.file(stage, to, routing::inbox_folder, std::move(*message)); !uid) return std::unexpected(uid.error());
    if (auto gone = owner.expunge(stage, keeper, one.folder_name, one.uid); !gone) return std::unexpected(gone.error());
    moved += 1;
  }
  return moved;
}

}  // namespace understudy::archive::mailbox
