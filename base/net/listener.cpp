#include "base/net/listener.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "base/log.hpp"

namespace understudy::net {
namespace {
constexpr Timeout first_pause(20);
constexpr Timeout longest_pause(1000);

/// A function and not a lambda: the coroutine must own what it uses.
Task<> serve(std::shared_ptr<const Listener::Handler> handler, Connection connection) {
  co_await (*handler)(std::move(connection));
}

Task<> refuse(std::unique_ptr<Link> link, std::string text, Timeout timeout) {
  auto said = co_await link->write(text, timeout);
  if (said) co_await link->close(timeout);
}
}  // namespace

Listener::Listener(std::unique_ptr<Acceptor> acceptor, ConnectionLimits& limits, Timers& timers, Handler handler,
                   Options options)
    : acceptor_(std::move(acceptor)),
      limits_(limits),
      handler_(std::make_shared<const Handler>(std::move(handler))),
      options_(std::move(options)),
      local_(acceptor_->local()),
      pause_(timers.make(acceptor_->executor())),
      loop_(acceptor_->executor(), timers),
      sessions_(acceptor_->executor(), timers),
      refusals_(acceptor_->executor(), timers) {}

Listener::~Listener() = default;

void Listener::start() {
  loop_.spawn(acceptor_->executor(), options_.name, loop());
}

Task<> Listener::loop() {
  for (;;) {
    auto link = co_await acceptor_->accept();
    if (link) {
      pause_length_ = Timeout::zero();
      welcome(std::move(*link));
      continue;
    }
    if (link.error().code == errc::cancelled) co_return;
    co_await back_off(link.error());
  }
}

/// Without a pause a process that is out of descriptors would spin: the connection that it can't take stays ready.
Task<> Listener::back_off(const base::Error& error) {
  if (pause_length_ == Timeout::zero())
    base::log::warn("listener.accept", {{"listener", options_.name}, {"error", error.text()}});
  pause_length_ = std::clamp(pause_length_ * 2, first_pause, longest_pause);
  co_await pause_->wait(pause_length_);
}

void Listener::welcome(std::unique_ptr<Link> link) {
  const auto where = link->executor();
  const auto shield = std::make_shared<Shield>();
  auto leave = [where, shield] { asio::post(where, [shield] { shield->make_room(); }); };
  auto place = limits_.admit(link->peer().address, options_.standing, std::move(leave));
  if (!place) return turn_away(std::move(link));
  Connection connection{std::move(*place), std::move(link), shield};
  sessions_.spawn(where, options_.name, serve(handler_, std::move(connection)), shield);
}

void Listener::turn_away(std::unique_ptr<Link> link) {
  base::log::debug("listener.refused", {{"listener", options_.name}, {"peer", link->peer().text()}});
  if (options_.refusal.empty() || refusals_.size() >= options_.refusals) return;
  const auto where = link->executor();
  refusals_.spawn(where, options_.name, refuse(std::move(link), options_.refusal, options_.refusal_wait));
}

void Listener::stop() {
  asio::post(acceptor_->executor(), [acceptor = acceptor_] { acceptor->close(); });
  loop_.cancel();
  refusals_.cancel();
  sessions_.dismiss();
}

Task<std::size_t> Listener::drain(Timeout timeout) {
  stop();
  const std::size_t looping = co_await loop_.wait(options_.refusal_wait);
  const std::size_t refusing = co_await refusals_.wait(options_.refusal_wait);
  std::size_t serving = co_await sessions_.wait(timeout);
  sessions_.cancel();
  if (serving > 0) serving = co_await sessions_.wait(cut_wait);
  co_return looping + refusing + serving;
}

}  // namespace understudy::net
