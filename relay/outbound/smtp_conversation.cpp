#include "relay/outbound/smtp_conversation.hpp"

namespace understudy::relay {
namespace {
using archive::outbox::Entry;
using archive::outbox::State;
using archive::outbox::Target;

/// Copies and homeward mail make no report to anybody (RFC 3461 §4.1): whoever relays them on is told so.
mail::smtp::Recipient recipient_for(const Target& target) {
  mail::smtp::Recipient recipient = target.recipient;
  if (target.kind != routing::EntryKind::relay) recipient.notify.bits = mail::smtp::Notify::never;
  return recipient;
}

/// Does the message end in CRLF? DATA would add one otherwise, and the octets would not be the ones that we have.
bool ends_in_crlf(archive::BodyToRead& body, std::uint64_t size) {
  if (size < 2) return size == 0;
  std::string end;
  for (auto offset = size - 2; offset < size;) {
    auto piece = body->read(offset, size - offset);
    if (!piece || piece->empty()) return true;  // the sending itself will meet the trouble
    end += *piece;
    offset += piece->size();
  }
  return end == "\r\n";
}

mail::smtp::MessageShape shape_of(const Entry& entry, archive::BodyToRead& body) {
  mail::smtp::MessageShape shape;
  shape.octets = entry.body.size;
  shape.eight_bit = entry.eight_bit;
  shape.needs_chunking = entry.odd_octets;
  shape.ends_in_crlf = ends_in_crlf(body, entry.body.size);
  shape.custody = entry.custody;
  return shape;
}
}  // namespace

net::Task<Attempt> SmtpConversation::send(const Entry& entry) {
  Attempt attempt;
  mail::smtp::Envelope envelope = entry.envelope;
  std::vector<std::size_t> indexes;
  const auto no_route = outcome_of({451, "4.4.4", "no static route for copies of this domain"}, Outcome::Scope::message);
  for (std::size_t i = 0; i < entry.targets.size(); ++i) {
    if (!belongs(entry, entry.targets[i], hop_, settings_->routes)) continue;
    if (entry.targets[i].kind != routing::EntryKind::relay && hop_.text.starts_with("mx:")) {
      attempt.outcomes.push_back({i, no_route});  // the MX of our own domain is ourselves
      continue;
    }
    indexes.push_back(i);
    envelope.recipients.push_back(recipient_for(entry.targets[i]));
  }
  if (indexes.empty()) co_return attempt;

  auto body = archive_.open_fresh_body(entry.body);
  const auto shape = shape_of(entry, body);
  attempt.host_reports = session_->capabilities().dsn;
  attempt.host = session_->host();
  attempt.octets = shape.octets;
  if (const auto* tls = session_->tls()) attempt.tls = tls->version;
  auto results = co_await session_->send(std::move(envelope), shape, std::move(body));
  attempt.said_custody = session_->said_custody();
  attempt.unheard = session_->unheard();
  const bool lost = !session_->usable() && session_->failure().has_value();
  for (std::size_t i = 0; i < indexes.size() && i < results.size(); ++i) {
    // A session that broke says nothing about the message, unless the host itself said 421 or the like after a verdict.
    const auto scope = lost && !results[i].reply.positive() && !results[i].reply.permanent() ? Outcome::Scope::message
                                                                                             : Outcome::Scope::recipient;
    attempt.outcomes.push_back({indexes[i], outcome_of(results[i].reply, scope)});
  }
  co_return attempt;
}

}  // namespace understudy::relay
