#include "relay/peer/receipt_topics.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "relay/peer/custody_watch.hpp"

namespace understudy::relay::peer {
namespace {

using archive::custody::Life;

constexpr const char* topic = "receipts";

Life life_of(const Hello& hello) {
  Life life;
  std::copy_n(hello.instance.begin(), std::min(hello.instance.size(), life.instance.size()), life.instance.begin());
  std::copy_n(hello.incarnation.begin(), std::min(hello.incarnation.size(), life.incarnation.size()), life.incarnation.begin());
  return life;
}

}  // namespace

class ReceiptTopics::Given final : public Source, public std::enable_shared_from_this<Given> {
 public:
  Given(archive::custody::ReceiptGiver& giver, After after) : giver_(giver), after_(std::move(after)) {}

  void connected(const Hello& hello) { to_ = life_of(hello); }

  base::Result<std::optional<Next>> next(Position from) override {
    if (!to_) return std::optional<Next>();
    auto given = giver_.next(from, to_->instance);
    if (!given) return std::unexpected(given.error());
    if (!*given && giver_.unfinished()) gather();  // the rest of the journal, when others had their turn
    if (!*given) return std::optional<Next>();
    return std::optional(Next{(*given)->position, std::move((*given)->octets)});
  }
  std::uint64_t behind(Position from) override { return giver_.behind(from); }
  void on_more(std::function<void()> wake) override {
    std::function<void()> gather;
    if (wake)
      gather = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->gather();
      };
    {
      const std::lock_guard lock(mutex_);
      wake_ = std::move(wake);
    }
    giver_.on_more(std::move(gather));  // outside of the lock: it waits for a wake that is under way
  }

  void gather() {
    {
      const std::lock_guard lock(mutex_);
      if (!wake_ || gathering_) return;
      gathering_ = true;
    }
    after_(gathered, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->ready();
    });
  }

 private:
  void ready() {
    const std::lock_guard lock(mutex_);
    gathering_ = false;
    if (wake_) wake_();
  }

  archive::custody::ReceiptGiver& giver_;
  After after_;
  std::optional<Life> to_;  // on the link's executor
  std::mutex mutex_;
  std::function<void()> wake_;  // guarded by mutex_
  bool gathering_ = false;      // guarded by mutex_
};

class ReceiptTopics::Taken final : public Sink {
 public:
  explicit Taken(archive::custody::ReceiptTaker& taker) : taker_(taker) {}

  void connected(const Hello& hello) { giver_ = life_of(hello); }

  Position wanted() override {
    const auto next = giver_ ? taker_.wanted(*giver_) : base::Result<std::uint64_t>(0);
    if (next) return *next;
    base::log::error("custody.position", {{"reason", next.error().text()}});
    return 0;
  }
  void take(Position position, std::string octets, Done done) override {
    taker_.take_next(position, octets, [done = std::move(done)](base::Result<> taken) {
      using enum base::errc;
      const bool never = !taken && (taken.error().code == malformed || taken.error().code == unsupported);
      if (never) base::log::error("custody.receipts_refused", {{"reason", taken.error().text()}});
      // What is no batch never becomes one; what is signed by another key may be good once its consent has come.
      done(never ? base::Result<>() : std::move(taken));
    });
  }

 private:
  archive::custody::ReceiptTaker& taker_;
  std::optional<Life> giver_;  // on the link's executor
};

/// Answers for the numbers that it is asked for, whatever was given before.
class ReceiptTopics::Asked final : public Responder {
 public:
  explicit Asked(archive::custody::ReceiptGiver& giver) : giver_(giver) {}

  void connected(const Hello& hello) { to_ = life_of(hello); }

  void answer(std::string question, Done done) override {
    const auto numbers = decode_numbers(question);
    if (!numbers) return done({peer::Answer::Status::refused, numbers.error().text()});
    const auto answered = giver_.asked(*numbers, to_.instance);
    if (!answered) return done({peer::Answer::Status::failed, answered.error().text()});
    done({peer::Answer::Status::done, base::Writer().text(encode_numbers(answered->unknown)).raw(answered->octets).take()});
  }

 private:
  archive::custody::ReceiptGiver& giver_;
  Life to_;  // on the link's executor
};

ReceiptTopics::ReceiptTopics(archive::custody::ReceiptGiver& giver, archive::custody::ReceiptTaker& taker, Registry& registry,
                             After after)
    : given_(std::make_shared<Given>(giver, std::move(after))),
      taken_(std::make_unique<Taken>(taker)),
      asked_(std::make_unique<Asked>(giver)) {
  const std::string feature(receipts_feature);
  registry.on_up([this](const Hello& hello) {
    given_->connected(hello);
    taken_->connected(hello);
    asked_->connected(hello);
  });
  registry.add(topic, feature, *given_);
  registry.add(topic, feature, *taken_);
  registry.add(receipts_verb, feature, *asked_);
}

ReceiptTopics::~ReceiptTopics() = default;

void ReceiptTopics::poke() {
  given_->gather();
}

}  // namespace understudy::relay::peer
