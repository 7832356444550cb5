// What the driver reports, and the plumbing. The rules of each command are in dialogue_commands.cpp.
#include "mail/smtp/dialogue.hpp"

#include <algorithm>
#include <stdexcept>

namespace understudy::mail::smtp {
namespace {

bool is_control(unsigned char c) {
  return c < 0x20 || c == 0x7f;
}

Reply reply_for(sasl::Failure why) {
  using sasl::Failure;
  switch (why) {
    case Failure::malformed:
      return {501, "5.5.2", "Cannot decode the response"};
    case Failure::too_long:
      return {500, "5.5.6", "Authentication exchange line is too long"};
    case Failure::cancelled:
      return {501, "5.7.0", "Authentication cancelled"};
    case Failure::rejected:
      return {535, "5.7.8", "Authentication credentials invalid"};
    case Failure::unsupported:
      return {504, "5.5.4", "Authentication mechanism not supported"};
    case Failure::unavailable:
      return {454, "4.7.0", "Temporary authentication failure"};
  }
  return {454, "4.7.0", "Temporary authentication failure"};
}

}  // namespace

ServerDialogue::ServerDialogue(ServerOptions options)
    : options_(std::move(options)), tls_(options_.tls == ServerTls::implicit) {}

Next ServerDialogue::greet() {
  if (awaited_) throw std::logic_error("smtp: greeted twice");
  return say({220, "", options_.hostname + " ESMTP ready"});
}

std::size_t ServerDialogue::line_limit() const {
  return std::max(options_.lines.command, options_.lines.auth);
}

Next ServerDialogue::on_line(std::string_view line) {
  expect(Want::command);
  if (auth_) return on_auth_line(line);
  auto command = parse_command(line, parse_context());
  if (!command) {
    const bool foreign = command.error().kind == Refusal::Kind::foreign;
    return foreign ? hang_up(std::move(command.error().reply)) : protest(std::move(command.error().reply));
  }
  const bool moves_on = std::holds_alternative<command::Rcpt>(*command) || std::holds_alternative<command::Data>(*command) ||
                        std::holds_alternative<command::Bdat>(*command) || std::holds_alternative<command::Quit>(*command);
  if (!moves_on && ++idle_commands_ > options_.max_idle_commands)
    return hang_up({421, "4.7.0", "Too many commands without a message"});
  return std::visit([this](auto& c) { return on(std::move(c)); }, *command);
}

Next ServerDialogue::on_mail_verdict(Reply verdict) {
  expect(Want::mail_verdict);
  if (!verdict.positive()) transaction_.reset();
  return say(std::move(verdict), Flush::may_wait);
}

Next ServerDialogue::on_verdict(Reply verdict) {
  expect(Want::verdict);
  auto recipient = std::move(*candidate_);
  candidate_.reset();
  if (verdict.positive()) {
    transaction_->octets += octets_of(recipient);
    transaction_->envelope.recipients.push_back(std::move(recipient));
  } else if (++refused_recipients_ > options_.max_refused_recipients) {
    return hang_up({421, "4.7.0", "Too many refused recipients"});
  }
  return say(std::move(verdict), Flush::may_wait);
}

Next ServerDialogue::on_kept(Reply reply) {
  if (awaited_ != Want::body) expect(Want::end_of_message);
  if (reply.positive()) idle_commands_ = 0;
  transaction_.reset();
  return say(std::move(reply));
}

Next ServerDialogue::on_endless() {
  expect(Want::body);
  return hang_up({552, "5.3.4", "Message exceeds the size limit by far, closing"});
}

Next ServerDialogue::on_chunk() {
  expect(Want::chunk);
  if (chunk_refusal_) {
    transaction_.reset();  // what is missing from a message must not be followed by the rest of it
    auto refusal = std::move(*chunk_refusal_);
    chunk_refusal_.reset();
    if (++idle_commands_ > options_.max_idle_commands) return hang_up({421, "4.7.0", "Too many commands without a message"});
    return say(std::move(refusal), Flush::may_wait);
  }
  transaction_->chunked = true;
  transaction_->received += chunk_.octets;
  if (chunk_.last) return want(Want::end_of_message);
  return say({250, "2.0.0", std::to_string(chunk_.octets) + " octets received"}, Flush::may_wait);
}

Next ServerDialogue::on_chunk_failed(Reply refusal) {
  expect(Want::chunk);
  if (!chunk_refusal_) chunk_refusal_ = std::move(refusal);
  return on_chunk();
}

Next ServerDialogue::on_auth_line(std::string_view line) {
  if (line.size() > options_.lines.auth) return on_auth_failure(sasl::Failure::too_long);
  if (line == "*") return on_auth_failure(sasl::Failure::cancelled);
  if (std::any_of(line.begin(), line.end(), is_control)) return on_auth_failure(sasl::Failure::malformed);
  auth_->kind = AuthRequest::Kind::step;
  auth_->response = line;
  return want(Want::auth);
}

Next ServerDialogue::on_auth_challenge(std::string base64) {
  expect(Want::auth);
  return say({334, "", std::move(base64)});
}

Next ServerDialogue::on_auth_success(std::string user) {
  expect(Want::auth);
  auth_.reset();
  user_ = std::move(user);
  return say({235, "2.7.0", "Authentication successful"});
}

Next ServerDialogue::on_auth_failure(sasl::Failure why) {
  if (!auth_) throw std::logic_error("smtp: no authentication under way");
  auth_.reset();
  if (++auth_failures_ >= options_.max_auth_failures) return hang_up({421, "4.7.0", "Too many failed authentications"});
  return say(reply_for(why));
}

Next ServerDialogue::on_tls_started(Leftover leftover) {
  expect(Want::tls);
  if (leftover == Leftover::plaintext) return want(Want::close);
  tls_ = true;
  greeted(Greeted::no, {});
  user_.reset();
  return want(Want::command);
}

Next ServerDialogue::on_timeout() {
  return hang_up({421, "4.4.2", "Timeout, closing"});
}

Next ServerDialogue::on_shutdown() {
  return hang_up({421, "4.3.2", "Service shutting down, closing"});
}

Next ServerDialogue::on_crowded() {
  return hang_up({421, "4.3.2", "Too many connections, closing; come again later"});
}

const Envelope& ServerDialogue::envelope() const {
  if (!transaction_) throw std::logic_error("smtp: no transaction");
  return transaction_->envelope;
}

const std::optional<Custody>& ServerDialogue::custody() const {
  if (!transaction_) throw std::logic_error("smtp: no transaction");
  return transaction_->custody;
}

const Recipient& ServerDialogue::forward_path() const {
  expect(Want::verdict);
  return *candidate_;
}

const Chunk& ServerDialogue::chunk() const {
  expect(Want::chunk);
  return chunk_;
}

const AuthRequest& ServerDialogue::auth_request() const {
  expect(Want::auth);
  return *auth_;
}

std::string_view ServerDialogue::protocol() const {
  if (greeted_ != Greeted::ehlo) return "SMTP";
  const bool utf8 = transaction_ && transaction_->envelope.smtputf8;
  if (tls_ && user_) return utf8 ? "UTF8SMTPSA" : "ESMTPSA";
  if (tls_) return utf8 ? "UTF8SMTPS" : "ESMTPS";
  return utf8 ? "UTF8SMTP" : "ESMTP";  // AUTH without TLS does not exist here
}

bool ServerDialogue::offers_dsn() const {
  if (options_.offer_dsn != OfferDsn::known) return options_.offer_dsn == OfferDsn::everybody;
  return peer_ == Peer::known || user_ || options_.demand == Demand::authentication;
}

ParseContext ServerDialogue::parse_context() const {
  ParseContext context;
  context.lines = options_.lines;
  if (transaction_ && transaction_->envelope.smtputf8) context.recipients = address::Utf8::allow;
  if (greeted_ == Greeted::ehlo) {
    context.offered = {.size = true,
                       .eight_bit_mime = options_.offer_8bitmime,
                       .smtputf8 = options_.offer_smtputf8,
                       .dsn = offers_dsn(),
                       .auth = tls_ && !options_.mechanisms.empty(),
                       .custody = offer_custody_ == OfferCustody::yes};
  }
  return context;
}

Next ServerDialogue::say(Reply reply, Flush flush) {
  if (reply.code == 421) return hang_up(std::move(reply));
  awaited_ = Want::command;
  return {std::move(reply), Want::command, flush};
}

Next ServerDialogue::protest(Reply reply) {
  if (++errors_ > options_.max_errors) return hang_up({421, "4.7.0", "Too many errors"});
  return say(std::move(reply));
}

Next ServerDialogue::hang_up(Reply reply) {
  awaited_ = Want::close;
  transaction_.reset();
  return {std::move(reply), Want::close, Flush::now};
}

Next ServerDialogue::want(Want what) {
  awaited_ = what;
  return {std::nullopt, what, Flush::may_wait};
}

void ServerDialogue::expect(Want what) const {
  if (awaited_ != what) throw std::logic_error("smtp: the driver reported what the dialogue did not want");
}

}  // namespace understudy::mail::smtp
