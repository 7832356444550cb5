#include "archive/accept.hpp"

#include <algorithm>

#include "archive/commit/outgoing.hpp"
#include "archive/custody/errc.hpp"
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
  Deduplicator(const commit::Stage& stage, commit::Owners& owners, const Arrival& arrival, base::WallTime now)
      : stage_(stage), owners_(owners), arrival_(arrival), now_(now), by_window_(may_be_resent(arrival)) {}

  /// Is the place still empty? Notes it for this arrival if so.
  base::Result<bool> empty(std::string_view place) {
    const auto name = custody::place_name(place);
    if (result_.known && custody::holds(result_.known->places, name)) {
      result_.earlier = result_.known->last;
      return false;
    }
    if (arrival_.custody) result_.filled.push_back(name);
    if (by_window_) {
      const auto key = owners_.places.key(arrival_.envelope.reverse_path, arrival_.facts.received, place);
      if (!key) return std::unexpected(key.error());
      auto found = owners_.places.find(stage_, *key, now_, arrival_.resend_window);
      if (!found) return std::unexpected(found.error());
      if (*found) {
        result_.earlier = **found;
        return false;
      }
      result_.places.push_back(*key);
    }
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
    if (auto looked = look_up_number(); !looked) return std::unexpected(looked.error());
    const auto mailbox = [](const routing::File& file) { return journal::place_of(file); };
    for (std::size_t i = 0; i < result_.plan.recipients.size(); ++i) {
      auto& plan = result_.plan.recipients[i];
      const auto& forward_path = arrival_.envelope.recipients[i].forward_path;
      const auto outbox = [&](const routing::Enqueue& enqueue) { return journal::place_of(enqueue, forward_path); };
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
    result_.filled = custody::sorted(std::move(result_.filled));
    return std::move(result_);
  }

 private:
  base::Result<> look_up_number() {
    if (!arrival_.custody) return {};
    auto known = owners_.received.find(stage_, *arrival_.custody);
    if (!known) return std::unexpected(known.error());
    result_.known = std::move(*known);
    if (!result_.known || result_.known->digest == arrival_.facts.received) return {};
    if (result_.known->state == custody::Received::State::ended) return {};  // nothing is left to compare with
    return base::fail(arrival_.custody->text(), custody::errc::replayed);
  }
  /// A report to the sender is a place too: a resend gives him no second one.
  base::Result<> report(routing::RecipientPlan& plan, const mail::address::Address& forward_path) {
    if (!journal::has_report(plan)) return {};
    auto is_empty = empty(journal::report_place(forward_path));
    if (!is_empty) return std::unexpected(is_empty.error());
    if (*is_empty) return {};
    plan.returned.reset();
    plan.success = routing::Report::none;
    return {};
  }

  const commit::Stage& stage_;
  commit::Owners& owners_;
  const Arrival& arrival_;
  base::WallTime now_;
  bool by_window_;
  Deduplicated result_;
};

/// Did retention end all that ever came under its number? Whatever comes under it again is a repetition, for ever.
bool is_ended(const Deduplicated& deduplicated) {
  return deduplicated.known && deduplicated.known->state == custody::Received::State::ended;
}

/// Does the arrival bring nothing that is not here? Under a custody number a recipient who came with none of its transactions
/// is something, even where all of his places are filled: a receipt has to speak of him.
bool brings_nothing(const Arrival& arrival, const Deduplicated& deduplicated) {
  if (!arrival.custody) return deduplicated.earlier && deduplicated.places.empty();
  if (is_ended(deduplicated)) return true;
  if (!deduplicated.known || !deduplicated.filled.empty()) return false;
  const auto recipients = custody::names_of(arrival.facts.received, arrival.envelope.recipients);
  return custody::without(recipients, deduplicated.known->recipients).empty();
}

/// Gives what leaves with custody its numbers, in the entry that is journaled and in the book of what is owed.
base::Result<> append_owed(commit::Stage& stage, commit::Owners& owners, journal::Entry& entry, const store::SealedBody& body,
                           const journal::Parties& parties) {
  const auto owed = commit::owed_of(entry);
  if (!owed.empty()) {
    auto first = owners.owed.give(stage, owed.size());
    if (!first) return std::unexpected(first.error());
    entry.owed = *first;
  }
  if (auto appended = owners.journal.append(stage, entry, body, parties); !appended) return appended;
  for (std::size_t i = 0; i < owed.size(); ++i) {
    auto number = *entry.owed;
    number.number += i;
    custody::Owed book{entry.position, entry.facts.handed, owed[i].recipients, owed[i].recipients};
    book.time = entry.time;
    book.entries = owed[i].entries;
    for (auto& id : book.entries) id.position = entry.position;  // given by the journal, behind the number
    owners.owed.note(stage, number, book);
  }
  return {};
}

/// The places that it fills, for resends to come: by its octets, and by its number where it has one.
base::Result<> note_filled(commit::Stage& stage, commit::Owners& owners, const journal::Entry& entry,
                           const Deduplicated& deduplicated) {
  for (const auto& place : deduplicated.places) owners.places.note(stage, place, entry.position, entry.time);
  if (!entry.custody) return {};
  const auto recipients = custody::names_of(entry.facts.received, entry.envelope.recipients);
  return owners.received.note(stage, *entry.custody, deduplicated.known,
                              {entry.facts.received, entry.position, entry.time, recipients, deduplicated.filled});
}

}  // namespace

base::Result<Deduplicated> leave_out_filled(const commit::Stage& stage, commit::Owners& owners, const Arrival& arrival,
                                            base::WallTime now) {
  if (!may_be_resent(arrival) && !arrival.custody) {
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
  if (brings_nothing(arrival, *deduplicated)) {
    const auto earlier = deduplicated->known ? deduplicated->known->last : *deduplicated->earlier;
    stage.depend_on({journal::shard_of(earlier.partition), earlier.index});
    base::log::info("archive.resend", {{"earlier", earlier.text()},
                                       {"message_id", arrival.facts.message_id},
                                       {"state", is_ended(*deduplicated) ? "ended" : "kept"}});
    return Accepted{earlier, true};
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
  entry.custody = arrival.custody;
  auto parties = commit::parties_of(stage, owners, live, entry, arrival.plan);
  if (!parties) return std::unexpected(parties.error());
  if (auto appended = append_owed(stage, owners, entry, arrival.body, *parties); !appended)
    return std::unexpected(appended.error());
  if (auto noted = note_filled(stage, owners, entry, *deduplicated); !noted) return std::unexpected(noted.error());
  if (!entry.made.empty()) owners.journal.note_made(stage, entry.made, entry.facts.handed, now);
  if (auto projected = commit::project(stage, owners, live, entry, arrival.body.shown()); !projected)
    return std::unexpected(projected.error());
  return Accepted{entry.position, false};
}

}  // namespace understudy::archive
