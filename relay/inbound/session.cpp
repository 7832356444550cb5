#include "relay/inbound/session.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/net/errc.hpp"
#include "mail/smtp/errc.hpp"
#include "relay/certificate.hpp"
#include "relay/inbound/peers.hpp"

namespace understudy::relay {
namespace {
using mail::smtp::Reply;
using mail::smtp::Want;

constexpr net::Timeout write_wait = std::chrono::minutes(5);
constexpr net::Timeout farewell_wait = std::chrono::seconds(1);  ///< for a write, once told to leave
constexpr net::Timeout handshake_wait = std::chrono::minutes(1);
constexpr net::Timeout close_wait = std::chrono::seconds(2);
constexpr net::Timeout crowded_wait = std::chrono::seconds(30);  ///< for a command, while places are short
constexpr net::Timeout crowded_close_wait = std::chrono::milliseconds(20);
constexpr base::SteadyTime patience = std::chrono::minutes(1);  ///< with data, before they are worth less than a newcomer
constexpr std::size_t output_limit = 16 * 1024;                 ///< replies kept back for one write

mail::smtp::ServerOptions dialogue_options(const Settings& settings, const Listener& listener) {
  mail::smtp::ServerOptions options;
  options.hostname = settings.policy.hostname;
  options.tls = settings.server_tls ? listener.tls : mail::smtp::ServerTls::none;
  options.demand = listener.protocol == Protocol::submission ? mail::smtp::Demand::authentication : mail::smtp::Demand::nothing;
  options.offer_dsn = mail::smtp::OfferDsn::known;
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

/// What stands in a line may be a password; that somebody sent such a one is all that is worth knowing.
void log_odd_command(std::string_view peer, const mail::smtp::ServerDialogue& dialogue, const net::Line& line) {
  base::log::info("smtp.odd_command", {{"peer", peer},
                                       {"verb", dialogue.in_exchange() ? "" : mail::smtp::known_verb(line.text)},
                                       {"octets", line.text.size()},
                                       {"fault", line.has_nul ? "NUL" : "bare CR or LF"}});
}

/// What an administrator may have forgotten: a stranger was refused what he would not be if a [[client]] matched him.
template <class Judge>
std::string_view hint_of(routing::Origin origin, const Judge& judge) {
  if (origin.is_client() || origin.authenticated()) return {};
  origin.client = "anybody";
  origin.may = {.relay = true, .local_sender = true, .copy = true};
  return judge(origin) ? "" : "no [[client]] for this address";
}
}  // namespace

InboundSession::InboundSession(net::Connection connection, const InboundServices& services,
                               std::shared_ptr<const Settings> settings, const Listener& listener)
    : place_(std::move(connection.place)),
      link_(std::move(connection.link)),
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

InboundSession::Wait::Wait(InboundSession& session) : session_(session) {
  const auto grace = session_.grace();
  if (!grace) return;
  session_.shield_->expose();
  session_.place_.waits(*grace);
}

InboundSession::Wait::~Wait() {
  session_.place_.stays();
  session_.shield_->cover();
}

/// Whom we know stays, and so does a message for a while; else a crowd could drive out the mail.
std::optional<base::SteadyTime> InboundSession::grace() const {
  if (!origin_.client.empty() || origin_.authenticated()) return std::nullopt;
  if (!pace_ || !pace_->in_message()) return base::SteadyTime::zero();
  return std::max(patience - pace_->age(), base::SteadyTime::zero());
}

net::Timeout InboundSession::command_wait() const {
  auto wait = listener_.limits.command_wait;
  if (grace() == base::SteadyTime::zero() && place_.crowded()) wait = std::min(wait, crowded_wait);
  return pace_ ? std::min(wait, pace_->left()) : wait;
}

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
  dialogue_.set_peer(client ? mail::smtp::Peer::known : mail::smtp::Peer::stranger);
  const bool hands_over = client && (client->may.copy || client->may.relay);
  dialogue_.offer_custody(hands_over ? mail::smtp::OfferCustody::yes : mail::smtp::OfferCustody::no);
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
  const Wait wait(*this);
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
  co_await link_->close(place_.must_leave() ? crowded_close_wait : close_wait);
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
    if (shield_->dismissed() && !place_.must_leave()) co_return dialogue_.on_shutdown();
  }
  if (place_.must_leave()) co_return dialogue_.on_crowded();
  if (!dialogue_.in_transaction()) pace_.reset();
  const std::size_t limit = dialogue_.line_limit();
  const Wait wait(*this);
  auto line = co_await reader_.read_line(limit + 2, command_wait());
  if (line) {
    if (line->has_bare_cr_or_lf || line->has_nul) log_odd_command(origin_.address, dialogue_, *line);
    co_return dialogue_.on_line(line->text);
  }
  if (line.error().code == net::errc::too_long)
    co_return dialogue_.on_line(std::string(limit + 1, 'x'));  // refused by its length alone
  co_return on_silence(line.error());
}

std::optional<InboundSession::Next> InboundSession::on_silence(const base::Error& error) {
  if (error.code == net::errc::timed_out) return dialogue_.on_timeout();
  if (error.code == net::errc::cancelled) return place_.must_leave() ? dialogue_.on_crowded() : dialogue_.on_shutdown();
  return std::nullopt;
}

InboundSession::Next InboundSession::on_mail_verdict() {
  incoming_.reset();
  pace_.emplace(listener_.limits, services_.clock);
  take_settings();
  origin_.helo = dialogue_.hello();
  const auto room = services_.space.admit(settings_->options.free_space, dialogue_.envelope().size.value_or(0));
  if (!room) return dialogue_.on_mail_verdict(mail::smtp::reply_for(room.error().code));
  const auto judge = [&](const routing::Origin& origin) {
    return routing::judge_reverse_path(dialogue_.envelope().reverse_path, origin, world());
  };
  const auto refused = judge(origin_);
  if (!refused) return dialogue_.on_mail_verdict({250, "2.1.0", "ok"});
  base::log::info("smtp.mail_refused", {{"peer", origin_.address},
                                        {"client", origin_.client},
                                        {"helo", origin_.helo},
                                        {"reply", refused->text()},
                                        {"hint", hint_of(origin_, judge)}});
  return dialogue_.on_mail_verdict(*refused);
}

InboundSession::Next InboundSession::on_verdict() {
  const auto& recipient = dialogue_.forward_path();
  const auto judge = [&](const routing::Origin& origin) {
    return routing::judge_forward_path(recipient, dialogue_.envelope().reverse_path, origin, world());
  };
  const auto refused = judge(origin_);
  if (!refused) return dialogue_.on_verdict({250, "2.1.5", "ok"});
  base::log::info("smtp.rcpt_refused", {{"peer", origin_.address},
                                        {"client", origin_.client},
                                        {"helo", origin_.helo},
                                        {"recipient", recipient.forward_path.text()},
                                        {"reply", refused->text()},
                                        {"hint", hint_of(origin_, judge)}});
  return dialogue_.on_verdict(*refused);
}

net::Task<std::optional<InboundSession::Next>> InboundSession::on_tls() {
  if (reader_.has_buffered()) co_return dialogue_.on_tls_started(mail::smtp::Leftover::plaintext);
  net::TlsExpect expect;
  const Wait wait(*this);
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

}  // namespace understudy::relay
