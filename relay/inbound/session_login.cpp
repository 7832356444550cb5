#include <algorithm>

#include "base/log.hpp"
#include "base/net/workers.hpp"
#include "base/text.hpp"
#include "relay/inbound/login.hpp"
#include "relay/inbound/login_exchange.hpp"
#include "relay/inbound/session.hpp"

namespace understudy::relay {

/// Whoever guesses passwords hears of a failure so long after he asked, whatever was found out on the way and how long that
/// took.
constexpr std::chrono::milliseconds answer_to_refusal = std::chrono::seconds(2);

void InboundSession::begin_login(const std::string& mechanism) {
  mail::sasl::ServerOptions options;
  options.unknown_user_key = services_.fake_salt;
  DirectoryCredentials::Parts parts{services_.archive, services_.guard, settings_->domain_name, link_->peer().address,
                                    settings_->options.logins};
  login_ = std::make_shared<Login>(std::move(parts), std::move(options));
  login_->mechanism = mechanism;
}

/// One token of the client. Where a password has to be hashed the workers do it; where they have too much to do it is not.
net::Task<mail::sasl::Step> InboundSession::take_token() {
  const auto& request = dialogue_.auth_request();
  const bool first = request.kind == mail::smtp::AuthRequest::Kind::start;
  if (first) begin_login(request.mechanism);
  auto work = [login = login_, first, response = request.response] {
    if (first) return login->session.start(login->mechanism, response);
    return login->session.step(response.value_or(std::string()));
  };
  if (!mail::sasl::ServerSession::hashes(login_->mechanism)) co_return work();
  auto done = co_await net::run_by(services_.workers, std::move(work));
  if (done) co_return std::move(*done);
  base::log::warn("smtp.login_overload", {{"peer", origin_.address}});
  mail::sasl::Step busy;
  busy.failure = mail::sasl::Failure::unavailable;
  co_return busy;
}

net::Task<std::optional<InboundSession::Next>> InboundSession::on_auth() {
  using mail::sasl::Failure;
  using mail::sasl::Step;
  const auto asked = services_.clock.steady();
  Step step = co_await take_token();
  if (step.state == Step::State::challenge) co_return dialogue_.on_auth_challenge(std::move(step.challenge));
  const auto login = std::move(login_);
  if (step.state == Step::State::success) {
    if (auto account = login->credentials.account_of(step.user)) {
      login->credentials.succeeded(*account);
      origin_.user = std::move(*account);
      base::log::info("smtp.login", {{"peer", origin_.address}, {"user", origin_.user}});
      co_return dialogue_.on_auth_success(origin_.user);
    }
    step.failure = Failure::rejected;
  }
  services_.counts.logins_refused += 1;
  base::log::warn("smtp.login_refused", {{"peer", origin_.address},
                                         {"mechanism", login->mechanism},
                                         {"user", base::escape(step.user, 64)},
                                         {"told", step.failure == Failure::unavailable ? "try later" : "no"}});
  if (step.failure == Failure::rejected && !step.user.empty()) login->credentials.failed(step.user);
  if (step.failure == Failure::rejected || step.failure == Failure::unavailable) {
    auto pause = services_.timers.make(link_->executor());
    co_await pause->wait(std::max(answer_to_refusal - (services_.clock.steady() - asked), std::chrono::milliseconds(0)));
  }
  co_return dialogue_.on_auth_failure(step.failure);
}

}  // namespace understudy::relay
