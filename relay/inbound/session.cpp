#include "relay/inbound/session.hpp"

#include <algorithm>

#include "base/codec.hpp"
#include "base/log.hpp"
#include "base/net/errc.hpp"
#include "mail/smtp/body_decoder.hpp"
#include "mail/smtp/errc.hpp"
#include "relay/await_archive.hpp"
#include "relay/certificate.hpp"
#include "relay/inbound/login_exchange.hpp"
#include "relay/inbound/peers.hpp"

namespace understudy::relay {
namespace {
using mail::smtp::Reply;
using mail::smtp::Want;

constexpr net::Timeout write_wait = std::chrono::minutes(5);
constexpr net::Timeout farewell_wait = std::chrono::seconds(1);  ///< for a write, once told to leave
constexpr net::Timeout handshake_wait = std::chrono::minutes(1);
constexpr std::size_t output_limit = 16 * 1024;  ///< replies kept back for one write

mail::smtp::ServerOptions dialogue_options(const Settings& settings, const Listener& listener) {
  mail::smtp::ServerOptions options;
  options.hostname = settings.policy.hostname;
  options.tls = settings.server_tls ? listener.tls : mail::smtp::ServerTls::none;
  options.demand = listener.protocol == Protocol::submission ? mail::smtp::Demand::authentication : mail::smtp::Demand::nothing;
  options.mechanisms = {"SCRAM-SHA-256", "PLAIN", "LOGIN"};
  options.max_message = listener.limits.message_size;
  options.max_recipients = listener.limits.recipients;
  options.max_errors = listener.limits.errors;
  options.lines.command = listener.limits.command_line;
  return options;
}

net::LineReader::Limits reader_limits(const Listener& listener) {
  net::LineReader::Limits limits;
  limits.capacity = std::max<std::size_t>(limits.capacity, listener.limits.command_line + 16);
  return limits;
}
}  // namespace

/// One message on its way in: by DATA or by chunks.
struct InboundSession::Incoming {
  Incoming(archive::Archive& archive, IntakeOptions options, std::string received_field, mail::smtp::BodyOptions body)
      : intake(archive, std::move(options), std::move(received_field)), body_options(body) {}
  Intake intake;
  mail::smtp::BodyOptions body_options;
  mail::smtp::OctetCheck chunk_check;            ///< BDAT
  std::optional<mail::smtp::OctetFacts> octets;  ///< at the end of the data
  base::Result<> trouble;                        ///< the store did not take it
};

InboundSession::InboundSession(net::Connection connection, const InboundServices& services,
                               std::shared_ptr<const Settings> settings, const Listener& listener)
    : link_(std::move(connection.link)),
      shield_(std::move(connection.shield)),
      services_(services),
      settings_(std::move(settings)),
      server_tls_(settings_->server_tls),
      listener_(listener),
      reader_(*link_, services.clock, reader_limits(listener_)),
      dialogue_(dialogue_options(*settings_, listener_)) {
  origin_.via = listener_.protocol == Protocol::submission ? routing::Via::submission : routing::Via::network;
  origin_.address = link_->peer().address.text();
  recognise();
}

InboundSession::~InboundSession() = default;

// A connection may live for days; what is decided about a message goes by the settings in force when it begins.
void InboundSession::take_settings() {
  settings_ = services_.settings.get();
  const auto& listeners = settings_->options.listeners;
  const auto same = std::ranges::find_if(listeners, [this](const Listener& other) {
    return other.protocol == listener_.protocol && other.binds == listener_.binds;
  });
  if (same != listeners.end()) {
    listener_.refuse_nonlocal_claiming_local = same->refuse_nonlocal_claiming_local;
    listener_.refuse_nonlocal_from_local = same->refuse_nonlocal_from_local;
  }
  recognise();
}

void InboundSession::recognise() {
  origin_.refuse_nonlocal_claiming_local = sender_check(listener_, settings_->policy.role);
  origin_.refuse_nonlocal_from_local = listener_.refuse_nonlocal_from_local;
  const Client* client = find_client(settings_->options.clients, link_->peer().address, link_->tls());
  origin_.client = client ? client->name : std::string();
  origin_.may = client ? client->may : routing::Permissions{};
  odd_octets_ = client && client->may.copy ? client->odd_octets : mail::smtp::OddOctets::refuse;
  if (const auto* tls = link_->tls()) {
    origin_.tls = tls->version + " " + tls->cipher;
    origin_.client_key = certificate_text(tls);
  }
}

routing::World InboundSession::world() const {
  return {settings_->policy, services_.archive.directory(), settings_->routes};
}

net::Task<bool> InboundSession::prepare() {
  if (listener_.tls != mail::smtp::ServerTls::implicit) co_return true;
  if (!server_tls_) co_return false;
  net::TlsExpect expect;
  auto started = co_await link_->start_tls(*server_tls_, expect, handshake_wait);
  if (!started) {
    base::log::info("smtp.tls_failed", {{"peer", origin_.address}, {"reason", started.error().text()}});
    co_return false;
  }
  recognise();
  co_return true;
}

net::Task<> InboundSession::run() {
  services_.counts.sessions += 1;
  const bool prepared = co_await prepare();
  if (!prepared) co_return;
  std::optional<Next> next = dialogue_.greet();
  while (next) {
    if (next->reply) output_ += next->reply->wire();
    // RFC 2920 §3.2: replies are kept back only while the next command is there already, never while the client is waited for.
    const bool goes_on = next->want == Want::mail_verdict || next->want == Want::verdict ||
                         (next->want == Want::command && reader_.buffered().find("\r\n") != std::string_view::npos);
    const bool wait_for_more = next->flush == mail::smtp::Flush::may_wait && goes_on && output_.size() < output_limit;
    if (!wait_for_more) {
      const bool flushed = co_await flush();
      if (!flushed) break;
    }
    if (next->want == Want::close) break;
    next = co_await act(next->want);
  }
  co_await link_->close();
}

net::Task<bool> InboundSession::flush() {
  if (output_.empty()) co_return true;
  auto written = co_await link_->write(output_, shield_->dismissed() ? farewell_wait : write_wait);
  output_.clear();
  co_return written.has_value();
}

net::Task<std::optional<InboundSession::Next>> InboundSession::act(Want want) {
  switch (want) {
    case Want::command:
      co_return co_await on_command();
    case Want::mail_verdict:
      co_return on_mail_verdict();
    case Want::verdict:
      co_return on_verdict();
    case Want::body:
      shield_->raise();
      co_return co_await on_body();
    case Want::chunk:
      if (dialogue_.chunk().use == mail::smtp::Chunk::Use::keep) shield_->raise();
      co_return co_await on_chunk();
    case Want::end_of_message:
      co_return co_await on_end_of_message();
    case Want::auth:
      co_return co_await on_auth();
    case Want::tls:
      co_return co_await on_tls();
    case Want::close:
      break;
  }
  co_return std::nullopt;
}

net::Task<std::optional<InboundSession::Next>> InboundSession::on_command() {
  if (!dialogue_.between_chunks()) {
    shield_->lower();
    if (shield_->dismissed()) co_return dialogue_.on_shutdown();
  }
  const std::size_t limit = dialogue_.line_limit();
  auto line = co_await reader_.read_line(limit + 2, listener_.limits.command_wait);
  if (line) {
    if (line->has_bare_cr_or_lf || line->has_nul)
      base::log::info("smtp.odd_command", {{"peer", origin_.address}, {"line", line->text}});
    co_return dialogue_.on_line(line->text);
  }
  const auto& code = line.error().code;
  if (code == net::errc::too_long) co_return dialogue_.on_line(std::string(limit + 1, 'x'));  // refused by its length alone
  if (code == net::errc::timed_out) co_return dialogue_.on_timeout();
  if (code == net::errc::cancelled) co_return dialogue_.on_shutdown();
  co_return std::nullopt;
}

InboundSession::Next InboundSession::on_mail_verdict() {
  incoming_.reset();
  take_settings();
  origin_.helo = dialogue_.hello();
  const auto refused = routing::judge_reverse_path(dialogue_.envelope().reverse_path, origin_, world());
  if (!refused) return dialogue_.on_mail_verdict({250, "2.1.0", "ok"});
  base::log::info("smtp.mail_refused", {{"peer", origin_.address}, {"helo", origin_.helo}, {"reply", refused->text()}});
  return dialogue_.on_mail_verdict(*refused);
}

InboundSession::Next InboundSession::on_verdict() {
  const auto& recipient = dialogue_.forward_path();
  const auto refused = routing::judge_forward_path(recipient, dialogue_.envelope().reverse_path, origin_, world());
  if (!refused) return dialogue_.on_verdict({250, "2.1.5", "ok"});
  base::log::info("smtp.rcpt_refused", {{"peer", origin_.address},
                                        {"helo", origin_.helo},
                                        {"recipient", recipient.forward_path.text()},
                                        {"reply", refused->text()}});
  return dialogue_.on_verdict(*refused);
}

net::Task<std::optional<InboundSession::Next>> InboundSession::on_tls() {
  if (reader_.has_buffered()) co_return dialogue_.on_tls_started(mail::smtp::Leftover::plaintext);
  net::TlsExpect expect;
  auto started = co_await link_->start_tls(*server_tls_, expect, handshake_wait);
  if (!started) {
    base::log::info("smtp.tls_failed", {{"peer", origin_.address}, {"reason", started.error().text()}});
    link_->abort();
    co_return std::nullopt;
  }
  recognise();
  origin_.user.clear();
  co_return dialogue_.on_tls_started(mail::smtp::Leftover::none);
}

std::string InboundSession::trace_field() const {
  mail::header::Trace trace;
  trace.helo = dialogue_.hello();
  trace.address = origin_.address;
  trace.by = settings_->policy.hostname;
  const auto protocol = dialogue_.protocol();
  trace.transmission.greeting =
      protocol == "SMTP" ? mail::header::Transmission::Greeting::helo : mail::header::Transmission::Greeting::ehlo;
  trace.transmission.encrypted = dialogue_.tls();
  trace.transmission.authenticated = dialogue_.user().has_value();
  trace.transmission.utf8 = dialogue_.envelope().smtputf8;
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

InboundSession::Incoming& InboundSession::incoming() {
  if (incoming_) return *incoming_;
  IntakeOptions options;
  options.hostname = settings_->policy.hostname;
  options.max_header_fields = listener_.limits.header_fields;
  options.add_missing_fields = origin_.authenticated();
  options.made_key = services_.made_key;
  if (options.add_missing_fields) options.unique = base::to_hex(services_.random.octets(16));
  options.now = services_.clock.now();
  incoming_ = std::make_unique<Incoming>(services_.archive, std::move(options), trace_field(), body_options());
  return *incoming_;
}

net::Task<std::optional<InboundSession::Next>> InboundSession::on_body() {
  auto& message = incoming();
  mail::smtp::BodyDecoder decoder(message.body_options);
  net::RateFloor floor(listener_.limits.data_rate, listener_.limits.data_wait, services_.clock);
  std::string piece;
  std::uint64_t taken = 0;
  for (auto state = mail::smtp::BodyDecoder::State::more; state != mail::smtp::BodyDecoder::State::ended;) {
    if (!reader_.has_buffered()) {
      auto filled = co_await reader_.fill(std::min(listener_.limits.data_wait, floor.left()));
      if (!filled && filled.error().code == net::errc::timed_out) co_return dialogue_.on_timeout();
      if (!filled && filled.error().code == net::errc::cancelled) co_return dialogue_.on_shutdown();
      if (!filled) co_return std::nullopt;
    }
    piece.clear();
    const auto progress = decoder.feed(reader_.buffered(), piece);
    reader_.consume(progress.consumed);
    floor.count(progress.consumed);
    taken += progress.consumed;
    if (taken > mail::smtp::drain_limit(listener_.limits.message_size)) {
      services_.counts.refused += 1;
      co_return dialogue_.on_endless();
    }
    state = progress.state;
    if (message.trouble && !piece.empty()) message.trouble = message.intake.feed(piece);
  }
  message.octets = decoder.facts();
  if (auto verdict = decoder.verdict(); !verdict) {
    services_.counts.refused += 1;
    incoming_.reset();
    co_return dialogue_.on_kept(mail::smtp::reply_for(verdict.error().code));
  }
  Reply reply = co_await keep();
  co_return dialogue_.on_kept(std::move(reply));
}

net::Task<std::optional<InboundSession::Next>> InboundSession::on_chunk() {
  const auto chunk = dialogue_.chunk();
  const bool keep_it = chunk.use == mail::smtp::Chunk::Use::keep;
  net::RateFloor floor(listener_.limits.data_rate, listener_.limits.data_wait, services_.clock);
  for (std::uint64_t left = chunk.octets; left > 0;) {
    if (!reader_.has_buffered()) {
      auto filled = co_await reader_.fill(std::min(listener_.limits.data_wait, floor.left()));
      if (!filled && filled.error().code == net::errc::timed_out) co_return dialogue_.on_timeout();
      if (!filled && filled.error().code == net::errc::cancelled) co_return dialogue_.on_shutdown();
      if (!filled) co_return std::nullopt;
    }
    const auto piece =
        reader_.buffered().substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, reader_.buffered().size())));
    if (keep_it) {
      auto& message = incoming();
      message.chunk_check.feed(piece);
      if (message.trouble) message.trouble = message.intake.feed(piece);
    }
    left -= piece.size();
    floor.count(piece.size());
    reader_.consume(piece.size());
  }
  if (keep_it && incoming_ && !incoming_->trouble)
    co_return dialogue_.on_chunk_failed(mail::smtp::reply_for(incoming_->trouble.error().code));
  co_return dialogue_.on_chunk();
}

net::Task<std::optional<InboundSession::Next>> InboundSession::on_end_of_message() {
  auto& message = incoming();
  message.chunk_check.finish();
  message.octets = message.chunk_check.facts();
  if (const auto fault = mail::smtp::fault_in(*message.octets, message.body_options)) {
    services_.counts.refused += 1;
    incoming_.reset();
    co_return dialogue_.on_kept(mail::smtp::reply_for(fault));
  }
  Reply reply = co_await keep();
  co_return dialogue_.on_kept(std::move(reply));
}

net::Task<Reply> InboundSession::keep() {
  auto message = std::move(incoming_);
  if (!message->trouble) co_return mail::smtp::reply_for(message->trouble.error().code);
  auto taken = message->intake.finish(*message->octets);
  if (!taken) co_return mail::smtp::reply_for(taken.error().code);
  auto& facts = taken->facts;
  if (taken->returned_digest) {
    auto made = services_.archive.made_here(taken->returned_unique, *taken->returned_digest);
    if (!made) co_return mail::smtp::reply_for(made.error().code);
    facts.returned = *made;
  }
  const auto& envelope = dialogue_.envelope();
  auto refused = routing::judge_message(envelope, origin_, facts, world());
  if (!refused && taken->too_many_fields && !origin_.may.copy) refused = Reply(554, "5.6.0", "the header has too many fields");
  if (refused) {
    services_.counts.refused += 1;
    base::log::info("smtp.message_refused",
                    {{"peer", origin_.address}, {"message_id", facts.message_id}, {"reply", refused->text()}});
    co_return *refused;
  }
  archive::Arrival arrival;
  arrival.plan = routing::plan(envelope, origin_, facts, world());
  for (const auto& mark : arrival.plan.marks)  // "from-differs" and its like: what an administrator wants to know
    base::log::info("smtp.mark", {{"mark", mark}, {"peer", origin_.address}, {"message_id", facts.message_id}});
  auto sealed = taken->body->seal();
  if (!sealed) co_return mail::smtp::reply_for(sealed.error().code);
  arrival.body = std::move(*sealed);
  arrival.envelope = envelope;
  arrival.origin = origin_;
  arrival.facts = facts;
  arrival.resend_window = settings_->policy.passthrough.resend_window;
  auto submit = [this, held = std::make_shared<archive::Arrival>(std::move(arrival))](archive::Done<archive::Accepted> done) {
    services_.archive.accept(std::move(*held), std::move(done));
  };
  auto accepted = co_await wait_for<archive::Accepted>(std::move(submit));
  co_return settled(accepted, facts);
}

Reply InboundSession::settled(const base::Result<archive::Accepted>& accepted, const routing::MessageFacts& facts) {
  if (!accepted) {
    services_.counts.refused += 1;
    base::log::error("smtp.not_kept",
                     {{"peer", origin_.address}, {"message_id", facts.message_id}, {"reason", accepted.error().text()}});
    return mail::smtp::reply_for(accepted.error().code);
  }
  services_.counts.accepted += 1;
  if (accepted->resend) services_.counts.resent += 1;
  const auto& envelope = dialogue_.envelope();
  base::log::info("smtp.accepted", {{"position", accepted->position.text()},
                                    {"peer", origin_.address},
                                    {"client", origin_.client},
                                    {"user", origin_.user},
                                    {"from", envelope.reverse_path ? envelope.reverse_path->text() : std::string("<>")},
                                    {"recipients", envelope.recipients.size()},
                                    {"size", facts.size},
                                    {"message_id", facts.message_id}});
  return {250, "2.0.0", "ok, kept as " + accepted->position.text()};
}

}  // namespace understudy::relay
