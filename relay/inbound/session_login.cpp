#include "base/log.hpp"
#include "relay/inbound/login.hpp"
#include "relay/inbound/login_exchange.hpp"
#include "relay/inbound/session.hpp"

namespace understudy::relay {

/// Whoever guesses passwords waits after each guess, and hashing costs us no more than one guess per wait and connection.
constexpr std::chrono::milliseconds wait_after_refusal = std::chrono::seconds(2);

net::Task<std::optional<InboundSession::Next>> InboundSession::on_auth() {
  using mail::sasl::Step;
  const auto& request = dialogue_.auth_request();
  Step step;
  if (request.kind == mail::smtp::AuthRequest::Kind::start) {
    mail::sasl::ServerOptions options;
    options.unknown_user_key = services_.fake_salt;
    login_ = std::make_unique<Login>(services_.archive, settings_->domain_name, std::move(options));
    step = login_->session.start(request.mechanism, request.response);
  } else {
    step = login_->session.step(request.response.value_or(std::string()));
  }
  if (step.state == Step::State::challenge) co_return dialogue_.on_auth_challenge(std::move(step.challenge));
  auto login = std::move(login_);
  if (step.state == Step::State::success) {
    if (auto account = login->credentials.account_of(step.user)) {
      origin_.user = std::move(*account);
      base::log::info("smtp.login", {{"peer", origin_.address}, {"user", origin_.user}});
      co_return dialogue_.on_auth_success(origin_.user);
    }
    step.failure = mail::sasl::Failure::rejected;
  }
  base::log::warn("smtp.login_refused", {{"peer", origin_.address}, {"mechanism", request.mechanism}});
  if (step.failure == mail::sasl::Failure::rejected) {
    auto pause = services_.timers.make(link_->executor());
    co_await pause->wait(wait_after_refusal);
  }
  co_return dialogue_.on_auth_failure(step.failure);
}

}  // namespace understudy::relay
