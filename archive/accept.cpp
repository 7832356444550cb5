#include "archive/accept.hpp"

#include <algorithm>

#include "archive/journal/reader.hpp"
#include "base/log.hpp"

namespace understudy::archive {
namespace {

/// Sameness is judged only for what came by SMTP, and only where the octets carry something that a sender makes anew for each
/// message: a trace header or a Message-ID.
bool may_be_resent(const Arrival& arrival) {
  const auto via = arrival.origin.via;
  return (via == routing::Via::network || via == routing::Via::submission) && arrival.resend_window.count() > 0 &&
         (arrival.facts.received_count > 0 || arrival.facts.has_message_id);
}

class Deduplicator {
 public:
  Deduplicator(const commit::Stage& stage, const commit::Owners& owners, const Arrival& arrival, base::WallTime now)
      : stage_(stage), owners_(owners), arrival_(arrival), now_(now) {}

  /// Is the place still empty? Notes it for this arrival if so.
  base::Result<bool> empty(std::string_view place) {
    const auto key = journal::Places::key(arrival_.envelope.reverse_path, arrival_.facts.received, place);
    auto found = owners_.places.find(stage_, key, now_, arrival_.resend_window);
    if (!found) return std::unexpected(found.error());
    if (*found) {
      result_.earlier = **found;
      return false;
    }
    result_.places.push_back(key);
    return true;
  }

  template <class Action, class Place>
  base::Result<> filter(std::vector<Action>& actions, Place place) {
    std::vector<Action> kept;
    for (auto& action : actions) {
      auto is_empty = empty(place(action));
      if (!is_empty) return std::unexpected(is_empty.error());
      if (*is_empty) kept.push_back(std::move(action));
    }
    actions = std::move(kept);
    return {};
  }

  base::Result<Deduplicated> run() {
    result_.plan = arrival_.plan;
    // Whose mail another account keeps still has a place of his own: two of them must not be taken for one.
    const auto mailbox = [](const routing::File& file) {
      return journal::mailbox_place(file.original.empty() ? file.account : file.original, file.folder);
    };
    for (std::size_t i = 0; i < result_.plan.recipients.size(); ++i) {
      auto& plan = result_.plan.recipients[i];
      const auto& forward_path = arrival_.envelope.recipients[i].forward_path;
      const auto outbox = [&](const routing::Enqueue& enqueue) {
        return journal::outbox_place(enqueue.forward_path ? *enqueue.forward_path : forward_path);
      };
      if (auto done = filter(plan.files, mailbox); !done) return std::unexpected(done.error());
      if (auto done = filter(plan.enqueues, outbox); !done) return std::unexpected(done.error());
      if (auto done = report(plan, forward_path); !done) return std::unexpected(done.error());
    }
    if (result_.plan.sent) {
      auto is_empty = empty(mailbox(*result_.plan.sent));
      if (!is_empty) return std::unexpected(is_empty.error());
      if (!*is_empty) result_.plan.sent.reset();
    }
    if (result_.earlier) result_.plan.marks.emplace_back("resend");
    return std::move(result_);
  }

 private:
  /// A report to the sender is a place too: a resend gives him no second one.
  base::Result<> report(routing::RecipientPlan& plan, const mail::address::Address& forward_path) {
    if (!plan.returned && plan.success == routing::Report::none) return {};
    auto is_empty = empty(journal::report_place(forward_path));
    if (!is_empty) return std::unexpected(is_empty.error());
    if (*is_empty) return {};
    plan.returned.reset();
    plan.success = routing::Report::none;
    return {};
  }

  const commit::Stage& stage_;
  const commit::Owners& owners_;
  const Arrival& arrival_;
  base::WallTime now_;
  Deduplicated result_;
};

}  // namespace

base::Result<Deduplicated> leave_out_filled(const commit::Stage& stage, const commit::Owners& owners, const Arrival& arrival,
                                            base::WallTime now) {
  if (!may_be_resent(arrival)) {
    Deduplicated all;
    all.plan = arrival.plan;
    return all;
  }
  return Deduplicator(stage, owners, arrival, now).run();
}

base::Result<Accepted> stage_arrival(commit::Stage& stage, commit::Owners& owners, const directory::Live& live,
                                     const Arrival& arrival, base::WallTime now) {
  if (arrival.plan.recipients.size() != arrival.envelope.recipients.size())
    return base::fail("plan of another envelope", base::errc::malformed);
  auto deduplicated = leave_out_filled(stage, owners, arrival, now);
  if (!deduplicated) return std::unexpected(deduplicated.error());
  if (deduplicated->earlier && deduplicated->places.empty()) {
    stage.depend_on({journal::shard_of(deduplicated->earlier->partition), deduplicated->earlier->index});
    base::log::info("archive.resend", {{"earlier", deduplicated->earlier->text()}, {"message_id", arrival.facts.message_id}});
    return Accepted{*deduplicated->earlier, true};
  }
  journal::Entry entry;
  entry.time = now;
  entry.envelope = arrival.envelope;
  entry.origin = arrival.origin;
  entry.facts = arrival.facts;
  entry.plan = std::move(deduplicated->plan);
  entry.body = arrival.body.ref();
  entry.made = arrival.made;
  entry.settlements = arrival.settlements;
  owners.journal.append(stage, entry, arrival.body);
  for (const auto& place : deduplicated->places) owners.places.note(stage, place, entry.position, now);
  if (!entry.made.empty()) owners.journal.note_made(stage, entry.made, entry.facts.handed, now);
  if (auto projected = commit::project(stage, owners, live, entry); !projected) return std::unexpected(projected.error());
  return Accepted{entry.position, false};
}

}  // namespace understudy::archive
