#include "relay/inbound/incoming_message.hpp"

#include <array>

#include "archive/await.hpp"
#include "archive/custody/errc.hpp"
#include "base/log.hpp"
#include "mail/smtp/errc.hpp"

namespace understudy::relay {
using mail::smtp::Reply;

IncomingMessage::IncomingMessage(Parts parts)
    : services_(parts.services),
      settings_(std::move(parts.settings)),
      body_options_(parts.body),
      intake_(services_.archive, std::move(parts.intake), std::move(parts.received_field)),
      custody_(parts.custody) {}

routing::World IncomingMessage::world() const {
  return {settings_->policy, services_.archive.directory(), settings_->routes};
}

void IncomingMessage::feed(std::string_view octets) {
  if (!trouble_ || octets.empty()) return;
  trouble_ = services_.space.admit(settings_->options.free_space);
  if (trouble_) trouble_ = intake_.feed(octets);
}

void IncomingMessage::feed_chunk(std::string_view octets) {
  chunk_check_.feed(octets);
  feed(octets);
}

net::Task<Reply> IncomingMessage::end(const mail::smtp::BodyDecoder& decoder, const mail::smtp::Envelope& envelope,
                                      const routing::Origin& origin) {
  if (auto verdict = decoder.verdict(); !verdict) co_return refused(mail::smtp::reply_for(verdict.error().code));
  Transaction transaction{envelope, origin};
  co_return co_await keep(decoder.facts(), transaction);
}

net::Task<Reply> IncomingMessage::end_of_chunks(const mail::smtp::Envelope& envelope, const routing::Origin& origin) {
  chunk_check_.finish();
  if (const auto fault = mail::smtp::fault_in(chunk_check_.facts(), body_options_))
    co_return refused(mail::smtp::reply_for(fault));
  Transaction transaction{envelope, origin};
  co_return co_await keep(chunk_check_.facts(), transaction);
}

net::Task<Reply> IncomingMessage::keep(const mail::smtp::OctetFacts& octets, Transaction transaction) {
  auto taken = take(octets);
  if (!taken) co_return refused(mail::smtp::reply_for(taken.error().code));
  const auto facts = taken->facts;
  const std::string& peer = transaction.origin.address;
  if (custody_ && custody_->digest != facts.received) co_return refused(Custody::damaged, transaction.origin);
  if (auto verdict = judge(*taken, transaction)) {
    base::log::info("smtp.message_refused", {{"peer", peer}, {"message_id", facts.message_id}, {"reply", verdict->text()}});
    co_return refused(std::move(*verdict));
  }
  auto arrival = arrival_of(std::move(*taken), transaction);
  if (!arrival) co_return refused(mail::smtp::reply_for(arrival.error().code));
  auto submit = [this, held = std::make_shared<archive::Arrival>(std::move(*arrival))](archive::Done<archive::Accepted> done) {
    services_.archive.accept(std::move(*held), std::move(done));
  };
  auto kept = co_await archive::wait_for<archive::Accepted>(std::move(submit));
  if (kept) co_return accepted(*kept, facts, transaction);
  if (kept.error().code == archive::custody::errc::replayed) co_return refused(Custody::replayed, transaction.origin);
  if (kept.error().code == archive::custody::errc::exhausted) co_return refused(Custody::exhausted, transaction.origin);
  base::log::error("smtp.not_kept", {{"peer", peer}, {"message_id", facts.message_id}, {"reason", kept.error().text()}});
  co_return refused(mail::smtp::reply_for(kept.error().code));
}

/// All that is to be known of it before it is judged, also whether it was made here and has come back.
base::Result<Taken> IncomingMessage::take(const mail::smtp::OctetFacts& octets) {
  if (!trouble_) return std::unexpected(trouble_.error());
  auto taken = intake_.finish(octets);
  if (!taken || !taken->returned_digest) return taken;
  auto made = services_.archive.made_here(taken->returned_unique, *taken->returned_digest);
  if (!made) return std::unexpected(made.error());
  taken->facts.returned = *made;
  return taken;
}

std::optional<Reply> IncomingMessage::judge(const Taken& taken, Transaction transaction) const {
  const auto& [envelope, origin] = transaction;
  if (auto refusal = routing::judge_message(envelope, origin, taken.facts, world())) return refusal;
  if (taken.too_many_fields && !origin.may.copy) return Reply(554, "5.6.0", "the header has too many fields");
  return std::nullopt;
}

base::Result<archive::Arrival> IncomingMessage::arrival_of(Taken taken, Transaction transaction) const {
  archive::Arrival arrival;
  arrival.envelope = transaction.envelope;
  arrival.origin = transaction.origin;
  arrival.facts = std::move(taken.facts);
  arrival.plan = routing::plan(arrival.envelope, arrival.origin, arrival.facts, world());
  for (const auto& mark : arrival.plan.marks)  // "from-differs" and its like: what an administrator wants to know
    base::log::info("smtp.mark", {{"mark", mark}, {"peer", arrival.origin.address}, {"message_id", arrival.facts.message_id}});
  auto sealed = taken.body->seal();
  if (!sealed) return std::unexpected(sealed.error());
  arrival.body = std::move(*sealed);
  arrival.resend_window = settings_->policy.passthrough.resend_window;
  if (custody_) arrival.custody = custody_->number;
  return arrival;
}

Reply IncomingMessage::accepted(const archive::Accepted& kept, const routing::MessageFacts& facts, Transaction transaction) {
  const auto& [envelope, origin] = transaction;
  services_.counts.accepted += 1;
  if (kept.resend) services_.counts.resent += 1;
  base::log::info("smtp.accepted", {{"position", kept.position.text()},
                                    {"peer", origin.address},
                                    {"client", origin.client},
                                    {"user", origin.user},
                                    {"from", envelope.reverse_path ? envelope.reverse_path->text() : std::string("<>")},
                                    {"recipients", envelope.recipients.size()},
                                    {"size", facts.size},
                                    {"message_id", facts.message_id}});
  return {250, "2.0.0", "ok, kept as " + kept.position.text()};
}

/// Transient: the sender has the octets, and the same number may bring them yet.
Reply IncomingMessage::refused(Custody why, const routing::Origin& origin) {
  struct Words {
    std::string_view reason;
    std::atomic<std::uint64_t>& count;
    Reply reply;
  };
  auto& counts = services_.counts;
  const std::array<Words, 3> all{
      Words{"damaged", counts.custody_damaged, {451, "4.6.0", "the octets are not those that XCUSTODY names"}},
      Words{"replayed", counts.custody_replayed, {451, "4.7.0", "this XCUSTODY number has brought other octets before"}},
      Words{"exhausted", counts.custody_exhausted, {451, "4.7.0", "this XCUSTODY number has come too often"}}};
  const auto& words = all.at(static_cast<std::size_t>(why));
  words.count += 1;
  base::log::error(
      "custody.refused",
      {{"reason", words.reason}, {"number", custody_->number.text()}, {"peer", origin.address}, {"client", origin.client}});
  return refused(words.reply);
}

Reply IncomingMessage::refused(Reply reply) {
  services_.counts.refused += 1;
  return reply;
}

}  // namespace understudy::relay
