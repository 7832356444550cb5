#include "relay/peer/traffic.hpp"

#include "base/log.hpp"

namespace understudy::relay::peer {

Traffic::Traffic(const Registry& registry, const base::Clock& clock, Post post)
    : registry_(registry), clock_(clock), post_(std::move(post)) {
  for (const auto& [topic, sink] : registry_.sinks()) inboxes_[topic];
  for (const auto& [topic, source] : registry_.sources()) outboxes_[topic];
}

void Traffic::listen() {
  for (const auto& [topic, source] : registry_.sources()) {
    source.what->on_more([weak = weak_from_this(), post = post_, topic = topic, woken = outboxes_[topic].woken] {
      if (woken->exchange(true)) return;  // one call is on its way already
      post([weak, topic] {
        if (const auto self = weak.lock()) self->woken(topic);
      });
    });
  }
}

void Traffic::close() {
  detach();
  for (const auto& [topic, source] : registry_.sources()) source.what->on_more({});
}

// ---- connections

void Traffic::attach(Dialogue& dialogue, std::function<void()> poke) {
  detach();
  dialogue_ = &dialogue;
  poke_ = std::move(poke);
  ++connection_;
  if (const auto& other = dialogue.other())
    for (const auto& tell : registry_.told_of_up()) tell(*other);
  for (auto& [topic, inbox] : inboxes_) {
    inbox.wanted = false;
    want(topic);
  }
}

void Traffic::detach() {
  dialogue_ = nullptr;
  poke_ = nullptr;
  const auto questions = std::exchange(questions_, {});
  for (const auto& [number, done] : questions) done(base::fail("the peer link went down", base::errc::not_found));
}

/// Only when the sink has nothing of an earlier connection in hand: what it is at now would come a second time.
void Traffic::want(const std::string& topic) {
  auto& inbox = inboxes_[topic];
  if (!dialogue_ || inbox.wanted || inbox.under_way > 0) return;
  inbox.wanted = true;
  dialogue_->want(topic, registry_.sinks().at(topic).what->wanted());
  poke();
}

void Traffic::poke() {
  if (poke_) poke_();
}

void Traffic::take(std::vector<Event> events) {
  for (auto& event : events) std::visit([this](auto& each) { handle(std::move(each)); }, event);
}

void Traffic::handle(Up&&) {}

// ---- records that come

void Traffic::handle(Taken&& taken) {
  ++inboxes_[taken.topic].under_way;
  ++received_[taken.topic];
  auto done = [weak = weak_from_this(), post = post_, connection = connection_, topic = taken.topic,
               position = taken.position](base::Result<> result) {
    post([weak, connection, topic, position, result = std::move(result)] {
      if (const auto self = weak.lock()) self->taken(connection, topic, position, result);
    });
  };
  registry_.sinks().at(taken.topic).what->take(taken.position, std::move(taken.octets), std::move(done));
}

void Traffic::taken(std::uint64_t connection, const std::string& topic, Position position, const base::Result<>& done) {
  auto& inbox = inboxes_[topic];
  --inbox.under_way;
  const bool of_now = dialogue_ && connection == connection_;
  if (!done) base::log::error("peer.sink", {{"topic", topic}, {"position", position}, {"reason", done.error().text()}});
  if (of_now && done) dialogue_->durable(topic, position);
  if (of_now && !done) dialogue_->end("a record of the topic " + topic + " could not be made durable");
  want(topic);
  poke();
}

// ---- records that go

void Traffic::woken(const std::string& topic) {
  *outboxes_[topic].woken = false;
  if (!dialogue_) return;
  dialogue_->more(topic);
  poke();
}

void Traffic::fill(std::size_t octets) {
  while (dialogue_ && dialogue_->output_octets() < octets) {
    const auto turn = dialogue_->turn();
    if (!turn || !read(*turn)) break;
  }
  for (auto& [topic, outbox] : outboxes_)
    if (const auto sending = dialogue_ ? dialogue_->sending(topic) : std::nullopt) outbox.acknowledged = sending->acknowledged;
}

/// false: the connection has to end.
bool Traffic::read(const Dialogue::Turn& turn) {
  auto next = registry_.sources().at(turn.topic).what->next(turn.from);
  const bool fits =
      next &&
      (!*next || ((*next)->octets.size() <= max_octets && (*next)->position >= turn.from && (*next)->position < ~Position{0}));
  if (!fits) {
    const auto why = next ? "a record that does not fit" : next.error().text();
    base::log::error("peer.source", {{"topic", turn.topic}, {"position", turn.from}, {"reason", why}});
    dialogue_->end("the topic " + turn.topic + " cannot be read");
    return false;
  }
  if (!*next || !registry_.may_speak()) {
    dialogue_->rest(turn.topic);
    return true;
  }
  dialogue_->give(turn.topic, (*next)->position, (*next)->octets);
  ++outboxes_[turn.topic].sent;
  return true;
}

// ---- questions

void Traffic::handle(Asked&& asked) {
  auto done = [weak = weak_from_this(), post = post_, connection = connection_,
               number = asked.number](Responder::Answer answer) {
    post([weak, connection, number, answer = std::move(answer)] {
      if (const auto self = weak.lock()) self->answered(connection, number, answer);
    });
  };
  registry_.verbs().at(asked.verb).what->answer(std::move(asked.octets), std::move(done));
}

void Traffic::answered(std::uint64_t connection, std::uint64_t number, Responder::Answer answer) {
  if (!dialogue_ || connection != connection_) return;
  if (!registry_.may_speak()) answer = {Answer::Status::failed, "nothing is written any more until a restart"};
  if (answer.octets.size() > max_octets) answer = {Answer::Status::failed, "the answer is too long for a frame"};
  dialogue_->answer({number, answer.status, std::move(answer.octets)});
  poke();
}

void Traffic::ask(Question question, Done done) {
  const std::string what = "question " + question.verb;
  if (!dialogue_) return done(base::fail(what + ": no peer link", base::errc::not_found));
  if (!dialogue_->other_has(question.feature))
    return done(base::fail(what + ": the other machine has no " + question.feature, base::errc::unsupported));
  if (question.octets.size() > max_octets) return done(base::fail(what, base::errc::too_long));
  const auto number = dialogue_->ask(question.feature, question.verb, question.octets, clock_.steady() + question.limit);
  if (!number) return done(base::fail(what, base::errc::busy));
  questions_.emplace(*number, std::move(done));
  poke();
}

void Traffic::handle(Answered&& answered) {
  const auto found = questions_.find(answered.number);
  if (found == questions_.end()) return;
  const auto done = std::move(found->second);
  questions_.erase(found);
  if (!answered.answer) return done(base::fail("question to the other machine", base::errc::timed_out));
  done(Responder::Answer{answered.answer->status, std::move(answered.answer->octets)});
}

// ---- what is said of it

std::vector<TopicStatus> Traffic::status() const {
  std::map<std::string, TopicStatus> rows;
  for (const auto& [topic, count] : received_) rows[topic].received = count;
  for (const auto& [topic, inbox] : inboxes_) rows[topic];
  for (const auto& [topic, outbox] : outboxes_) {
    auto& row = rows[topic];
    row.sent = outbox.sent;
    const auto sending = dialogue_ ? dialogue_->sending(topic) : std::nullopt;
    row.acknowledged = sending ? std::optional(sending->acknowledged) : outbox.acknowledged;
    if (row.acknowledged) row.behind = registry_.sources().at(topic).what->behind(*row.acknowledged);
  }
  std::vector<TopicStatus> list;
  for (auto& [topic, row] : rows) {
    row.topic = topic;
    list.push_back(std::move(row));
  }
  return list;
}

}  // namespace understudy::relay::peer
