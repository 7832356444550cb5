#include "routing/planner.hpp"

#include <algorithm>
#include <utility>

namespace understudy::routing {

using mail::address::Address;
using mail::smtp::Reply;

namespace {

Report success_report(const Destinations& destinations) {
  if (destinations.boxes.size() + destinations.outside.size() > 1) return Report::expanded;
  return destinations.boxes.empty() ? Report::none : Report::delivered;  // one outside member: NOTIFY travels on with it
}

}  // namespace

bool is_loop(const MessageFacts& facts, const Policy& policy) {
  return facts.received_count >= policy.max_received || facts.own_received_count >= policy.max_own_received;
}

Plan plan(const mail::smtp::Envelope& envelope, const Origin& origin, const MessageFacts& facts, const World& world) {
  return Planner(envelope, origin, facts, world).run();
}

Planner::Planner(const mail::smtp::Envelope& envelope, const Origin& origin, const MessageFacts& facts, const World& world)
    : envelope_(envelope),
      origin_(origin),
      facts_(facts),
      world_(world),
      loop_(is_loop(facts, world.policy)),
      // Only a machine of ours brings our own mail back as a copy. From the world, or redirected by a user, it is an arrival.
      returned_(facts.returned && origin.is_client()) {}

Plan Planner::run() {
  if (facts_.odd_octets) mark("odd-octets");
  if (loop_) mark("loop");
  if (returned_) mark("returned");
  plan_.recipients.reserve(envelope_.recipients.size());
  for (const auto& recipient : envelope_.recipients) plan_.recipients.push_back(plan_recipient(recipient));
  plan_sent();
  return std::move(plan_);
}

RecipientPlan Planner::plan_recipient(const mail::smtp::Recipient& recipient) {
  RecipientPlan out;
  const Place place = locate(recipient.forward_path, world_.directory);
  switch (place.kind) {
    case Place::Kind::malformed:  // only from inside: no judge has seen it
      out.returned = Reply(553, "5.1.3", "the recipient's domain is no domain name");
      break;
    case Place::Kind::outside:
      relay(out, recipient.forward_path, place.domain);
      break;
    case Place::Kind::local:
      if (!returned_) plan_local(out, recipient, place);
      break;
  }
  return out;
}

void Planner::plan_local(RecipientPlan& out, const mail::smtp::Recipient& recipient, const Place& place) {
  const Reached reached = reach(place, out);
  if (out.returned) return;  // neither filed nor copied: on the archive a copy would make a mailbox for nobody
  mirror(out, recipient.forward_path, place.domain);
  const bool wanted = recipient.notify.has(mail::smtp::Notify::success) && envelope_.reverse_path;
  // The machine in charge makes the one report.
  if (wanted && world_.policy.role == Role::in_charge) out.success = reached.success;
}

Planner::Reached Planner::reach(const Place& place, RecipientPlan& out) {
  auto known = reached_.find(place.exact);
  if (known == reached_.end()) known = reached_.find(answering_name(place, world_.directory));
  if (known != reached_.end()) {
    out.returned = known->second.returned;
    if (!out.returned) mark("same-place");
    return known->second;
  }
  const Destinations destinations = resolve(place, world_.directory);
  out.returned = refusal(destinations, world_.policy);
  if (!out.returned) {
    file_boxes(out, place, destinations);
    relay_members(out, destinations);
  }
  const Reached reached{out.returned, success_report(destinations)};
  reached_.emplace(answering_name(place, world_.directory), reached);
  return reached;
}

void Planner::file_boxes(RecipientPlan& out, const Place& place, const Destinations& destinations) {
  for (const Box& box : destinations.boxes) {
    if (may_open(box, world_.policy))
      add_file(out, file_for(box, inbox_folder));
    else
      mark("members-unknown");  // of an alias that reaches others; alone it would have been refused
  }
  const bool empty = destinations.boxes.empty() && destinations.outside.empty();
  if (!empty && !destinations.limited) return;
  mark(destinations.limited ? "alias-limit" : "alias-empty");
  add_file(out, file_for_nobody(place.name, inbox_folder));
}

void Planner::relay_members(RecipientPlan& out, const Destinations& destinations) {
  if (destinations.outside.empty()) return;
  if (world_.policy.role != Role::in_charge) return mark("members-outside");  // the machine in charge sends to those
  for (const Address& member : destinations.outside) {
    const Place place = locate(member, world_.directory);
    if (place.kind == Place::Kind::malformed) {
      mark("members-unknown");
      continue;
    }
    if (loop_) {
      out.returned = Reply(554, "5.4.6", "mail loop: too many Received fields");
      return;
    }
    if (origin_.via == Via::import) return mark("import-not-relayed");
    // An expanded address is a new one: going on through the machine that brought the message is no loop.
    enqueue(out, member, {EntryKind::relay, world_.routes.hop_for(place.domain), member});
  }
}

void Planner::relay(RecipientPlan& out, const Address& forward_path, const std::string& domain) {
  if (origin_.via == Via::import) return mark("import-not-relayed");
  Hop hop = world_.routes.hop_for(domain);
  if (loop_) {
    out.returned = Reply(554, "5.4.6", "mail loop: too many Received fields");
  } else if (heading_of_best(hop, world_.routes, origin_, world_.policy.hostname) != Heading::on) {
    out.returned = Reply(554, "5.4.6", "mail loop: the next hop is where this message comes from");
  } else {
    enqueue(out, forward_path, {EntryKind::relay, std::move(hop), std::nullopt});
  }
}

/// `copy` for the archive, or `home` for what was made here. Never both: one route, one forward-path, one copy.
void Planner::mirror(RecipientPlan& out, const Address& forward_path, const std::string& domain) {
  if (loop_) return;
  const auto& passthrough = world_.policy.passthrough;
  const bool home = origin_.via == Via::here && covered(passthrough.copy_without_received_to_outbox, domain);
  if (!home && !covered(passthrough.copy_local_to_outbox, domain)) return;
  Hop hop = world_.routes.hop_for(domain);
  if (!hop.is_static()) return mark(home ? "home-without-route" : "copy-without-route");  // the MX of our own domain is us
  switch (heading_of_any(hop, world_.routes, origin_, world_.policy.hostname)) {
    case Heading::back:
      return mark("split-horizon");
    case Heading::ourselves:
      return mark("own-next-hop");
    case Heading::on:
      return enqueue(out, forward_path, {home ? EntryKind::home : EntryKind::copy, std::move(hop), std::nullopt});
  }
}

void Planner::enqueue(RecipientPlan& out, const Address& forward_path, Enqueue entry) {
  const auto domain = mail::address::canonical_domain(forward_path.domain);
  const bool first =
      queued_.emplace(entry.kind, entry.hop.text, forward_path.local, domain ? *domain : forward_path.domain).second;
  if (!first) return mark("same-place");
  if (entry.kind != EntryKind::home) entry.custody = world_.routes.custody_of(entry.hop);
  out.enqueues.push_back(std::move(entry));
}

bool Planner::covered(Switch setting, std::string_view domain) const {
  return setting == Switch::on && world_.policy.passthrough.covers(domain);
}

void Planner::mark(std::string_view what) {
  if (std::ranges::find(plan_.marks, what) == plan_.marks.end()) plan_.marks.emplace_back(what);
}

}  // namespace understudy::routing
