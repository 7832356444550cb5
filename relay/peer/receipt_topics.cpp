#include "relay/peer/receipt_topics.hpp"

#include <algorithm>
#include <utility>

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

/// A batch is made by a worker, since that reads the journal, and waits here until the link has its turn.
class ReceiptTopics::Given final : public Source, public std::enable_shared_from_this<Given> {
 public:
  Given(archive::custody::ReceiptGiver& giver, net::Workers& workers, After after)
      : giver_(giver), workers_(workers), after_(std::move(after)) {}

  void connected(const Hello& hello) {
    const std::lock_guard lock(mutex_);
    to_ = life_of(hello);
    made_.reset();
  }

  base::Result<std::optional<Next>> next(Position from) override {
    {
      const std::lock_guard lock(mutex_);
      if (!to_) return std::optional<Next>();
      if (made_ && made_->from == from) {
        auto made = std::move(made_->given);
        made_.reset();
        return made;
      }
      from_ = from;
    }
    make();
    return std::optional<Next>();
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

  void gather(std::chrono::milliseconds pause = gathered) {
    {
      const std::lock_guard lock(mutex_);
      if (!wake_ || gathering_) return;
      gathering_ = true;
    }
    after_(pause, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->ready();
    });
  }

 private:
  struct Made {
    Position from;
    base::Result<std::optional<Next>> given;
  };

  void ready() {
    const std::lock_guard lock(mutex_);
    gathering_ = false;
    if (wake_) wake_();
  }

  /// One at a time, as the giver wants it.
  void make() {
    {
      const std::lock_guard lock(mutex_);
      if (making_) missed_ = true;
      if (std::exchange(making_, true)) return;
    }
    auto job = [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->work();
    };
    if (workers_.submit(std::move(job)) == net::Workers::Submitted::taken) return;
    {
      const std::lock_guard lock(mutex_);
      making_ = false;
    }
    gather();  // later
  }

  void work() {
    Position from = 0;
    Life to;
    {
      const std::lock_guard lock(mutex_);
      from = from_;
      to = *to_;
    }
    auto given = giver_.next(from, to.instance);
    base::Result<std::optional<Next>> next = std::optional<Next>();
    if (!given) next = std::unexpected(given.error());
    if (given && *given) next = std::optional(Next{(*given)->position, std::move((*given)->octets)});
    const bool rest = given && !*given && giver_.unfinished();
    bool again = false;
    bool another = false;  // who is connected now, or from where, is not what this was made for
    {
      const std::lock_guard lock(mutex_);
      making_ = false;
      another = from != from_ || *to_ != to;
      again = std::exchange(missed_, false) || another;
      if (!another && (!next || *next)) {
        made_.emplace(from, std::move(next));
        if (wake_) wake_();
      }
    }
    if (rest) gather(between_parts);  // of the journal
    if (again) gather();
  }

  archive::custody::ReceiptGiver& giver_;
  net::Workers& workers_;
  After after_;
  std::mutex mutex_;
  // guarded by mutex_
  std::optional<Life> to_;
  std::function<void()> wake_;
  std::optional<Made> made_;
  Position from_ = 0;  // what the link wants next
  bool gathering_ = false, making_ = false;
  bool missed_ = false;  // asked for while one was being made, perhaps too late for that one
};

/// What cannot be believed yet waits for the other machine's next head: its key may have come with that, a dispute may have
/// been settled. It waits as long as the connection stands, by the link's window, and comes again on the next one.
class ReceiptTopics::Taken final : public Sink {
 public:
  explicit Taken(archive::custody::ReceiptTaker& taker) : taker_(taker) {}

  void connected(const Hello& hello) {
    giver_ = life_of(hello);
    for (auto& waiting : take_waiting()) waiting.done({});  // of a connection that is gone: nobody hears it, and it comes again
  }

  Position wanted() override {
    const auto next = giver_ ? taker_.wanted(*giver_) : base::Result<std::uint64_t>(0);
    if (next) return *next;
    base::log::error("custody.position", {{"reason", next.error().text()}});
    return 0;
  }
  void take(Position position, std::string octets, Done done) override {
    {
      const std::lock_guard lock(mutex_);
      if (!waiting_.empty()) {  // in their order
        waiting_.push_back({position, std::move(octets), std::move(done)});
        return;
      }
    }
    judge({position, std::move(octets), std::move(done)});
  }
  /// Any thread.
  void again() {
    for (auto& waiting : take_waiting()) judge(std::move(waiting));
  }

 private:
  struct Waiting {
    Position position;
    std::string octets;
    Done done;
  };

  std::vector<Waiting> take_waiting() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

  void judge(Waiting batch) {
    auto shared = std::make_shared<Waiting>(std::move(batch));
    taker_.take_next(shared->position, shared->octets, [this, shared](base::Result<> taken) {
      using enum base::errc;
      if (!taken && taken.error().code == refused) return wait(std::move(*shared), taken.error());
      const bool never = !taken && (taken.error().code == malformed || taken.error().code == unsupported);
      if (never) base::log::error("custody.receipts_refused", {{"reason", taken.error().text()}});
      shared->done(never ? base::Result<>() : std::move(taken));  // what is no batch never becomes one
    });
  }

  void wait(Waiting batch, const base::Error& why) {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) base::log::warn("custody.receipts_wait", {{"reason", why.text()}});
    waiting_.push_back(std::move(batch));
  }

  archive::custody::ReceiptTaker& taker_;
  std::optional<Life> giver_;  // on the link's executor
  std::mutex mutex_;
  std::vector<Waiting> waiting_;  // guarded by mutex_
};

/// Answers for the numbers that it is asked for, whatever was given before.
class ReceiptTopics::Asked final : public Responder {
 public:
  Asked(archive::custody::ReceiptGiver& giver, net::Workers& workers) : giver_(giver), workers_(workers) {}

  void connected(const Hello& hello) { to_ = life_of(hello); }

  void answer(std::string question, Done done) override {
    const auto numbers = decode_numbers(question);
    if (!numbers) return done({peer::Answer::Status::refused, numbers.error().text()});
    auto shared = std::make_shared<Done>(std::move(done));
    auto job = [this, shared, numbers = *numbers, to = to_.instance] { (*shared)(answer_to(numbers, to)); };
    if (workers_.submit(std::move(job)) == net::Workers::Submitted::full)
      (*shared)({peer::Answer::Status::failed, "too much to do"});
  }

 private:
  Answer answer_to(const std::vector<archive::custody::Number>& numbers, const archive::custody::InstanceId& to) {
    const auto answered = giver_.asked(numbers, to);
    if (!answered) return {peer::Answer::Status::failed, answered.error().text()};
    base::Writer out;
    out.text(encode_numbers(answered->unknown)).text(archive::custody::encode_all(answered->ended)).raw(answered->octets);
    return {peer::Answer::Status::done, out.take()};
  }

  archive::custody::ReceiptGiver& giver_;
  net::Workers& workers_;
  Life to_;  // on the link's executor
};

ReceiptTopics::ReceiptTopics(archive::custody::ReceiptGiver& giver, archive::custody::ReceiptTaker& taker, Registry& registry,
                             net::Workers& workers, After after)
    : given_(std::make_shared<Given>(giver, workers, std::move(after))),
      taken_(std::make_unique<Taken>(taker)),
      asked_(std::make_unique<Asked>(giver, workers)) {
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

void ReceiptTopics::head_judged() {
  taken_->again();
}

}  // namespace understudy::relay::peer
