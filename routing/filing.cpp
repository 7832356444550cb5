// Which mailbox a copy goes into, whether it may be made for it, and the sender's own copy.
#include <algorithm>
#include <span>
#include <utility>

#include "routing/planner.hpp"

namespace understudy::routing {

/// The envelope decides (a From field proves nothing), and only for a sender whom somebody vouched for.
void Planner::plan_sent() {
  if (!envelope_.reverse_path || returned_) return;
  if (origin_.via == Via::here || origin_.via == Via::import) return;
  if (!origin_.authenticated() && !origin_.may.local_sender) return;
  const Place place = locate(*envelope_.reverse_path, world_.directory);
  if (place.kind != Place::Kind::local || !covered(world_.policy.passthrough.copy_to_sender_sent, place.domain)) return;
  const auto owner = owner_of(place, world_.directory);
  if (!owner) return mark("sender-not-one");
  if (!sender_may_open(*owner)) return;
  File file = file_for(*owner, sent_folder);
  file.seen = true;
  plan_.sent = std::move(file);
  note_from(*owner);
}

bool Planner::sender_may_open(const Box& owner) {
  if (owner.standing == Box::Standing::open || owner.standing == Box::Standing::away) return true;
  if (owner.standing == Box::Standing::closed) {
    mark("mailbox-closed");
    return false;
  }
  if (!covered(world_.policy.passthrough.create_mailbox, owner.domain)) {
    mark("sender-unknown");
    return false;
  }
  const bool made_up = facts_.automatic || mail::address::looks_generated(envelope_.reverse_path->local);
  if (owner.standing == Box::Standing::no_mailbox || !made_up) return true;
  mark("sender-generated");  // a mailbox for every VERP address would be one for every message
  return false;
}

void Planner::note_from(const Box& owner) {
  constexpr std::size_t looked_at = 16;  // each may be a list to expand; an honest field has one or two
  const auto first = std::span(facts_.from).first(std::min(looked_at, facts_.from.size()));
  const bool differs = !first.empty() && std::ranges::none_of(first, [&](const mail::address::Address& from) {
    const auto named = owner_of(locate(from, world_.directory), world_.directory);
    return named && named->name == owner.name;
  });
  if (differs) mark("from-differs");
}

void Planner::add_file(RecipientPlan& out, File file) {
  if (!filed_.emplace(file.account, file.folder, file.original).second) return mark("same-place");
  out.files.push_back(std::move(file));
}

File Planner::file_for(const Box& box, std::string_view folder) {
  if (box.standing == Box::Standing::closed) {
    mark("mailbox-closed");
    return file_for_nobody(box.name, folder);
  }
  const bool create = box.standing != Box::Standing::open && box.standing != Box::Standing::away;
  if (create && !may_create(box)) return file_for_nobody(box.name, folder);
  return {.account = box.name, .folder = std::string(folder), .create = create, .seen = false, .original = {}};
}

/// The account that keeps what has no mailbox of its own; made at need, since nothing may be lost.
File Planner::file_for_nobody(const AccountName& original, std::string_view folder) const {
  AccountName keeper = world_.directory.undelivered_account();
  const auto account = world_.directory.account(keeper);
  const bool create = !account || !account->has_mailbox;
  return {.account = std::move(keeper), .folder = std::string(folder), .create = create, .seen = false, .original = original};
}

bool Planner::may_create(const Box& box) {
  if (box.name.starts_with('@')) {  // <""@example.org> is an address, and no name for an account
    mark("no-mailbox-name");
    return false;
  }
  auto& made = created_[box.domain];
  if (made.contains(box.name)) return true;
  if (made.size() >= world_.directory.creations_left(box.domain)) {
    mark("create-limit");
    return false;
  }
  made.insert(box.name);
  return true;
}

}  // namespace understudy::routing
