/// The session's part in a message: reads its octets from the connection, as fast as they must come, and no further than they
/// may go.
#include <algorithm>

#include "base/codec.hpp"
#include "mail/smtp/errc.hpp"
#include "relay/inbound/session.hpp"

namespace understudy::relay {
namespace {

mail::header::Transmission transmission_of(const mail::smtp::ServerDialogue& dialogue) {
  mail::header::Transmission transmission;
  transmission.greeting =
      dialogue.protocol() == "SMTP" ? mail::header::Transmission::Greeting::helo : mail::header::Transmission::Greeting::ehlo;
  transmission.encrypted = dialogue.tls();
  transmission.authenticated = dialogue.user().has_value();
  transmission.utf8 = dialogue.envelope().smtputf8;
  return transmission;
}

}  // namespace

std::string InboundSession::trace_field() const {
  mail::header::Trace trace;
  trace.helo = dialogue_.hello();
  trace.address = origin_.address;
  trace.by = settings_->policy.hostname;
  trace.transmission = transmission_of(dialogue_);
  if (const auto* tls = link_->tls()) {
    trace.tls_version = tls->version;
    trace.tls_cipher = tls->cipher;
  }
  trace.id = base::to_hex(services_.random.octets(8));
  const auto& recipients = dialogue_.envelope().recipients;
  if (recipients.size() == 1) trace.for_recipient = recipients.front().forward_path;
  trace.date = services_.clock.now();
  return mail::header::format_received(trace);
}

mail::smtp::BodyOptions InboundSession::body_options() const {
  mail::smtp::BodyOptions options;
  options.max_octets = listener_.limits.message_size;
  options.odd_octets = odd_octets_;
  return options;
}

IncomingMessage& InboundSession::incoming() {
  if (incoming_) return *incoming_;
  IntakeOptions intake;
  intake.hostname = settings_->policy.hostname;
  intake.max_header_fields = listener_.limits.header_fields;
  intake.add_missing_fields = origin_.authenticated();
  intake.made_key = services_.made_key;
  if (intake.add_missing_fields) intake.unique = base::to_hex(services_.random.octets(16));
  intake.now = services_.clock.now();
  incoming_ = std::make_unique<IncomingMessage>(
      IncomingMessage::Parts{services_, settings_, std::move(intake), body_options(), trace_field(), dialogue_.custody()});
  return *incoming_;
}

void InboundSession::begin_message() {
  if (!pace_) pace_.emplace(listener_.limits, services_.clock);  // a chunk that is only read past
  pace_->begin_message();
}

net::Task<base::Result<std::size_t>> InboundSession::fill() {
  if (place_.must_leave()) co_return base::fail("place", net::errc::cancelled);
  const Wait wait(*this);
  auto filled = co_await reader_.fill(std::min(listener_.limits.data_wait, pace_->left()));
  co_return filled;
}

net::Task<std::optional<InboundSession::Next>> InboundSession::on_body() {
  auto& message = incoming();
  begin_message();
  mail::smtp::BodyDecoder decoder(body_options());
  std::string piece;
  std::uint64_t taken = 0;
  for (auto state = mail::smtp::BodyDecoder::State::more; state != mail::smtp::BodyDecoder::State::ended;) {
    if (!reader_.has_buffered()) {
      auto filled = co_await fill();
      if (!filled) co_return on_silence(filled.error());
    }
    piece.clear();
    const auto progress = decoder.feed(reader_.buffered(), piece);
    reader_.consume(progress.consumed);
    pace_->count(progress.consumed);
    taken += progress.consumed;
    if (taken > mail::smtp::drain_limit(listener_.limits.message_size)) {
      services_.counts.refused += 1;
      co_return dialogue_.on_endless();
    }
    state = progress.state;
    message.feed(piece);
  }
  auto reply = co_await message.end(decoder, dialogue_.envelope(), origin_);
  incoming_.reset();
  co_return dialogue_.on_kept(std::move(reply));
}

net::Task<std::optional<InboundSession::Next>> InboundSession::on_chunk() {
  const auto chunk = dialogue_.chunk();
  const bool keep = chunk.use == mail::smtp::Chunk::Use::keep;
  begin_message();
  for (std::uint64_t left = chunk.octets; left > 0;) {
    if (!reader_.has_buffered()) {
      auto filled = co_await fill();
      if (!filled) co_return on_silence(filled.error());
    }
    const auto buffered = reader_.buffered();
    const auto piece = buffered.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, buffered.size())));
    if (keep) incoming().feed_chunk(piece);
    left -= piece.size();
    pace_->count(piece.size());
    reader_.consume(piece.size());
  }
  if (keep && incoming_ && !incoming_->trouble())
    co_return dialogue_.on_chunk_failed(mail::smtp::reply_for(incoming_->trouble().error().code));
  co_return dialogue_.on_chunk();
}

net::Task<std::optional<InboundSession::Next>> InboundSession::on_end_of_message() {
  auto reply = co_await incoming().end_of_chunks(dialogue_.envelope(), origin_);
  incoming_.reset();
  co_return dialogue_.on_kept(std::move(reply));
}

}  // namespace understudy::relay
