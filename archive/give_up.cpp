#include "archive/give_up.hpp"

#include "archive/commit/outgoing.hpp"
#include "archive/journal/reader.hpp"
#include "base/log.hpp"

namespace understudy::archive {
namespace {

custody::Names names_of(const base::Digest& message, const std::vector<mail::address::Address>& forward_paths) {
  custody::Names names;
  for (const auto& forward_path : forward_paths) names.push_back(custody::name_of(message, forward_path));
  return custody::sorted(std::move(names));
}

}  // namespace

base::Result<> settle_owed(commit::Stage& stage, const commit::Owners& owners, const journal::Settlement& settlement) {
  if (!settlement.custody) return {};
  const auto& [number, digest] = *settlement.custody;
  const auto settle = [&](const std::vector<mail::address::Address>& forward_paths, custody::Settled how) -> base::Result<> {
    if (forward_paths.empty()) return {};
    return owners.owed.settle(stage, number, names_of(digest, forward_paths), how);
  };
  if (auto settled = settle(settlement.given_up, custody::Settled::given_up); !settled) return settled;
  return settle(settlement.without_receipt, custody::Settled::no_receipt);
}

base::Result<> free_places(commit::Stage& stage, const commit::Owners& owners, const store::Reader& reader,
                           const journal::Settlement& settlement) {
  if (settlement.given_up.empty()) return {};
  const auto position = settlement.id.position;
  const auto message = journal::read(reader, position);
  if (!message) {  // the mail has ended all the same
    base::log::warn("archive.free_places", {{"entry", settlement.id.text()}, {"reason", message.error().text()}});
    return {};
  }
  if (message->facts.received_count > 0) return {};
  const bool reports = settlement.id.shard == outbox::shard_of(commit::report_hop);
  for (const auto& forward_path : settlement.given_up) {
    const auto place = reports ? journal::report_place(forward_path) : journal::outbox_place(forward_path);
    if (auto freed = owners.places.free(stage, *message, place); !freed) return freed;
  }
  return {};
}

base::Result<> give_up(commit::Stage& stage, commit::Owners& owners, const store::Reader& reader, const outbox::Entry& entry) {
  if (auto ended = owners.outbox.end(stage, entry.id); !ended) return ended;
  journal::Settlement settlement;
  settlement.id = entry.id;
  settlement.custody = entry.custody;
  for (const auto& target : entry.targets)
    if (target.state != outbox::State::delivered) settlement.given_up.push_back(target.recipient.forward_path);
  if (auto settled = settle_owed(stage, owners, settlement); !settled) return settled;
  return free_places(stage, owners, reader, settlement);
}

}  // namespace understudy::archive
