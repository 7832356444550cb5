#include "relay/peer/dialogue.hpp"

#include <algorithm>

namespace understudy::relay::peer {
namespace {

constexpr std::size_t max_output = 2 * max_frame;  ///< that waits to be sent before nothing more is read

std::string versions(const Hello& hello) {
  return std::to_string(hello.lowest) + " to " + std::to_string(hello.highest);
}

/// What a record takes of the window: its frame, so that many small ones have a bound, too.
std::uint64_t frame_octets(const std::string& topic, std::string_view octets) {
  constexpr std::uint64_t numbers = 16;
  return frame_head_octets + numbers + topic.size() + octets.size();
}

}  // namespace

std::vector<std::string> Offers::features() const {
  std::set<std::string> all = others;
  for (const auto* offers : {&sources, &sinks, &verbs})
    for (const auto& [name, feature] : *offers) all.insert(feature);
  std::vector<std::string> list(all.begin(), all.end());
  if (list.size() > max_features) list.resize(max_features);
  return list;
}

Dialogue::Dialogue(DialogueOptions options, base::SteadyTime now) : options_(std::move(options)), begun_(now), heard_(now) {
  options_.hello.features = options_.offers.features();
  say(options_.hello);
}

// ---- in

void Dialogue::on_octets(std::string_view piece, base::SteadyTime now) {
  if (ended_) return;
  heard_ = now;
  pinged_.reset();
  reader_.feed(piece);
  while (!ended_) {
    auto frame = reader_.next();
    if (!frame) return violated(frame.error().context);
    if (!*frame) return;
    on_frame(**frame);
  }
}

void Dialogue::on_frame(const Frame& frame) {
  auto record = parse_record(frame);
  if (!record) return violated(record.error().context);
  if (!*record) return;
  const bool bye = std::holds_alternative<Bye>(**record);
  if (!other_ && !bye && !std::holds_alternative<Hello>(**record)) return violated("something before hello");
  std::visit([this](auto& each) { on(std::move(each)); }, **record);
}

void Dialogue::on(Hello hello) {
  if (other_) return violated("a second hello");
  const auto& own = options_.hello;
  other_ = hello;
  if (hello.highest < own.lowest || own.highest < hello.lowest)
    return finish({Ended::How::version, "no version of the link in common: " + versions(own) + " at " + own.hostname + ", " +
                                            versions(hello) + " at " + hello.hostname});
  other_features_.insert(hello.features.begin(), hello.features.end());
  events_.emplace_back(Up{std::move(hello)});
}

void Dialogue::on(Want want) {
  if (!options_.offers.sources.contains(want.topic)) {
    if (options_.offers.sinks.contains(want.topic)) return;  // both take it, and nobody has it
    return violated("want of the topic " + want.topic + ", which is not offered");
  }
  const auto [at, fresh] = out_.try_emplace(want.topic);
  if (!fresh) return violated("a second want of the topic " + want.topic);
  at->second.state.next = want.from;
  at->second.state.acknowledged = want.from;
}

void Dialogue::on(Record record) {
  const auto found = in_.find(record.topic);
  if (found == in_.end()) return violated("a record of the topic " + record.topic + ", which is not wanted");
  if (record.position == ~Position{0}) return violated("a record without a position behind it");
  auto& in = found->second;
  if (record.position < in.next) return;  // a repetition
  in.next = record.position + 1;
  const auto octets = frame_octets(record.topic, record.octets);
  in.held.push_back({record.position, octets, false});
  held_octets_ += octets;
  events_.emplace_back(Taken{std::move(record.topic), record.position, std::move(record.octets)});
}

void Dialogue::on(Have have) {
  const auto found = out_.find(have.topic);
  if (found == out_.end() || have.below > found->second.state.next)
    return violated("have of the topic " + have.topic + " for what was not sent");
  auto& [state, frames, resting] = found->second;
  state.acknowledged = std::max(state.acknowledged, have.below);
  for (; !frames.empty() && frames.front().first < have.below; frames.pop_front()) state.out -= frames.front().second;
}

void Dialogue::on(Ask ask) {
  if (ask.number <= last_question_) return violated("a question whose number does not grow");
  if (answering_.size() >= max_questions) return violated("more questions than " + std::to_string(max_questions));
  last_question_ = ask.number;
  answering_.emplace(ask.number, ask.octets.size());
  held_octets_ += ask.octets.size();
  if (!options_.offers.verbs.contains(ask.verb))
    return answer({ask.number, Answer::Status::refused, "no such verb here: " + ask.verb});
  events_.emplace_back(Asked{ask.number, std::move(ask.verb), std::move(ask.octets)});
}

void Dialogue::on(Answer answer) {
  const auto found = asked_.find(answer.number);
  if (found == asked_.end()) return violated("an answer to no question");
  const bool awaited = found->second.has_value();
  asked_.erase(found);
  if (awaited) events_.emplace_back(Answered{answer.number, std::move(answer)});
}

void Dialogue::on(Ping ping) {
  say(Pong{ping.number});
}

void Dialogue::on(Pong pong) {
  if (pong.number == 0 || pong.number > pings_) violated("a pong without a ping");
}

void Dialogue::on(Bye bye) {
  finish({Ended::How::there, std::move(bye.why)});
}

// ---- time

void Dialogue::on_time(base::SteadyTime now) {
  if (ended_) return;
  expire_questions(now);
  if (!hungry()) {  // who does not read hears nothing: that is no silence of the other side
    heard_ = now;
    pinged_.reset();
  }
  if (!other_) {
    if (now - begun_ >= options_.idle) finish({Ended::How::silent, "no hello in time"});
    return;
  }
  if (pinged_) {
    if (now - *pinged_ >= options_.idle) finish({Ended::How::silent, "no answer to a ping"});
  } else if (now - heard_ >= options_.idle) {
    probe(now);
  }
}

void Dialogue::probe(base::SteadyTime now) {
  if (!up() || pinged_) return;
  pinged_ = now;
  say(Ping{++pings_});
}

base::SteadyTime Dialogue::due() const {
  auto at = (other_ ? pinged_.value_or(heard_) : begun_) + options_.idle;
  for (const auto& [number, deadline] : asked_)
    if (deadline) at = std::min(at, *deadline);
  return at;
}

void Dialogue::expire_questions(base::SteadyTime now) {
  for (auto& [number, deadline] : asked_) {
    if (!deadline || *deadline > now) continue;
    deadline.reset();  // it stays open: the other side still has it among its own
    events_.emplace_back(Answered{number, std::nullopt});
  }
}

// ---- out

bool Dialogue::hungry() const {
  return output_.size() < max_output && held_octets_ <= options_.window * std::max<std::size_t>(1, in_.size()) + max_frame;
}

std::string Dialogue::take_output() {
  if (!ended_) {
    for (const auto& topic : haves_due_) {
      const auto& in = in_.at(topic);
      say(Have{topic, in.held.empty() ? in.next : in.held.front().position});
    }
    haves_due_.clear();
  }
  return std::exchange(output_, {});
}

std::vector<Event> Dialogue::take_events() {
  return std::exchange(events_, {});
}

void Dialogue::finish(Ended ended) {
  if (ended_) return;
  if (ended.how != Ended::How::there) say(Bye{ended.why});
  ended_ = std::move(ended);
}

void Dialogue::violated(std::string why) {
  finish({Ended::How::violation, std::move(why)});
}

void Dialogue::end(std::string why) {
  finish({Ended::How::here, std::move(why)});
}

// ---- topics

std::optional<Dialogue::Turn> Dialogue::turn() {
  if (!up() || out_.empty()) return std::nullopt;
  auto at = out_.upper_bound(last_turn_);
  for (std::size_t i = 0; i < out_.size(); ++i, ++at) {
    if (at == out_.end()) at = out_.begin();
    const auto& [topic, out] = *at;
    if (out.resting || out.state.out >= options_.window) continue;
    last_turn_ = topic;
    return Turn{topic, out.state.next};
  }
  return std::nullopt;
}

void Dialogue::give(const std::string& topic, Position position, std::string_view octets) {
  const auto found = out_.find(topic);
  if (ended_ || found == out_.end()) return;
  auto& [state, frames, resting] = found->second;
  const auto size = frame_octets(topic, octets);
  frames.emplace_back(position, size);
  state.out += size;
  state.next = position + 1;
  say(Record{topic, position, std::string(octets)});
}

void Dialogue::rest(const std::string& topic) {
  if (const auto found = out_.find(topic); found != out_.end()) found->second.resting = true;
}

void Dialogue::more(const std::string& topic) {
  if (const auto found = out_.find(topic); found != out_.end()) found->second.resting = false;
}

bool Dialogue::want(const std::string& topic, Position from) {
  const auto offer = options_.offers.sinks.find(topic);
  if (!up() || offer == options_.offers.sinks.end() || !other_has(offer->second)) return false;
  if (in_.try_emplace(topic, In{from, {}}).second) say(Want{topic, from});
  return true;
}

void Dialogue::durable(const std::string& topic, Position position) {
  const auto found = in_.find(topic);
  if (ended_ || found == in_.end()) return;
  auto& held = found->second.held;
  const auto at = std::ranges::lower_bound(held, position, {}, &In::Held::position);
  if (at == held.end() || at->position != position) return;
  at->durable = true;
  for (; !held.empty() && held.front().durable; held.pop_front()) {
    held_octets_ -= held.front().octets;
    haves_due_.insert(topic);
  }
}

std::optional<Dialogue::Sending> Dialogue::sending(const std::string& topic) const {
  const auto found = out_.find(topic);
  if (found == out_.end()) return std::nullopt;
  return found->second.state;
}

// ---- questions

std::optional<std::uint64_t> Dialogue::ask(const std::string& feature, const std::string& verb, std::string_view octets,
                                           base::SteadyTime deadline) {
  if (!up() || !other_has(feature) || asked_.size() >= max_questions) return std::nullopt;
  const auto number = next_question_++;
  asked_.emplace(number, deadline);
  say(Ask{number, verb, std::string(octets)});
  return number;
}

void Dialogue::answer(Answer answer) {
  const auto found = answering_.find(answer.number);
  if (ended_ || found == answering_.end()) return;
  held_octets_ -= found->second;
  answering_.erase(found);
  say(answer);
}

}  // namespace understudy::relay::peer
