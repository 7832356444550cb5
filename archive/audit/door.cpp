#include "archive/audit/door.hpp"

#include "archive/audit/askings.hpp"
#include "archive/audit/reader.hpp"
#include "archive/audit/wish_check.hpp"

namespace understudy::archive::audit {
namespace {

constexpr Pace::Limit refusals{60, 1, 0};

std::string as_number(std::uint64_t index) {
  return std::to_string(index);
}

Record record_of(const Wish& wish, base::WallTime now) {
  Record record;
  record.time = now;
  record.actor = wish.actor;
  record.kind = wish.kind;
  record.action = wish.action;
  record.object = wish.object;
  record.reason = wish.reason;
  record.in_case = wish.in_case;
  return record;
}

/// Is nothing of this request to be done any more?
bool is_over(const Request& request, const Policy& policy, base::WallTime now) {
  switch (request.state) {
    case Request::State::waiting:
      return now >= request.asked + Door::request_lives;
    case Request::State::given:
      return now >= request.decided + policy.approval_valid;
    case Request::State::refused:
    case Request::State::used:
      return true;
  }
  return true;
}

/// Sets the digest of what it answers. What is refused is forgotten.
base::Result<> answer_request(const Decision& decision, commit::Stage& stage, std::optional<base::Digest>& digest) {
  const auto found = find<Request>(cells(stage), request_key(decision.request));
  if (!found) return std::unexpected(found.error());
  if (!*found) return {};
  digest = (*found)->digest;
  if (decision.answer == Decision::Answer::given) return {};
  return Askings(stage, (*found)->actor.uid).forget(decision.request);
}

}  // namespace

/// One wish on its way.
struct Door::Turn {
  Wish wish;
  Done<Answer> done;
  std::shared_ptr<const Policy> policy;
  Verdict verdict;
  Record record;
  base::Digest digest{};  ///< of the wish's text
  // Set when it is decided; anew at each staging.
  std::string refusal;
  std::optional<Case> terms;
  std::optional<Approval> approval;
  std::optional<std::uint64_t> waiting;  ///< for a second person, by this request
  std::optional<std::uint64_t> index;    ///< of the entry that was made
};

Door::Door(Archive& archive, const base::Clock& clock, Policy policy, Pace::Limit pace)
    : archive_(archive),
      clock_(clock),
      policy_(std::make_shared<const Policy>(std::move(policy))),
      pace_(pace, clock),
      refusals_(refusals, clock) {}

std::shared_ptr<const Policy> Door::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

void Door::replace_policy(Policy policy) {
  auto replaced = std::make_shared<const Policy>(std::move(policy));
  const std::lock_guard lock(mutex_);
  policy_ = std::move(replaced);
}

Counts Door::counts() const {
  return {allowed_, refused_, asked_, too_fast_, strangers_};
}

std::optional<std::chrono::milliseconds> Door::turn_of(const Wish& wish) {
  const auto named = wish.in_case.empty() ? Named::no_case : Named::a_case;
  if (wish.kind == Kind::plain || judge(*policy(), wish.roles, wish.kind, named).word == Verdict::Word::refused)
    return std::chrono::milliseconds(0);
  const auto wait = pace_.take(wish.actor.uid);
  if (!wait) too_fast_ += 1;
  return wait;
}

base::Result<std::string> Door::why_over(const Permit& permit, const Actor& now, const Roles& roles) const {
  if (permit.kind_ == Kind::plain) return std::string();
  if (now.name != permit.actor_.name) return "you are not " + permit.actor_.name + " any more";
  const auto verdict = judge(*policy(), roles, permit.kind_, permit.terms_ ? Named::a_case : Named::no_case);
  if (verdict.word == Verdict::Word::refused) return verdict.why;
  if (verdict.word == Verdict::Word::wants_approval && permit.consent_ == Permit::Consent::none)
    return std::string("this needs the approval of a second person by now");
  if (!permit.terms_) return std::string();
  const auto found = find_case(archive_.store(), permit.terms_->name);
  if (!found) return std::unexpected(found.error());
  if (!*found || (*found)->closed) return "case " + permit.terms_->name + " was closed";
  return (*found)->open_at(clock_.now()) ? std::string() : "case " + permit.terms_->name + " is over: its time has run out";
}

void Door::open(Wish wish, Done<Answer> done) {
  const auto policy_now = policy();
  const auto named = wish.in_case.empty() ? Named::no_case : Named::a_case;
  auto verdict = judge(*policy_now, wish.roles, wish.kind, named);
  if (wish.kind == Kind::plain) {
    Permit permit(archive_, wish.kind);
    permit.actor_ = std::move(wish.actor);
    return done(Answer(std::move(permit)));
  }
  if (verdict.word == Verdict::Word::refused && !refusals_.take(wish.actor.uid)) {
    too_fast_ += 1;
    return done(Answer(Refusal{verdict.why}));
  }
  auto turn = std::make_shared<Turn>();
  turn->record = record_of(wish, clock_.now());
  turn->digest = base::sha256(wish.text);
  turn->wish = std::move(wish);
  turn->done = std::move(done);
  turn->policy = policy_now;
  turn->verdict = std::move(verdict);
  auto stage = [this, turn](commit::Stage& staged, commit::Owners& owners) { return decide(*turn, staged, owners); };
  auto finished = [this, turn](base::Result<> committed) { tell(*turn, std::move(committed)); };
  archive_.change(std::move(stage), std::move(finished));
}

base::Result<std::string> Door::problem_of_case(Turn& turn, const Cells& cells) const {
  const auto now = turn.record.time;
  if (turn.verdict.bound == Verdict::Bound::to_case) {
    auto problem = audit::problem_of_case(turn.wish, cells, now, turn.terms);
    if (!problem || !problem->empty()) return problem;
  }
  if (turn.wish.decides) return problem_of_decision(turn.wish, cells, now);
  return problem_of_opening(turn.wish, *turn.policy, cells, now);
}

/// The approval that was given for just this, the request that waits for one, or neither: then a new one is made.
base::Result<> Door::ask_second_person(Turn& turn, commit::Stage& stage) const {
  const auto found = Askings(stage, turn.wish.actor.uid).find(turn.digest);
  if (!found) return std::unexpected(found.error());
  if (!*found || is_over(**found, *turn.policy, turn.record.time)) return make_room(turn, stage);
  const auto& request = **found;
  if (request.state == Request::State::waiting) {
    turn.waiting = request.index;
    return {};
  }
  turn.approval = Approval{request.index, request.decided_by.name};
  return Askings(stage, turn.wish.actor.uid).forget(request.index);
}

/// For one more request; where there is none it is refused.
base::Result<> Door::make_room(Turn& turn, commit::Stage& stage) const {
  const auto over = [&](const Request& request) { return is_over(request, *turn.policy, turn.record.time); };
  const auto room = Askings(stage, turn.wish.actor.uid).make_room(over);
  if (!room) return std::unexpected(room.error());
  if (turn.wish.text.size() > Askings::most_text)
    turn.refusal = "this is too much for a second person to look through: ask for less at once";
  if (*room == Askings::Room::none)
    turn.refusal =
        as_number(Askings::most_open) + " of your requests wait for a second person already: withdraw one (`approval refuse`)";
  return {};
}

base::Result<> Door::decide(Turn& turn, commit::Stage& stage, commit::Owners& owners) const {
  turn.refusal = turn.verdict.why;
  turn.terms.reset();
  turn.approval.reset();
  turn.waiting.reset();
  turn.index.reset();
  const auto now_in = cells(stage);
  auto record = turn.record;
  if (turn.verdict.word != Verdict::Word::refused) {
    auto problem = problem_of_case(turn, now_in);
    if (!problem) return std::unexpected(problem.error());
    turn.refusal = std::move(*problem);
  }
  const bool asks = turn.refusal.empty() && turn.verdict.word == Verdict::Word::wants_approval;
  if (asks) {
    if (auto asked = ask_second_person(turn, stage); !asked) return asked;
    if (turn.waiting) return {};  // it is recorded already
    record.approval = turn.approval;
    record.request = turn.digest;
  }
  record.event = !turn.refusal.empty() ? Event::refused : asks && !turn.approval ? Event::asked : Event::begun;
  record.role = turn.verdict.role;
  record.outcome = turn.refusal;
  if (record.event == Event::begun) {
    record.opens = turn.wish.opens;
    record.closes = turn.wish.closes;
    record.decides = turn.wish.decides;
    if (record.decides)
      if (auto answered = answer_request(*record.decides, stage, record.request); !answered) return answered;
  }
  const bool waits = record.event == Event::asked;
  auto index = owners.audit.append(stage, std::move(record));
  if (!index) return std::unexpected(index.error());
  turn.index = *index;
  if (!waits) return {};
  turn.waiting = *index;
  return Askings(stage, turn.wish.actor.uid).keep(*index, turn.wish.text);
}

void Door::tell(Turn& turn, base::Result<> committed) {
  if (!committed) return turn.done(base::fail("the audit journal, without which nothing is done", committed.error()));
  if (turn.waiting) {
    asked_ += 1;
    const auto number = as_number(*turn.waiting);
    return turn.done(Answer(Refusal{"this needs the approval of a second person: it is asked for as number " + number +
                                    "; when another operator has said `understudy approval give " + number +
                                    "`, run the same command again"}));
  }
  if (!turn.refusal.empty()) {
    refused_ += 1;
    return turn.done(Answer(Refusal{turn.refusal}));
  }
  allowed_ += 1;
  Permit permit(archive_, turn.wish.kind);
  permit.role_ = turn.verdict.role;
  permit.actor_ = turn.wish.actor;
  permit.entry_ = turn.index;
  if (turn.approval) permit.consent_ = Permit::Consent::given;
  permit.terms_ = turn.terms;
  turn.done(Answer(std::move(permit)));
}

void Door::refuse(const Wish& wish, std::string why, Done<> done) {
  if (!refusals_.take(wish.actor.uid)) {
    too_fast_ += 1;
    return done({});
  }
  refused_ += 1;
  auto record = record_of(wish, clock_.now());
  record.event = Event::refused;
  record.outcome = std::move(why);
  auto stage = [record = std::move(record)](commit::Stage& staged, commit::Owners& owners) -> base::Result<> {
    auto index = owners.audit.append(staged, record);
    if (!index) return std::unexpected(index.error());
    return {};
  };
  archive_.change(std::move(stage), std::move(done));
}

void Door::finish(const Permit& permit, std::string outcome, Done<> done) {
  if (!permit.entry_) return done({});
  Record record;
  record.time = clock_.now();
  record.event = Event::ended;
  record.actor = permit.actor_;
  record.role = permit.role_;
  record.kind = permit.kind_;
  record.of = permit.entry_;
  record.outcome = std::move(outcome);
  auto stage = [record = std::move(record)](commit::Stage& staged, commit::Owners& owners) -> base::Result<> {
    auto index = owners.audit.append(staged, record);
    if (!index) return std::unexpected(index.error());
    return {};
  };
  archive_.change(std::move(stage), std::move(done));
}

void Door::note(std::string action, Fields object, std::string outcome, Done<> done) {
  Record record;
  record.time = clock_.now();
  record.actor = machine_actor();
  record.role = Role::machine;
  record.kind = Kind::configure;
  record.action = std::move(action);
  record.object = std::move(object);
  record.outcome = std::move(outcome);
  auto stage = [record = std::move(record)](commit::Stage& staged, commit::Owners& owners) -> base::Result<> {
    auto index = owners.audit.append(staged, record);
    if (!index) return std::unexpected(index.error());
    return {};
  };
  archive_.change(std::move(stage), std::move(done));
}

}  // namespace understudy::archive::audit
