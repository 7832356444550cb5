// What users note beside their mailboxes (RFC 5464), as changes of the account.
#include "archive/mailbox/owner.hpp"

namespace understudy::archive::mailbox {
namespace {

std::unexpected<base::Error> too_much() {
  return base::fail("annotations", base::errc::too_long);
}

}  // namespace

base::Result<> Owner::annotate(commit::Stage& stage, AccountNumber account, FolderNumber folder, const Annotations& annotations,
                               const AnnotationLimits& limits) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  if (folder != Annotated::of_account && !(*state)->folders.contains(folder))
    return base::fail("the folder", base::errc::not_found);
  auto there = stage.records(shard_of(account), store::Table::annotations, {});
  if (!there) return std::unexpected(there.error());
  bool grows = false;
  for (const auto& [entry, value] : annotations) {
    if (entry.size() > longest_annotation_name) return too_much();
    if (value && value->size() > std::min<std::uint64_t>(limits.value, longest_annotation)) return too_much();
    const auto key = keys::annotation(folder, entry);
    const auto found = there->find(key);
    auto record = value ? base::Writer(1).text(*value).take() : std::string();
    const bool is_so = value ? found != there->end() && found->second == record : found == there->end();
    if (is_so) continue;
    grows = grows || (value && (found == there->end() || found->second.size() < record.size()));
    if (value) {
      there->insert_or_assign(key, std::move(record));
    } else {
      there->erase(key);
    }
    if (auto done = change(stage, account, **state, Annotated{folder, entry, value}); !done) return done;
  }
  std::uint64_t octets = 0;
  for (const auto& [key, record] : *there) octets += key.size() + record.size();
  if (grows && (there->size() > limits.entries || octets > limits.octets)) return too_much();
  return {};
}

}  // namespace understudy::archive::mailbox
