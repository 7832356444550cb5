// The three places in an SMTP dialogue where a message can still be refused instead of returned.
#include <algorithm>

#include "routing/plan.hpp"
#include "routing/resolve.hpp"

namespace understudy::routing {
namespace {

using mail::smtp::Reply;

/// Made here, or brought in by an administrator: nobody on the other side of a session to refuse it to.
bool comes_from_inside(const Origin& origin) {
  return origin.via == Via::here || origin.via == Via::import;
}

bool is_submission(const Origin& origin) {
  return origin.via == Via::submission && origin.authenticated();
}

/// Under refuse_nonlocal_from_local: what a reader would take for a message of ours may come only from who may send as local.
/// A second From: field would be judged by nobody and shown by some readers (RFC 5322 §3.6 allows one).
std::optional<Reply> judge_from(const MessageFacts& facts, const Directory& directory) {
  const bool local = std::ranges::any_of(
      facts.from, [&](const mail::address::Address& from) { return locate(from, directory).kind == Place::Kind::local; });
  if (local) return Reply(550, "5.7.1", "a local From address needs authentication; use the submission port");
  if (facts.from_unclear) return Reply(550, "5.7.1", "nobody can tell whom this is from; the header needs one From field");
  return std::nullopt;
}

}  // namespace

std::optional<Reply> judge_reverse_path(const mail::address::ReversePath& reverse_path, const Origin& origin,
                                        const World& world) {
  // RFC 6409 §3.2: a null reverse-path is no reason to refuse, at submission neither (read receipts are sent so).
  if (!reverse_path || comes_from_inside(origin)) return std::nullopt;
  const Place place = locate(*reverse_path, world.directory);
  if (place.kind == Place::Kind::malformed && !origin.may.copy)
    return Reply(553, "5.1.7", "the sender's domain is no domain name");
  if (place.kind != Place::Kind::local || origin.may.local_sender) return std::nullopt;
  if (origin.authenticated()) {
    const auto owner = owner_of(place, world.directory);
    if (owner && owner->standing != Box::Standing::unknown && owner->name == origin.user) return std::nullopt;
    return Reply(553, "5.7.1", "this sender address belongs to another user");
  }
  // A [[client]] is exempt only with a permission that speaks of local senders; a copy brings whatever the original said.
  if (origin.refuse_nonlocal_claiming_local == Switch::on && !origin.may.copy)
    return Reply(550, "5.7.1", "a local sender address needs authentication; use the submission port");
  return std::nullopt;
}

std::optional<Reply> judge_forward_path(const mail::smtp::Recipient& recipient, const mail::address::ReversePath& reverse_path,
                                        const Origin& origin, const World& world) {
  if (comes_from_inside(origin)) return std::nullopt;
  const bool trusted = origin.authenticated() || origin.is_client();
  const Place place = locate(recipient.forward_path, world.directory);
  if (place.kind == Place::Kind::malformed) return Reply(553, "5.1.3", "the recipient's domain is no domain name");
  if (place.kind == Place::Kind::outside) {
    if (origin.authenticated() || origin.may.relay) return std::nullopt;
    return Reply(550, "5.7.1", "relaying denied");
  }
  if (world.policy.passthrough.accept_local_from == AcceptLocalFrom::clients && !trusted)
    return Reply(451, "4.3.2", "not in charge of this domain; try the next MX");
  const auto destinations = resolve(place, world.directory);
  if (auto waits = put_off(destinations, world.policy, world.directory)) return waits;
  // A user's mail is taken, and plan() returns what cannot be delivered; with the null reverse-path there is nobody to tell.
  if (is_submission(origin) && reverse_path) return std::nullopt;
  return refusal(destinations, world.policy);
}

std::optional<Reply> judge_message(const mail::smtp::Envelope&, const Origin& origin, const MessageFacts& facts,
                                   const World& world) {
  if (comes_from_inside(origin) || origin.may.copy) return std::nullopt;
  if (is_loop(facts, world.policy)) return Reply(554, "5.4.6", "mail loop: too many Received fields");
  const bool vouched_for = origin.authenticated() || origin.may.local_sender;
  if (vouched_for || origin.refuse_nonlocal_from_local == Switch::off) return std::nullopt;
  return judge_from(facts, world.directory);
}

}  // namespace understudy::routing
