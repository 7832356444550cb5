#include "archive/login/exchange.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "relay/inbound/session.hpp"

namespace understudy::relay {

using archive::login::Exchange;

void InboundSession::begin_login() {
  mail::sasl::ServerOptions options;
  options.unknown_user_key = services_.fake_salt;
  archive::login::Credentials::Parts who{services_.archive, services_.guard, settings_->domain_name, link_->peer().address,
                                         settings_->options.logins};
  Exchange::Parts parts{std::move(who),  std::move(options), services_.workers,
                        services_.clock, services_.timers,   link_->executor()};
  login_ = std::make_unique<Exchange>(std::move(parts));
}

net::Task<std::optional<InboundSession::Next>> InboundSession::on_auth() {
  using mail::sasl::Failure;
  using State = mail::sasl::Step::State;
  const auto request = dialogue_.auth_request();
  Exchange::Outcome outcome;
  if (request.kind == mail::smtp::AuthRequest::Kind::start) {
    begin_login();
    outcome = co_await login_->start(request.mechanism, request.response);
  } else {
    outcome = co_await login_->step(request.response.value_or(std::string()));
  }
  if (outcome.state == State::challenge) co_return dialogue_.on_auth_challenge(std::move(outcome.challenge));
  const auto login = std::move(login_);
  if (outcome.state == State::success) {
    origin_.user = std::move(outcome.account);
    base::log::info("smtp.login", {{"peer", origin_.address}, {"user", origin_.user}});
    co_return dialogue_.on_auth_success(origin_.user);
  }
  services_.counts.logins_refused += 1;
  if (outcome.overload) base::log::warn("smtp.login_overload", {{"peer", origin_.address}});
  base::log::warn("smtp.login_refused", {{"peer", origin_.address},
                                         {"mechanism", login->mechanism()},
                                         {"user", base::escape(outcome.user, 64)},
                                         {"told", outcome.failure == Failure::unavailable ? "try later" : "no"}});
  co_return dialogue_.on_auth_failure(outcome.failure);
}

}  // namespace understudy::relay
