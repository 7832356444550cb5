#include "relay/peer/ending_topics.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace understudy::relay::peer {
namespace {

using archive::endings::Desk;

constexpr const char* orders_topic = "endings";
constexpr const char* answers_topic = "endings-answered";

archive::custody::Life life_of(const Hello& hello) {
  archive::custody::Life life;
  std::copy_n(hello.instance.begin(), std::min(hello.instance.size(), life.instance.size()), life.instance.begin());
  std::copy_n(hello.incarnation.begin(), std::min(hello.incarnation.size(), life.incarnation.size()), life.incarnation.begin());
  return life;
}

std::optional<Source::Next> next_of(std::optional<Desk::Sent> sent) {
  if (!sent) return std::nullopt;
  return Source::Next{sent->position, std::move(sent->octets)};
}

}  // namespace

class EndingTopics::Orders final : public Source {
 public:
  explicit Orders(Desk& desk) : desk_(desk) {}
  base::Result<std::optional<Next>> next(Position from) override {
    auto order = desk_.next_order(from);
    if (!order) return std::unexpected(order.error());
    return next_of(std::move(*order));
  }
  std::uint64_t behind(Position) override {
    const auto waiting = desk_.waiting();
    return waiting ? waiting->given : 0;
  }
  void on_more(std::function<void()> wake) override { desk_.on_more_orders(std::move(wake)); }

 private:
  Desk& desk_;
};

class EndingTopics::Answers final : public Source {
 public:
  explicit Answers(Desk& desk) : desk_(desk) {}
  base::Result<std::optional<Next>> next(Position from) override {
    auto answer = desk_.next_answer(from);
    if (!answer) return std::unexpected(answer.error());
    return next_of(std::move(*answer));
  }
  std::uint64_t behind(Position from) override {
    const auto answer = desk_.next_answer(from);
    return answer && *answer ? 1 : 0;
  }
  void on_more(std::function<void()> wake) override { desk_.on_more_answers(std::move(wake)); }

 private:
  Desk& desk_;
};

/// All that are not answered for good come with each connection: an order that was not believed, or an answer that was lost,
/// needs nobody who remembers it.
class EndingTopics::TakenOrders final : public Sink {
 public:
  explicit TakenOrders(Desk& desk) : desk_(desk) {}
  Position wanted() override { return 0; }
  void take(Position, std::string octets, Done done) override {
    desk_.take_order(octets, [done = std::move(done)](base::Result<> taken) { done(std::move(taken)); });
  }

 private:
  Desk& desk_;
};

class EndingTopics::TakenAnswers final : public Sink {
 public:
  explicit TakenAnswers(Desk& desk) : desk_(desk) {}

  void connected(const Hello& hello) { giver_ = life_of(hello); }

  Position wanted() override {
    const auto next = desk_.wanted_answer(giver_);
    if (next) return *next;
    base::log::error("endings.position", {{"reason", next.error().text()}});
    return 0;
  }
  void take(Position position, std::string octets, Done done) override {
    desk_.take_answer(position, octets, [done = std::move(done)](base::Result<> taken) {
      using enum base::errc;
      const bool never = !taken && (taken.error().code == malformed || taken.error().code == unsupported);
      if (never) base::log::error("endings.answer_refused", {{"reason", taken.error().text()}});
      done(never ? base::Result<>() : std::move(taken));  // what is no answer never becomes one
    });
  }

 private:
  Desk& desk_;
  archive::custody::Life giver_;  // on the link's executor
};

EndingTopics::EndingTopics(Desk& desk, Registry& registry)
    : orders_(std::make_unique<Orders>(desk)),
      answers_(std::make_unique<Answers>(desk)),
      taken_orders_(std::make_unique<TakenOrders>(desk)),
      taken_answers_(std::make_unique<TakenAnswers>(desk)) {
  const std::string feature(endings_feature);
  registry.on_up([this, &desk](const Hello& hello) {
    taken_answers_->connected(hello);
    desk.try_again();
  });
  registry.add(orders_topic, feature, *orders_);
  registry.add(orders_topic, feature, *taken_orders_);
  registry.add(answers_topic, feature, *answers_);
  registry.add(answers_topic, feature, *taken_answers_);
}

EndingTopics::~EndingTopics() = default;

}  // namespace understudy::relay::peer
