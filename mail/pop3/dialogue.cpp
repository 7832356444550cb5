// What the driver reports, and the plumbing. The rules of each command are in dialogue_commands.cpp.
#include "mail/pop3/dialogue.hpp"

#include <algorithm>
#include <stdexcept>

namespace understudy::mail::pop3 {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string_view text_of(Trouble why) {
  switch (why) {
    case Trouble::in_use:
      return "[IN-USE] Another session has this maildrop";
    case Trouble::temporary:
      return "[SYS/TEMP] Not available now, try again later";
    case Trouble::permanent:
      return "[SYS/PERM] Not available, ask the administrator";
    case Trouble::gone:
      return "The message is gone, another session has removed it";
  }
  return "[SYS/TEMP] Not available now, try again later";
}

std::string_view text_of(sasl::Failure why) {
  switch (why) {
    case sasl::Failure::malformed:
      return "Cannot decode the response";
    case sasl::Failure::too_long:
      return "The response is too long";
    case sasl::Failure::cancelled:
      return "Authentication cancelled";
    case sasl::Failure::rejected:
      return "[AUTH] Authentication failed";
    case sasl::Failure::unsupported:
      return "No such mechanism here";
    case sasl::Failure::unavailable:
      return "[SYS/TEMP] Authentication is not available now";
  }
  return "[SYS/TEMP] Authentication is not available now";
}

}  // namespace

ServerDialogue::ServerDialogue(ServerOptions options)
    : options_(std::move(options)), tls_(options_.tls == ServerTls::implicit) {}

Next ServerDialogue::greet() {
  if (awaited_) throw std::logic_error("pop3: greeted twice");
  return ok(options_.hostname + " POP3 ready", Flush::now);
}

std::size_t ServerDialogue::line_limit() const {
  return auth_ ? options_.auth_line : options_.command_line;
}

Next ServerDialogue::on_line(std::string_view line) {
  expect(Want::command);
  if (auth_) return on_auth_line(line);
  if (line.size() > options_.command_line) return protest("The line is too long");
  auto command = parse_command(line);
  if (!command) {
    if (command.error().kind == Refusal::Kind::foreign)
      return throw_out("-ERR " + command.error().text + "\r\n", "this is not POP3");
    return protest(command.error().text);
  }
  if (!std::holds_alternative<command::Pass>(*command)) name_.reset();  // PASS follows USER at once, or not at all
  return std::visit([this](auto& c) { return on(std::move(c)); }, *command);
}

Next ServerDialogue::on_auth_line(std::string_view line) {
  awaited_ = Want::auth;
  if (line.size() > options_.auth_line) return on_login_failure(sasl::Failure::too_long);
  if (line == "*") return on_login_failure(sasl::Failure::cancelled);
  if (std::ranges::any_of(line, is_control)) return on_login_failure(sasl::Failure::malformed);
  auth_->kind = AuthRequest::Kind::step;
  auth_->response = line;
  return want(Want::auth);
}

Next ServerDialogue::on_auth_challenge(std::string base64) {
  expect(Want::auth);
  return want(Want::command, "+ " + base64 + "\r\n");
}

Next ServerDialogue::on_login_success(std::string user) {
  if (awaited_ != Want::auth) expect(Want::login);
  auth_.reset();
  credentials_.reset();
  user_ = std::move(user);
  return want(Want::maildrop);
}

Next ServerDialogue::on_login_failure(sasl::Failure why) {
  if (why == sasl::Failure::cancelled || why == sasl::Failure::unsupported) {  // nobody guessed
    if (awaited_ != Want::auth) expect(Want::login);
    auth_.reset();
    credentials_.reset();
    return protest(text_of(why));
  }
  const bool counts = why != sasl::Failure::unavailable;
  return refuse_login(text_of(why), counts ? 1 : 0);
}

Next ServerDialogue::on_login_forbidden(std::string_view why) {
  return refuse_login("[AUTH] " + std::string(why), 1);
}

Next ServerDialogue::refuse_login(std::string_view text, unsigned failures) {
  if (awaited_ != Want::auth) expect(Want::login);
  auth_.reset();
  credentials_.reset();
  login_failures_ += failures;
  if (failures > 0 && login_failures_ >= options_.max_login_failures)
    return throw_out("-ERR [AUTH] Too many failed logins, closing\r\n", "too many failed logins");
  return err(text);
}

Next ServerDialogue::on_maildrop(std::vector<Entry> entries, Removing removing) {
  expect(Want::maildrop);
  errors_ = 0;
  removing_ = removing;
  drop_.emplace(std::move(entries));
  return ok(std::to_string(drop_->count()) + " messages (" + std::to_string(drop_->octets_left()) + " octets)", Flush::now);
}

Next ServerDialogue::on_no_maildrop(Trouble why) {
  expect(Want::maildrop);
  user_.reset();
  return err(text_of(why));
}

Next ServerDialogue::on_message_open() {
  expect(Want::message);
  const auto size = drop_->at(request_.number).size;
  return want(Want::body, request_.lines ? "+OK top of message follows\r\n" : "+OK " + std::to_string(size) + " octets\r\n");
}

Next ServerDialogue::on_no_message(Trouble why) {
  expect(Want::message);
  return err(text_of(why));
}

Next ServerDialogue::on_message_sent() {
  expect(Want::body);
  return want(Want::command);
}

/// RFC 1939 §6: the session ends either way.
Next ServerDialogue::on_updated(Updated result) {
  expect(Want::update);
  if (result == Updated::not_all) return hang_up("-ERR [SYS/TEMP] Some deleted messages were not removed\r\n");
  return hang_up("+OK " + options_.hostname + " closing\r\n");
}

Next ServerDialogue::on_tls_started(Leftover leftover) {
  expect(Want::tls);
  if (leftover == Leftover::plaintext) return throw_out({}, "octets came in clear behind STLS");
  tls_ = true;
  utf8_ = false;
  return want(Want::command);
}

Next ServerDialogue::on_timeout() {
  return throw_out({}, drop_ ? "no command came for too long" : "no login came");
}

Next ServerDialogue::on_shutdown() {
  return hang_up("-ERR [SYS/TEMP] Service shutting down, closing\r\n");
}

const Credentials& ServerDialogue::credentials() const {
  expect(Want::login);
  return *credentials_;
}

const AuthRequest& ServerDialogue::auth_request() const {
  expect(Want::auth);
  return *auth_;
}

const MessageRequest& ServerDialogue::message_request() const {
  if (awaited_ != Want::message) expect(Want::body);
  return request_;
}

std::vector<std::uint64_t> ServerDialogue::removals() const {
  expect(Want::update);
  return drop_->marked();
}

Next ServerDialogue::ok(std::string_view text, Flush flush) {
  awaited_ = Want::command;
  return {std::string("+OK ").append(text).append("\r\n"), Want::command, flush};
}

Next ServerDialogue::err(std::string_view text) {
  awaited_ = Want::command;
  return {std::string("-ERR ").append(text).append("\r\n"), Want::command, Flush::may_wait};
}

Next ServerDialogue::protest(std::string_view text) {
  name_.reset();
  if (++errors_ >= (drop_ ? options_.max_errors : options_.max_errors_before_login))
    return throw_out("-ERR Too many errors, closing\r\n", "too many commands that were not understood");
  return err(text);
}

Next ServerDialogue::hang_up(std::string reply) {
  awaited_ = Want::close;
  auth_.reset();
  credentials_.reset();
  drop_.reset();  // with its marks: only QUIT removes (RFC 1939 §6)
  return {std::move(reply), Want::close, Flush::now};
}

Next ServerDialogue::throw_out(std::string reply, std::string_view why) {
  thrown_out_for_ = why;
  return hang_up(std::move(reply));
}

Next ServerDialogue::want(Want what, std::string reply) {
  awaited_ = what;
  const bool answer = what == Want::command && !reply.empty();  // a challenge: the client waits for it
  return {std::move(reply), what, answer || what == Want::tls ? Flush::now : Flush::may_wait};
}

void ServerDialogue::expect(Want what) const {
  if (awaited_ != what) throw std::logic_error("pop3: the driver reported what the dialogue did not want");
}

}  // namespace understudy::mail::pop3
