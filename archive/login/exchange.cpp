#include "archive/login/exchange.hpp"

#include <algorithm>
#include <utility>

namespace understudy::archive::login {

mail::sasl::ChannelBinding channel_binding(const net::Link& link) {
  const auto* tls = link.tls();
  if (!tls || tls->exporter.empty()) return {};
  return {mail::sasl::ChannelBinding::Kind::tls_exporter, tls->exporter};
}

using mail::sasl::Failure;
using mail::sasl::Step;

struct Exchange::State {
  State(Credentials::Parts parts, mail::sasl::ServerOptions options)
      : credentials(std::move(parts)), session(credentials, std::move(options)) {}
  Credentials credentials;
  mail::sasl::ServerSession session;
};

Exchange::Exchange(Parts parts)
    : state_(std::make_shared<State>(std::move(parts.who), std::move(parts.options))),
      workers_(parts.workers),
      clock_(parts.clock),
      timers_(parts.timers),
      executor_(std::move(parts.executor)) {}

Exchange::~Exchange() = default;

template <class Work>
net::Task<Exchange::Outcome> Exchange::run(Work work) {
  const auto asked = clock_.steady();
  Outcome outcome;
  Step step;
  if (mail::sasl::ServerSession::hashes(mechanism_)) {
    auto done = co_await net::run_by(workers_, std::move(work));
    outcome.overload = !done;
    if (done) step = std::move(*done);
    if (!done) step.failure = Failure::unavailable;
  } else {
    step = work();
  }
  outcome.state = step.state;
  outcome.user = step.user;
  outcome.challenge = std::move(step.challenge);
  outcome.failure = step.failure;
  if (step.state == Step::State::challenge) co_return outcome;
  auto& credentials = state_->credentials;
  outcome.auditor = credentials.auditor_of(step.user);
  if (outcome.auditor) outcome.account = credentials.account_of(outcome.auditor->account).value_or(routing::AccountName());
  if (step.state == Step::State::success) {
    if (outcome.auditor) {
      credentials.succeeded(step.user);
      co_return outcome;
    }
    if (auto account = credentials.account_of(step.user)) {
      credentials.succeeded(step.user);
      outcome.account = std::move(*account);
      co_return outcome;
    }
    outcome.state = Step::State::failure;
    outcome.failure = Failure::rejected;
  }
  if (outcome.failure == Failure::rejected && !outcome.user.empty()) credentials.failed(outcome.user);
  if (outcome.failure == Failure::rejected || outcome.failure == Failure::unavailable) {
    auto pause = timers_.make(executor_);
    co_await pause->wait(std::max(answer_to_refusal - (clock_.steady() - asked), std::chrono::milliseconds(0)));
  }
  co_return outcome;
}

net::Task<Exchange::Outcome> Exchange::start(std::string mechanism, std::optional<std::string> initial) {
  mechanism_ = std::move(mechanism);
  auto work = [state = state_, name = mechanism_, response = std::move(initial)] {
    return response ? state->session.start(name, std::string_view(*response)) : state->session.start(name, std::nullopt);
  };
  co_return co_await run(std::move(work));
}

net::Task<Exchange::Outcome> Exchange::step(std::string token) {
  auto work = [state = state_, answer = std::move(token)] { return state->session.step(answer); };
  co_return co_await run(std::move(work));
}

}  // namespace understudy::archive::login
