#include "archive/access/imap/session.hpp"
#include "base/codec.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mail::sasl::Failure;
using State = mail::sasl::Step::State;

constexpr net::Timeout handshake_wait = std::chrono::minutes(1);

}  // namespace

net::Task<Reply> Session::on(command::StartTls&) {
  if (link_->tls()) co_return Reply::bad("TLS is on already");
  if (tls_ != Tls::starttls || !settings_->tls) co_return Reply::bad("there is no TLS here");
  if (input_begin_ < input_.size()) {  // said in clear before there was TLS, by whomever: nothing that follows can be believed
    throw_out("octets came in clear behind STARTTLS");
    co_return Reply::lost();
  }
  output_ += Reply::ok("begin TLS now").line(tag_);
  const bool flushed = co_await flush();
  if (!flushed) co_return Reply::lost();
  net::TlsExpect expect;
  auto started = co_await link_->start_tls(*settings_->tls, expect, handshake_wait);
  if (!started) {
    base::log::info("imap.tls_failed", {{"peer", peer_}, {"reason", started.error().text()}});
    link_->abort();
    co_return Reply::lost();
  }
  co_return Reply::none();
}

net::Task<login::Exchange::Outcome> Session::exchange(std::string mechanism, std::optional<std::string> initial) {
  mail::sasl::ServerOptions options;
  options.unknown_user_key = services_.fake_salt;
  options.binding = login::channel_binding(*link_);
  options.external = link_->tls()->addresses;
  const bool external = mechanism == "EXTERNAL";  // by which nobody opens the account of another
  login::Credentials::Parts who{services_.archive,     services_.guard,   settings_->domain_name,
                                link_->peer().address, settings_->logins, external ? nullptr : services_.door.policy()};
  login::Exchange::Parts parts{std::move(who),  std::move(options), services_.workers,
                               services_.clock, services_.timers,   link_->executor()};
  login::Exchange exchange(std::move(parts));
  auto outcome = co_await exchange.start(std::move(mechanism), std::move(initial));
  while (outcome.state == State::challenge) {
    output_.append("+ ").append(outcome.challenge).append("\r\n");
    const bool flushed = co_await flush();
    std::optional<std::string> line;
    if (flushed) line = co_await read_line(command_wait());
    if (!line) {
      login::Exchange::Outcome lost;
      lost.failure = Failure::cancelled;
      lost_ = true;
      co_return lost;
    }
    outcome = co_await exchange.step(std::move(*line));
  }
  co_return outcome;
}

net::Task<Reply> Session::on(command::Login& command) {
  if (!may_log_in()) co_return Reply::no("passwords are taken under TLS alone", "PRIVACYREQUIRED");
  const bool has_nul = (command.user + command.password).find('\0') != std::string::npos;
  if (has_nul) co_return Reply::bad("a NUL stands in the name or the password");
  std::string message;
  message.append(1, '\0').append(command.user).append(1, '\0').append(command.password);
  auto outcome = co_await exchange("PLAIN", base::to_base64(message));
  if (lost_) co_return Reply::lost();
  if (outcome.state != State::success) co_return login_failed(outcome, "LOGIN");
  co_return co_await logged_in(outcome, "LOGIN");
}

net::Task<Reply> Session::on(command::Authenticate& command) {
  if (!may_log_in()) co_return Reply::no("passwords are taken under TLS alone", "PRIVACYREQUIRED");
  const auto mechanism = command.mechanism;
  auto outcome = co_await exchange(mechanism, command.initial);
  if (lost_) co_return Reply::lost();
  if (outcome.state != State::success) co_return login_failed(outcome, mechanism);
  co_return co_await logged_in(outcome, mechanism);
}

Reply Session::login_failed(const login::Exchange::Outcome& outcome, std::string_view mechanism) {
  services_.counts.logins_refused += 1;
  if (outcome.failure == Failure::cancelled) return Reply::bad("cancelled");
  if (outcome.failure == Failure::unsupported) return Reply::no("there is no such mechanism here");
  if (outcome.failure == Failure::malformed || outcome.failure == Failure::too_long)
    return Reply::bad("that does not follow the mechanism");
  errors_ += 1;
  if (outcome.auditor && outcome.failure == Failure::rejected)
    Auditor::refused(audit_parts(), *outcome.auditor, outcome.account, "the password was wrong: who tried may be anybody");
  if (outcome.overload) base::log::warn("imap.login_overload", {{"peer", peer_}});
  const bool later = outcome.failure == Failure::unavailable;
  base::log::warn("imap.login_refused", {{"peer", peer_},
                                         {"mechanism", mechanism},
                                         {"user", base::escape(outcome.user, 64)},
                                         {"told", later ? "try later" : "no"}});
  if (later) return Reply::no("too many failures, or too many logins at a time: try again later", "UNAVAILABLE");
  return Reply::no("the name or the password is wrong", "AUTHENTICATIONFAILED");
}

net::Task<Reply> Session::logged_in(const login::Exchange::Outcome& outcome, std::string_view mechanism) {
  settings_ = services_.settings();
  if (outcome.auditor) co_return co_await log_in_auditor(outcome);
  const auto record = services_.archive.directory().record(outcome.account);
  if (!record) co_return Reply::no("the account is gone", "AUTHENTICATIONFAILED");
  if (settings_->serve == Serve::nothing) {
    base::log::info("imap.login_elsewhere", {{"peer", peer_}, {"user", outcome.account}});
    co_return Reply::no("this machine is an archive: your mailbox is on the other one", "UNAVAILABLE");
  }
  auto account = services_.accounts.get(record->number);
  if (!account) co_return reply_for(account.error());
  account_ = std::move(*account);
  account_number_ = record->number;
  user_ = outcome.account;
  verifier_ = record->verifier;
  serve_ = settings_->serve;
  stage_ = Stage::authenticated;
  errors_ = 0;
  use_limits();
  services_.counts.imap.logins += 1;
  presence_.is(Standing::user);
  base::log::info("imap.login", {{"peer", peer_}, {"mechanism", mechanism}, {"user", user_}});
  co_return Reply::ok("logged in", "CAPABILITY " + capabilities());
}

}  // namespace understudy::archive::access::imap
