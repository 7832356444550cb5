#include "relay/peer/mark_topics.hpp"

#include <algorithm>

#include "archive/custody/desk.hpp"
#include "base/log.hpp"

namespace understudy::relay::peer {
namespace {

namespace custody = archive::custody;

constexpr const char* topic = "marks";

custody::InstanceId instance_of(const Hello& hello) {
  return mail::smtp::instance_id_from(hello.instance);
}

}  // namespace

/// Each time the newest only: it says all.
class MarkTopics::Theirs final : public Sink {
 public:
  explicit Theirs(GapWatch& gaps) : gaps_(gaps) {}

  void connected(const Hello& hello) { giver_ = instance_of(hello); }
  Position wanted() override { return 0; }
  void take(Position, std::string octets, Done done) override {
    auto announced = custody::Announcement::decode(octets, giver_);
    if (!announced) {  // it never becomes one
      base::log::error("custody.marks_refused", {{"reason", announced.error().text()}});
      return done({});
    }
    gaps_.hear(*announced, std::move(done));
  }

 private:
  GapWatch& gaps_;
  custody::InstanceId giver_{};  // on the link's executor
};

class MarkTopics::Missed final : public Responder {
 public:
  Missed(CustodyWatch& watch, net::Workers& workers) : watch_(watch), workers_(workers) {}

  void answer(std::string question, Done done) override {
    auto missed = decode_missed(question);
    if (!missed) return done({peer::Answer::Status::refused, missed.error().text()});
    auto shared = std::make_shared<Done>(std::move(done));
    auto job = [this, shared, missed = std::move(*missed)]() mutable {
      watch_.missed(std::move(missed), [shared](base::Result<std::string> standings) {
        using enum peer::Answer::Status;
        (*shared)(standings ? Answer{done, std::move(*standings)} : Answer{failed, standings.error().text()});
      });
    };
    if (workers_.submit(std::move(job)) == net::Workers::Submitted::full)
      (*shared)({peer::Answer::Status::failed, "too much to do"});
  }

 private:
  CustodyWatch& watch_;
  net::Workers& workers_;
};

MarkTopics::MarkTopics(const Parts& parts, Registry& registry)
    : parts_(parts),
      ours_([this] { return newest(); }),
      theirs_(std::make_unique<Theirs>(parts.gaps)),
      missed_(std::make_unique<Missed>(parts.custody, parts.workers)) {
  const std::string feature(marks_feature);
  registry.on_up([this](const Hello& hello) { theirs_->connected(hello); });
  registry.add(topic, feature, ours_);
  registry.add(topic, feature, *theirs_);
  registry.add(owed_verb, feature, *missed_);
}

MarkTopics::~MarkTopics() = default;

/// The same until announce() says that there are others.
base::Result<std::optional<Source::Next>> MarkTopics::newest() {
  if (due_.exchange(false)) {
    const auto now = parts_.clock.now();
    auto marks = custody::Desk(parts_.archive).announcement(now);
    if (!marks) return std::unexpected(marks.error());
    last_.position = std::max(last_.position + 1, static_cast<Position>(now.time_since_epoch().count()));
    last_.octets = marks->lives.empty() ? std::string() : marks->encode();
  }
  if (last_.octets.empty()) return std::optional<Source::Next>();
  return std::optional(last_);
}

}  // namespace understudy::relay::peer
