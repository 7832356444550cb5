#include "mail/smtp/client_dialogue.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/text.hpp"

namespace understudy::mail::smtp {
namespace {

bool is_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Reply not_understood() {
  return {451, "4.5.0", "The next hop's reply was not understood"};
}
Reply no_tls(std::string why) {
  return {454, "4.7.0", std::move(why)};
}

}  // namespace

ClientDialogue::ClientDialogue(ClientOptions options)
    : options_(std::move(options)), tls_(options_.tls == ClientTls::implicit) {
  if (options_.hostname.empty() || !is_word(options_.hostname)) throw std::invalid_argument("smtp: host name for EHLO");
}

Step ClientDialogue::start() {
  expect(At::fresh);
  at_ = At::greeting;
  return {};
}

Step ClientDialogue::on_line(std::string_view line) {
  auto reply = parser_.on_line(line);
  if (!reply) return fail(not_understood());
  if (!*reply) return {};
  return on_reply(**reply);
}

Step ClientDialogue::on_reply(const Reply& reply) {
  if (at_ == At::quit) {
    at_ = At::closed;
    return {{}, ClientWant::close};
  }
  if (reply.code == 421) return fail(reply);
  switch (at_) {
    case At::greeting:
      return reply.positive() ? greet(At::ehlo) : leave(reply);
    case At::ehlo:
    case At::helo:
      return on_hello(reply);
    case At::starttls:
      return on_starttls(reply);
    case At::auth:
      return on_auth_reply(reply);
    case At::transfer:
      return follow(transfer_->on_reply(reply));
    default:
      throw std::logic_error("smtp: a reply that was not waited for");
  }
}

Step ClientDialogue::greet(At how) {
  at_ = how;
  return {(how == At::ehlo ? "EHLO " : "HELO ") + options_.hostname + "\r\n", ClientWant::reply};
}

Step ClientDialogue::on_hello(const Reply& reply) {
  if (!reply.positive()) {
    const bool may_fall_back =
        at_ == At::ehlo && reply.permanent() && options_.tls != ClientTls::required && !options_.authenticate;
    return may_fall_back ? greet(At::helo) : leave(reply);
  }
  if (at_ == At::ehlo) capabilities_ = Capabilities::from_ehlo(reply);
  if (tls_ || options_.tls == ClientTls::none) return authenticate_or_ready();
  if (capabilities_.starttls) {
    at_ = At::starttls;
    return {"STARTTLS\r\n", ClientWant::reply};
  }
  if (options_.tls == ClientTls::required) return leave(no_tls("TLS is required, and the next hop does not offer it"));
  return authenticate_or_ready();
}

Step ClientDialogue::on_starttls(const Reply& reply) {
  if (reply.code == 220) {
    at_ = At::handshake;
    return {{}, ClientWant::tls};
  }
  if (options_.tls == ClientTls::required)
    return leave(no_tls("TLS is required, and the next hop refused it: " + reply.text()));
  return authenticate_or_ready();
}

Step ClientDialogue::on_tls_started(Leftover leftover) {
  expect(At::handshake);
  if (leftover == Leftover::plaintext) return fail(no_tls("Octets in clear text behind the reply to STARTTLS"));
  tls_ = true;
  capabilities_ = Capabilities();
  return greet(At::ehlo);
}

Step ClientDialogue::authenticate_or_ready() {
  at_ = At::ready;
  if (!options_.authenticate) return {{}, ClientWant::ready};
  at_ = At::auth;
  if (!tls_) return leave(no_tls("Credentials are never sent in clear text, and the next hop has no TLS"));
  if (capabilities_.auth.empty()) return leave({454, "4.7.0", "The next hop does not offer authentication"});
  return {{}, ClientWant::auth};
}

Step ClientDialogue::on_auth_start(const std::string& mechanism, const std::optional<std::string>& initial, AuthState state) {
  expect(At::auth);
  if (mechanism.empty() || !is_word(mechanism) || (initial && !is_word(*initial))) return on_auth_given_up();
  auth_state_ = state;
  const auto response = !initial ? "" : initial->empty() ? " =" : " " + *initial;
  return {"AUTH " + mechanism + response + "\r\n", ClientWant::reply};
}

Step ClientDialogue::on_auth_response(const std::string& base64, AuthState state) {
  expect(At::auth);
  if (!is_word(base64)) return on_auth_given_up();
  auth_state_ = state;
  return {base64 + "\r\n", ClientWant::reply};
}

Step ClientDialogue::on_auth_given_up() {
  expect(At::auth);
  return fail({454, "4.7.0", "Authentication with the next hop is not possible"});
}

Step ClientDialogue::on_auth_reply(const Reply& reply) {
  if (reply.code == 334) {
    challenge_ = reply.lines.front();
    return {{}, ClientWant::auth};
  }
  if (!reply.positive()) return leave(reply);
  if (auth_state_ != AuthState::complete) return leave({454, "4.7.0", "The next hop did not prove that it knows the account"});
  at_ = At::ready;
  return {{}, ClientWant::ready};
}

Step ClientDialogue::begin(Envelope envelope, const MessageShape& shape) {
  expect(At::ready);
  transfer_.emplace(capabilities_, std::move(envelope), shape, options_.max_pipelined);
  at_ = At::transfer;
  return follow(transfer_->start());
}

Step ClientDialogue::on_body_sent() {
  expect(At::transfer);
  return follow(transfer_->on_body_sent());
}

std::vector<RecipientResult> ClientDialogue::results() const {
  if (!transfer_) return {};
  return transfer_->results();
}

Step ClientDialogue::follow(Step step) {
  if (step.want == ClientWant::ready) at_ = At::ready;
  if (step.want == ClientWant::close) return fail({451, "4.5.0", "The next hop did not end the transaction"});
  return step;
}

Step ClientDialogue::quit() {
  expect(At::ready);
  at_ = At::quit;
  return {"QUIT\r\n", ClientWant::reply};
}

// The next hop still listens: it is told good-bye, and its answer is not waited for.
Step ClientDialogue::leave(const Reply& reply) {
  auto step = fail(reply);
  step.send = "QUIT\r\n";
  return step;
}

Step ClientDialogue::fail(const Reply& reply) {
  if (at_ == At::quit) {  // nothing was under way
    at_ = At::closed;
    return {{}, ClientWant::close};
  }
  if (!failure_) failure_ = SessionFailure{reply, phase()};
  if (at_ == At::transfer) transfer_->fail_rest(reply);
  at_ = At::closed;
  return {{}, ClientWant::close};
}

Phase ClientDialogue::phase() const {
  switch (at_) {
    case At::fresh:
    case At::greeting:
      return Phase::greeting;
    case At::ehlo:
    case At::helo:
      return Phase::hello;
    case At::starttls:
    case At::handshake:
      return Phase::starttls;
    case At::auth:
      return Phase::auth;
    case At::transfer:
      return transfer_->phase();
    case At::ready:
      return Phase::mail;
    case At::quit:
    case At::closed:
      return Phase::quit;
  }
  return Phase::quit;
}

void ClientDialogue::expect(At at) const {
  if (at_ != at) throw std::logic_error("smtp: the driver reported what the dialogue did not want");
}

}  // namespace understudy::mail::smtp
