#include "relay/outbound/smtp_session.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/net/errc.hpp"
#include "mail/smtp/body_encoder.hpp"
#include "mail/smtp/reply_parser.hpp"
#include "relay/certificate.hpp"

namespace understudy::relay {
namespace {
using mail::smtp::AuthState;
using mail::smtp::ClientWant;
using mail::smtp::Reply;
using mail::smtp::Step;

constexpr std::size_t piece_size = 64 * 1024;

mail::smtp::ClientOptions dialogue_options(const SessionPlan& plan) {
  mail::smtp::ClientOptions options;
  options.hostname = plan.ehlo_name;
  options.authenticate = plan.login.has_value();
  switch (plan.tls) {
    case routing::TlsPolicy::none:
      options.tls = plan.certificate.empty() ? mail::smtp::ClientTls::none : mail::smtp::ClientTls::required;
      break;
    case routing::TlsPolicy::may:
      options.tls = plan.certificate.empty() ? mail::smtp::ClientTls::may : mail::smtp::ClientTls::required;
      break;
    case routing::TlsPolicy::implicit:
      options.tls = mail::smtp::ClientTls::implicit;
      break;
    case routing::TlsPolicy::encrypt:
    case routing::TlsPolicy::verify:
    case routing::TlsPolicy::dane:
      options.tls = mail::smtp::ClientTls::required;
      break;
  }
  return options;
}

/// A verified certificate is demanded where the administrator asked for one, and where a password would go over the connection;
/// there "encrypt" alone says that he knows better, and a certificate that he named is as good.
net::TlsExpect::Verify verification(const SessionPlan& plan) {
  const bool asked_for = plan.tls == routing::TlsPolicy::verify || plan.tls == routing::TlsPolicy::dane;
  const bool demanded = asked_for || (plan.login && plan.tls != routing::TlsPolicy::encrypt && plan.certificate.empty());
  return demanded ? net::TlsExpect::Verify::demand : net::TlsExpect::Verify::report;
}

Reply other_certificate() {
  return {451, "4.7.5", "the host shows another certificate than the route names"};
}

/// Whether octets beyond ASCII stand in the header: before the first empty line, or in what is looked at of it.
bool has_8bit_header(const archive::BodyToRead& body) {
  constexpr std::uint64_t most = 1 << 20;
  bool empty_line = true;
  for (std::uint64_t offset = 0; offset < most;) {
    const auto piece = body->read(offset, piece_size);
    if (!piece || piece->empty()) return false;  // the sending itself will meet the trouble
    for (const char c : *piece) {
      if (static_cast<unsigned char>(c) >= 0x80) return true;
      if (c == '\n' && empty_line) return false;
      if (c != '\r') empty_line = c == '\n';
    }
    offset += piece->size();
  }
  return false;
}
}  // namespace

SmtpSession::SmtpSession(std::unique_ptr<net::Link> link, SessionPlan plan, std::shared_ptr<const net::TlsContext> tls,
                         const base::Clock& clock)
    : link_(std::move(link)),
      plan_(std::move(plan)),
      tls_(std::move(tls)),
      clock_(clock),
      reader_(*link_, clock),
      dialogue_(dialogue_options(plan_)) {}

Step SmtpSession::lost(const base::Error& error) {
  const bool waited = error.code == net::errc::timed_out || error.code == net::errc::too_slow;
  unheard_ = !waited && !answered_;
  const std::string what = waited ? "no answer in time" : "the connection was lost";
  return dialogue_.on_lost({451, "4.4.2", what + " (" + error.code.message() + ")"});
}

std::chrono::milliseconds SmtpSession::reply_wait() const {
  switch (dialogue_.phase()) {
    case mail::smtp::Phase::greeting:
      return plan_.waits.greeting;
    case mail::smtp::Phase::data:
      return plan_.waits.data_start;
    case mail::smtp::Phase::body:
      return plan_.waits.data_end;
    default:
      return plan_.waits.command;
  }
}

std::chrono::milliseconds SmtpSession::bounded(std::chrono::milliseconds wait) const {
  if (mail_answered_) return wait;
  return std::min(wait, std::max(plan_.open_until - clock_.steady(), base::SteadyTime(0)));
}

net::Task<bool> SmtpSession::open() {
  if (plan_.tls == routing::TlsPolicy::implicit) {
    net::TlsExpect expect{plan_.host, verification(plan_)};
    in_handshake_ = true;
    auto started = co_await link_->start_tls(*tls_, expect, bounded(plan_.waits.greeting));
    if (!started) {
      static_cast<void>(dialogue_.start());
      static_cast<void>(dialogue_.on_lost({451, "4.7.5", "TLS failed: " + started.error().text()}));
      co_return false;
    }
    in_handshake_ = false;
    if (!shows_its_certificate()) {
      static_cast<void>(dialogue_.start());
      static_cast<void>(dialogue_.on_lost(other_certificate()));
      co_return false;
    }
  }
  co_await run(dialogue_.start());
  co_return usable_;
}

net::Task<> SmtpSession::run(Step step) {
  usable_ = false;
  for (;;) {
    if (!step.send.empty()) {
      auto written = co_await link_->write(step.send, bounded(plan_.waits.command));
      if (!written) {
        step = lost(written.error());
        step.send.clear();
      }
    }
    if (step.want == ClientWant::ready) {
      usable_ = true;
      co_return;
    }
    if (step.want == ClientWant::close) {
      link_->abort();
      co_return;
    }
    step = co_await act(std::move(step));
  }
}

net::Task<Step> SmtpSession::act(Step step) {
  switch (step.want) {
    case ClientWant::tls:
      co_return co_await handshake();
    case ClientWant::auth:
      co_return authenticate();
    case ClientWant::body:
      co_return co_await send_body(false);
    case ClientWant::chunk:
      co_return co_await send_body(true);
    case ClientWant::reply:
    case ClientWant::ready:
    case ClientWant::close:
      break;
  }
  co_return co_await read_reply();
}

/// The wait is for a whole reply, however its lines drip in. How many they may be is the parser's rule.
net::Task<Step> SmtpSession::read_reply() {
  const auto deadline = clock_.steady() + bounded(reply_wait());
  const bool to_mail = dialogue_.phase() == mail::smtp::Phase::mail;
  for (;;) {
    const auto left = std::max(deadline - clock_.steady(), base::SteadyTime(0));
    auto line = co_await reader_.read_line(mail::smtp::ReplyParser::max_line + 2, left);
    if (!line) co_return lost(line.error());
    answered_ = true;
    Step step = dialogue_.on_line(line->text);
    if (step.want != ClientWant::reply || !dialogue_.in_reply()) {
      mail_answered_ = mail_answered_ || to_mail;
      co_return step;
    }
    if (clock_.steady() >= deadline) co_return lost({net::errc::timed_out, "reply"});
  }
}

bool SmtpSession::shows_its_certificate() const {
  return plan_.certificate.empty() || certificate_text(link_->tls()) == plan_.certificate;
}

net::Task<Step> SmtpSession::handshake() {
  if (reader_.has_buffered()) co_return dialogue_.on_tls_started(mail::smtp::Leftover::plaintext);
  net::TlsExpect expect{plan_.host, verification(plan_)};
  in_handshake_ = true;
  auto started = co_await link_->start_tls(*tls_, expect, bounded(plan_.waits.command));
  if (!started) co_return dialogue_.on_lost({451, "4.7.5", "TLS failed: " + started.error().text()});
  in_handshake_ = false;
  if (!shows_its_certificate()) co_return dialogue_.on_lost(other_certificate());
  co_return dialogue_.on_tls_started(mail::smtp::Leftover::none);
}

Step SmtpSession::authenticate() {
  if (sasl_) {
    auto response = sasl_->respond(dialogue_.challenge());
    if (!response) return dialogue_.on_auth_given_up();
    return dialogue_.on_auth_response(*response, sasl_->complete() ? AuthState::complete : AuthState::going_on);
  }
  const std::string mechanism = mail::sasl::choose_mechanism(dialogue_.capabilities().auth, *plan_.login);
  if (mechanism.empty()) return dialogue_.on_auth_given_up();
  sasl_ = std::make_unique<mail::sasl::ClientSession>(mechanism, *plan_.login);
  auto initial = sasl_->start();
  if (!initial) return dialogue_.on_auth_given_up();
  return dialogue_.on_auth_start(mechanism, *initial, sasl_->complete() ? AuthState::complete : AuthState::going_on);
}

/// The end of the data goes with the last octets: a write more for each message is a packet more, and one more wake-up of the
/// host.
net::Task<Step> SmtpSession::send_body(bool chunked) {
  mail::smtp::BodyEncoder encoder;
  std::string output;
  for (std::uint64_t offset = 0;;) {
    auto piece = body_->read(offset, piece_size);
    if (!piece) {
      base::log::error("delivery.body", {{"reason", piece.error().text()}});
      co_return dialogue_.on_body_failed({451, "4.3.0", "the message cannot be read here"});
    }
    offset += piece->size();
    const bool last = offset == octets_;
    if (piece->empty() && !last) {  // never a final dot behind a part of a message
      base::log::error("delivery.body", {{"reason", "the message ends early"}, {"octets", offset}, {"should_be", octets_}});
      co_return dialogue_.on_body_failed({451, "4.3.0", "the message cannot be read here"});
    }
    output.clear();
    base::Result<> encoded;
    if (chunked) {
      output = std::move(*piece);
    } else {
      encoded = encoder.feed(*piece, output);
      if (encoded && last) encoded = encoder.finish(output);
    }
    if (!encoded) co_return dialogue_.on_body_failed({451, "4.3.0", "the message cannot be sent by DATA"});
    if (!output.empty()) {
      auto written = co_await link_->write(output, plan_.waits.data_block);
      if (!written) co_return lost(written.error());
    }
    if (last) co_return dialogue_.on_body_sent();
  }
}

net::Task<std::vector<mail::smtp::RecipientResult>> SmtpSession::send(mail::smtp::Envelope envelope,
                                                                      mail::smtp::MessageShape shape,
                                                                      archive::BodyToRead body) {
  body_ = std::move(body);
  octets_ = shape.octets;
  answered_ = unheard_ = false;
  // RFC 6531 §3.3: only a message that came with SMTPUTF8 may claim to need it. Raw octets in other headers are an old bad
  // habit that every server takes.
  if (envelope.smtputf8 && shape.eight_bit) shape.utf8_headers = has_8bit_header(body_);
  co_await run(dialogue_.begin(std::move(envelope), shape));
  body_.reset();
  co_return dialogue_.results();
}

net::Task<> SmtpSession::quit() {
  if (!usable_) co_return;
  plan_.waits.command = std::min<std::chrono::milliseconds>(plan_.waits.command, std::chrono::seconds(5));
  co_await run(dialogue_.quit());
}

}  // namespace understudy::relay
