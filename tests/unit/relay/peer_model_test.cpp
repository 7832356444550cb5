/// Two machines over a channel that is cut at random places: whatever happens, each record becomes durable at the other side,
/// in its order, once as long as nobody crashes, and no more is under way than the window allows.
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <random>

#include "base/log.hpp"
#include "relay/peer/traffic.hpp"
#include "tests/support/sim_clock.hpp"

using namespace understudy;
using namespace understudy::relay::peer;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t window = 2000;

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t end) { return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(engine_); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::mt19937_64 engine_;
};

/// A durable sequence with holes.
class Letters final : public Source {
 public:
  base::Result<std::optional<Next>> next(Position from) override {
    const auto at = all.lower_bound(from);
    if (at == all.end()) return std::nullopt;
    return Next{at->first, at->second};
  }
  std::uint64_t behind(Position from) override {
    return static_cast<std::uint64_t>(std::distance(all.lower_bound(from), all.end()));
  }
  void on_more(std::function<void()> wake) override { wake_ = std::move(wake); }
  void write(Chance& chance) {
    next_ += 1 + (chance.one_in(4) ? chance.below(5) : 0);
    all[next_] = std::string(chance.below(chance.one_in(10) ? 3000 : 200), static_cast<char>('a' + next_ % 26));
    if (wake_) wake_();
  }
  std::map<Position, std::string> all;

 private:
  Position next_ = 0;
  std::function<void()> wake_;
};

/// Makes records durable late, in any order; some it cannot make durable at the first time.
class Shelf final : public Sink {
 public:
  Position wanted() override {
    BOOST_TEST(under_way.empty());
    last_taken_.reset();
    return wanted_;
  }
  void take(Position position, std::string octets, Done done) override {
    BOOST_TEST((!last_taken_ || position > *last_taken_), "position " << position);
    BOOST_TEST((!durable.contains(position) || crashed || failed_), "position " << position << " came twice");
    BOOST_TEST(!under_way.contains(position));
    last_taken_ = position;
    under_way.emplace(position, Taking{std::move(octets), std::move(done)});
  }
  void work(Chance& chance) {
    if (under_way.empty()) return;
    const auto at = std::next(under_way.begin(), static_cast<std::ptrdiff_t>(chance.below(under_way.size())));
    auto [position, taking] = std::move(*at);
    under_way.erase(at);
    if (chance.one_in(60)) {
      failed_ = true;
      holes_.insert(position);
      settle();
      return taking.done(base::fail("shelf", base::errc::io));
    }
    durable[position] = std::move(taking.octets);
    holes_.erase(position);
    settle();
    taking.done({});
  }
  /// What was not durable is gone.
  void crash() {
    crashed = true;
    for (const auto& [position, taking] : under_way) holes_.insert(position);
    under_way.clear();
    settle();
  }

  struct Taking {
    std::string octets;
    Done done;
  };
  std::map<Position, Taking> under_way;
  std::map<Position, std::string> durable;
  bool crashed = false;

 private:
  void settle() {
    wanted_ = durable.empty() ? 0 : durable.rbegin()->first + 1;
    if (!holes_.empty()) wanted_ = std::min(wanted_, *holes_.begin());
    if (!holes_.empty() && durable.empty()) wanted_ = 0;
  }
  std::optional<Position> last_taken_;
  std::set<Position> holes_;  // came and did not become durable
  Position wanted_ = 0;
  bool failed_ = false;
};

class Spelling final : public Responder {
 public:
  void answer(std::string question, Done done) override { waiting.emplace_back(std::move(question), std::move(done)); }
  void work() {
    if (waiting.empty()) return;
    auto [question, done] = std::move(waiting.front());
    waiting.pop_front();
    Answer answer;
    answer.octets = question + "!";
    done(std::move(answer));
  }
  std::deque<std::pair<std::string, Done>> waiting;
};

struct Side {
  explicit Side(const base::Clock& with) : clock(with) {
    registry.add("letters", "letters/1", static_cast<Source&>(letters));
    registry.add("words", "words/1", static_cast<Source&>(words));
    registry.add("letters", "letters/1", static_cast<Sink&>(letters_in));
    registry.add("words", "words/1", static_cast<Sink&>(words_in));
    registry.add("spell", "words/1", spelling);
    boot();
  }
  void boot() {
    posted->clear();
    if (traffic) traffic->close();
    traffic = std::make_shared<Traffic>(registry, clock,
                                        [queue = posted](std::function<void()> what) { queue->push_back(std::move(what)); });
    traffic->listen();
    spelling.waiting.clear();
  }
  void connect() {
    DialogueOptions options;
    options.hello = {1, 1, "model", std::string(16, 'i'), std::string(16, 'c'), "model.example", {}};
    options.offers = registry.offers();
    options.window = window;
    dialogue = std::make_unique<Dialogue>(std::move(options), clock.steady());
  }
  void disconnect() {
    traffic->detach();
    dialogue.reset();
  }
  void hear(std::string_view octets) {
    dialogue->on_octets(octets, clock.steady());
    auto events = dialogue->take_events();
    for (const auto& event : events)
      if (std::holds_alternative<Up>(event)) traffic->attach(*dialogue, [] {});
    traffic->take(std::move(events));
  }
  std::string say() {
    if (!dialogue) return {};
    traffic->fill(500);
    for (const char* topic : {"letters", "words"})
      if (const auto sending = dialogue->sending(topic)) BOOST_TEST(sending->out < window + 3100, topic);
    return dialogue->take_output();
  }
  void run_posted() {
    if (posted->empty()) return;
    const auto what = std::move(posted->front());
    posted->pop_front();
    what();
  }

  const base::Clock& clock;
  Letters letters, words;
  Shelf letters_in, words_in;
  Spelling spelling;
  Registry registry;
  std::shared_ptr<std::deque<std::function<void()>>> posted = std::make_shared<std::deque<std::function<void()>>>();
  std::shared_ptr<Traffic> traffic;
  std::unique_ptr<Dialogue> dialogue;
  int answered = 0, unanswered = 0;
};

class Model {
 public:
  explicit Model(std::uint64_t seed) : chance_(seed) {}

  void run() {
    for (int step = 0; step < 3000; ++step) {
      if (chance_.one_in(3)) anybody().letters.write(chance_);
      if (chance_.one_in(3)) anybody().words.write(chance_);
      if (chance_.one_in(20)) ask(anybody());
      move();
      if (chance_.one_in(150)) cut();
      if (chance_.one_in(400)) crash(anybody());
    }
    for (int step = 0; step < 200'000 && !settled(); ++step) move();
    BOOST_TEST(settled());
    for (auto* side : {&one_, &other_}) {
      auto& there = side == &one_ ? other_ : one_;
      BOOST_TEST((there.letters_in.durable == side->letters.all));
      BOOST_TEST((there.words_in.durable == side->words.all));
    }
    BOOST_TEST(one_.answered + other_.answered > 0);
  }

 private:
  Side& anybody() { return chance_.one_in(2) ? one_ : other_; }

  void ask(Side& side) {
    Traffic::Question question;
    question.feature = "words/1";
    question.verb = "spell";
    question.octets = std::to_string(chance_.below(1000));
    side.traffic->ask(question, [&side, asked = question.octets](base::Result<Responder::Answer> answer) {
      if (answer) BOOST_TEST(answer->octets == asked + "!");
      ++(answer ? side.answered : side.unanswered);
    });
  }
  /// Something happens somewhere.
  void move() {
    if (!one_.dialogue) {
      one_.connect();
      other_.connect();
    }
    to_other_ += one_.say();
    to_one_ += other_.say();
    deliver(one_, to_one_);
    deliver(other_, to_other_);
    for (auto* side : {&one_, &other_}) {
      if (chance_.one_in(2)) side->run_posted();
      if (chance_.one_in(2)) side->letters_in.work(chance_);
      if (chance_.one_in(2)) side->words_in.work(chance_);
      if (chance_.one_in(3)) side->spelling.work();
    }
    clock_.advance(1ms);
    for (auto* side : {&one_, &other_}) side->dialogue->on_time(clock_.steady());
    if (one_.dialogue->ended() || other_.dialogue->ended()) over();
  }
  void over() {
    for (auto* side : {&one_, &other_}) {
      const auto& ended = side->dialogue->ended();
      if (ended) BOOST_TEST((ended->how == Ended::How::here || ended->how == Ended::How::there), ended->why);
    }
    cut();
  }
  void deliver(Side& side, std::string& octets) {
    if (octets.empty() || !side.dialogue->hungry()) return;
    const auto size = 1 + chance_.below(std::min<std::size_t>(octets.size(), 700));
    const std::string piece = octets.substr(0, size);
    octets.erase(0, size);
    side.hear(piece);
  }
  void cut() {
    one_.disconnect();
    other_.disconnect();
    to_one_.clear();
    to_other_.clear();
  }
  void crash(Side& side) {
    cut();
    side.letters_in.crash();
    side.words_in.crash();
    side.boot();
  }
  bool settled() const {
    return one_.letters.all == other_.letters_in.durable && one_.words.all == other_.words_in.durable &&
           other_.letters.all == one_.letters_in.durable && other_.words.all == one_.words_in.durable && acknowledged(one_) &&
           acknowledged(other_);
  }
  static bool acknowledged(const Side& side) {
    for (const char* topic : {"letters", "words"}) {
      const auto sending = side.dialogue ? side.dialogue->sending(topic) : std::nullopt;
      if (!sending || sending->out > 0) return false;
    }
    return std::ranges::all_of(side.traffic->status(), [](const TopicStatus& row) { return row.behind == 0u; });
  }

  Chance chance_;
  sim::SimClock clock_;
  Side one_{clock_}, other_{clock_};
  std::string to_one_, to_other_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(peer_model)

BOOST_AUTO_TEST_CASE(AP_35_nothing_is_lost_or_out_of_order_over_a_channel_that_is_cut_at_random_places) {
  base::log::set_silent();  // of sinks that fail
  const char* given = std::getenv("PEER_SEED");
  const std::uint64_t first = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "peer_model: PEER_SEED=" << first << '\n';
  for (std::uint64_t seed = first; seed < first + 20; ++seed) {
    BOOST_TEST_CONTEXT("PEER_SEED=" << seed) {
      Model model(seed);
      model.run();
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
