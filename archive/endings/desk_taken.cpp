/// The orders of the other machine: judged, carried out or left to people, and answered.
#include "archive/audit/owner.hpp"
#include "archive/endings/desk.hpp"
#include "archive/endings/errc.hpp"
#include "base/log.hpp"

namespace understudy::archive::endings {
namespace {

constexpr std::uint16_t partition = 0;
constexpr std::size_t tried_at_once = 100;

/// What the other machine is told of why it has to wait: nothing that the order did not say.
std::optional<std::string> wait_word(const base::Error& error) {
  if (error.code == errc::queued) return "still queued";
  if (error.code == errc::owed) return "still owed";
  if (error.code == errc::held) return "held";
  return std::nullopt;
}

/// What stays true of it whatever else is said.
std::string partial_word(const Taken& taken) {
  return std::string(taken.is_partial() ? Taken::partial : std::string_view());
}

/// The order with the first answer at or behind `from`; one that cannot be read keeps nobody from the others.
base::Result<std::optional<Taken>> first_answered(const store::Reader& store, std::uint64_t from) {
  const auto first = taken_answer_key(from);
  auto cursor = store.scan(custody::shard_of(partition), store::Table::orders_taken, first);
  for (; cursor->valid() && cursor->key().starts_with(first.front()); cursor->next()) {
    const auto number = base::Reader(cursor->value()).u64();
    auto found = find_taken(store, partition, number);
    if (found && *found) return found;
    if (!found && !is_unreadable(found.error())) return found;
    base::log::error("endings.unreadable", {{"order", number}, {"reason", found ? "it is gone" : found.error().text()}});
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return std::optional<Taken>();
}

}  // namespace

/// What one order came to.
struct Desk::Step {
  base::PublicKey key{};  ///< that signed it
  std::optional<Fault> fault;
  std::optional<Taken> taken;
};

/// Gives the answer its number: it is sent behind all that were given before.
base::Result<> Desk::note(Stage& stage, Taken& taken) const {
  const auto shard = custody::shard_of(partition);
  auto value = stage.get(shard, store::Table::orders_taken, taken_count_key);
  if (!value) return std::unexpected(value.error());
  auto count = TakenCount::decode(*value);
  if (!count) return std::unexpected(count.error());
  if (taken.number == 0) {
    taken.number = count->next++;
    stage.put(shard, store::Table::orders_taken, taken_name_key(taken.by, taken.index),
              base::Writer().u64(taken.number).take());
  }
  if (taken.answer > 0) stage.erase(shard, store::Table::orders_taken, taken_answer_key(taken.answer));
  taken.answer = count->next_answer++;
  taken.answered = parts_.clock.now();
  stage.put(shard, store::Table::orders_taken, taken_answer_key(taken.answer), base::Writer().u64(taken.number).take());
  stage.put(shard, store::Table::orders_taken, std::string(taken_count_key), count->encode());
  put(stage, partition, taken);
  return {};
}

base::Result<> Desk::settle(Stage& stage, Taken& taken, Came came, std::string why) const {
  taken.came = came;
  taken.why = std::move(why);
  if (is_final(came)) taken.parts.clear();
  return note(stage, taken);
}

/// It was answered for good as it came. Of such orders the newest are kept.
base::Result<> Desk::note_idle(Stage& stage, const Taken& taken) const {
  const auto shard = custody::shard_of(partition);
  auto value = stage.get(shard, store::Table::orders_taken, taken_count_key);
  if (!value) return std::unexpected(value.error());
  auto count = TakenCount::decode(*value);
  if (!count) return std::unexpected(count.error());
  stage.put(shard, store::Table::orders_taken, taken_idle_key(count->next_idle++), base::Writer().u64(taken.number).take());
  if (count->next_idle - count->first_idle > TakenCount::most_idle) {
    const auto key = taken_idle_key(count->first_idle++);
    auto oldest = stage.get(shard, store::Table::orders_taken, key);
    if (!oldest) return std::unexpected(oldest.error());
    const auto gone = find_taken(stage, partition, *oldest ? base::Reader(**oldest).u64() : 0);
    if (gone && *gone) erase(stage, partition, **gone);
    stage.erase(shard, store::Table::orders_taken, key);
  }
  stage.put(shard, store::Table::orders_taken, std::string(taken_count_key), count->encode());
  return {};
}

/// Ends what the order is for. Errors of stage_ending(): nothing was staged that the caller may keep.
base::Result<> Desk::carry_out(Stage& stage, Owners& owners, Taken& taken) const {
  if (taken.waits_to_be_read())
    return base::fail("order " + std::to_string(taken.number) + ": " + std::string(Taken::unreadable), base::errc::damaged);
  const Ending ending{wishes_of(taken.parts), taken.reason, OrderedBy{taken.by, taken.index}, Receipts::waived};
  auto ended = stage_ending(stage, owners, ending, holds(), parts_.random, parts_.clock.now());
  if (!ended) return std::unexpected(ended.error());
  taken.ended_by = ended->told.empty() ? ended->told_before : std::optional(ended->told.back().index);
  return settle(stage, taken, Came::done, partial_word(taken));
}

std::optional<Fault> Desk::sender_fault(const SignedOrder& order, const journal::SignedHead& head) const {
  if (!order.signed_by(head.key)) return Fault::forged;
  const custody::Life signer{head.head.log.instance, head.head.log.incarnation};
  if (order.order.by != signer) return Fault::other_incarnation;
  return std::nullopt;
}

/// It came before under this name.
base::Result<> Desk::again(Stage& stage, Owners& owners, std::uint64_t number, const SignedOrder& order, Step& step) const {
  auto known = find_taken(stage, partition, number);
  if (!known) return std::unexpected(known.error());
  if (!*known) return base::fail("order " + std::to_string(number), base::errc::damaged);
  if ((*known)->hash != order.order.hash()) {
    step.fault = Fault::replayed;
    return {};
  }
  if ((*known)->waits_to_be_read()) {  // it may be readable by now
    step.taken = std::move(**known);
    return weigh(stage, owners, order.order, step);
  }
  if (!is_final((*known)->came)) return {};  // the other machine knows that it waits, or hears of it soon
  step.taken = **known;
  return note(stage, *step.taken);  // it asks because it has not heard the answer
}

base::Result<> Desk::taken(Stage& stage, Owners& owners, const SignedOrder& signed_order, Step& step) const {
  const auto& order = signed_order.order;
  auto number = number_of_taken(stage, partition, order.by, order.index);
  if (!number) return std::unexpected(number.error());
  if (*number) return again(stage, owners, **number, signed_order, step);
  Taken taken;
  taken.by = order.by;
  taken.index = order.index;
  taken.hash = order.hash();
  taken.signature = signed_order.signature;
  taken.key = step.key;
  taken.time = parts_.clock.now();
  taken.reason = order.reason;
  step.taken = std::move(taken);
  return weigh(stage, owners, order, step);
}

/// What it is for, and what is to be done with it. The order is step.taken's.
base::Result<> Desk::weigh(Stage& stage, Owners& owners, const Order& order, Step& step) const {
  auto judged = judge(stage, partition, owners.owed.life(), order);
  if (!judged) return std::unexpected(judged.error());
  auto& kept = *step.taken;
  const bool is_new = kept.number == 0;
  const bool waits = !judged->fault && (judged->unreadable > 0 || !judged->parts.empty());
  if (is_new && waits) {
    auto count = count_waiting(stage, parts_.archive.store(), partition, TakenCount::most_waiting);
    if (!count) return std::unexpected(count.error());
    if (*count >= TakenCount::most_waiting) {  // nothing is kept of it, and no answer given: it comes again
      step = {step.key, Fault::too_many, {}};
      return {};
    }
  }
  kept.parts = std::move(judged->parts);
  step.fault = judged->fault;
  if (!judged->fault && judged->unreadable > 0) {
    if (is_new) step.fault = Fault::unreadable;
    return is_new ? settle(stage, kept, Came::waiting, std::string(Taken::unreadable)) : base::Result<>();
  }
  const std::string lost(judged->lost > 0 ? Taken::partial : std::string_view());
  if (!judged->fault && !kept.parts.empty()) return settle(stage, kept, Came::waiting, lost);
  kept.ended_by = judged->ended_by;
  const bool is_refused = judged->fault || judged->lost > 0;  // what has ended before is not all that it is for
  const auto came = is_refused ? Came::refused : judged->ended_by ? Came::done : Came::not_here;
  auto settled = settle(stage, kept, came, judged->fault ? std::string(word(*judged->fault)) : lost);
  return settled ? note_idle(stage, kept) : settled;
}

void Desk::take_order(const std::string& octets, Done<> done) {
  auto order = SignedOrder::decode(octets);
  if (!order) {
    refuse(Fault::malformed, order.error().text());
    return done({});
  }
  const auto peer = parts_.witness.witnessed();
  if (!peer) return done(std::unexpected(peer.error()));
  const auto name = std::to_string(order->order.index);
  const auto fault = *peer ? sender_fault(*order, (*peer)->head) : std::optional(Fault::forged);
  if (fault) {  // it comes again with the next connection: its key may be known by then
    refuse(*fault, name);
    return done({});
  }
  auto step = std::make_shared<Step>();
  const auto key = (*peer)->head.key;
  auto stage = [this, step, key, order = std::move(*order)](Stage& stage, Owners& owners) -> base::Result<> {
    *step = {key, {}, {}};
    return taken(stage, owners, order, *step);
  };
  auto finished = [this, step, name, done = std::move(done)](base::Result<> changed) mutable {
    if (!changed && is_unreadable(changed.error())) {  // a record of an order before: it comes again with the next connection
      refuse(Fault::unreadable, name);
      return done({});
    }
    if (!changed) return done(std::move(changed));
    if (step->fault) refuse(*step->fault, name);
    if (step->taken) {
      if (!step->fault) count("taken");
      base::log::info("endings.order", {{"order", step->taken->number}, {"came", word(step->taken->came)}});
      const bool is_ready = !is_final(step->taken->came) && !step->taken->waits_to_be_read();
      if (parts_.obedience == Obedience::obey && is_ready) obey_by_itself(step->taken->number);
      wake(wake_answers_);
    }
    done({});
  };
  parts_.archive.change(std::move(stage), std::move(finished));
}

void Desk::decide(std::uint64_t number, std::function<base::Result<>(Stage&, Owners&, Taken&)> how, Done<Taken> done) {
  auto decided = std::make_shared<Taken>();
  auto stage = [number, decided, how = std::move(how)](Stage& stage, Owners& owners) -> base::Result<> {
    auto taken = find_taken(stage, partition, number);
    if (!taken) return std::unexpected(taken.error());
    if (!*taken || is_final((*taken)->came))
      return base::fail("order " + std::to_string(number) + " of the other machine does not wait", base::errc::not_found);
    *decided = std::move(**taken);
    return how(stage, owners, *decided);
  };
  auto finished = [this, number, decided, done = std::move(done)](base::Result<> changed) mutable {
    if (!changed) {
      base::log::warn("endings.order_waits", {{"order", number}, {"reason", changed.error().text()}});
      return done(std::unexpected(std::move(changed.error())));
    }
    base::log::warn("endings.order", {{"order", number}, {"came", word(decided->came)}});
    wake(wake_answers_);
    done(std::move(*decided));
  };
  parts_.archive.change(std::move(stage), std::move(finished));
}

void Desk::obey(std::uint64_t number, Done<Taken> done) {
  decide(
      number, [this](Stage& stage, Owners& owners, Taken& taken) { return carry_out(stage, owners, taken); }, std::move(done));
}

void Desk::decline(std::uint64_t number, std::string reason, Done<Taken> done) {
  if (!is_reason(reason)) return done(base::fail("the reason", base::errc::malformed));
  decide(
      number,
      [this, reason = std::move(reason)](Stage& stage, Owners&, Taken& taken) {
        return settle(stage, taken, Came::declined, reason);
      },
      std::move(done));
}

void Desk::try_again() {
  if (parts_.obedience != Obedience::obey) return;
  const auto waiting = list_taken(parts_.archive.store(), partition, Which::open, 0, tried_at_once);
  if (!waiting) {
    base::log::error("endings.orders", {{"reason", waiting.error().text()}});
    return;
  }
  for (const auto& taken : *waiting)
    if (!taken.waits_to_be_read()) obey_by_itself(taken.number);
}

/// Whose past does not hold may not end ours by his word alone: people can still obey him.
bool Desk::is_in_dispute() const {
  const auto open = parts_.witness.open_dispute();
  return !open || *open;
}

void Desk::obey_by_itself(std::uint64_t number) {
  if (is_in_dispute()) return say_why(number, "a dispute over the journal of who orders is open");
  auto told = [this](Stage& stage, Owners& owners, Taken& taken) -> base::Result<> {
    if (auto done = carry_out(stage, owners, taken); !done) return done;
    return record(stage, owners, taken);
  };
  decide(number, std::move(told), [this, number](const base::Result<Taken>& obeyed) {
    const auto why = obeyed ? std::nullopt : wait_word(obeyed.error());
    if (why) say_why(number, *why);
  });
}

/// In the audit journal: no person asked for it, whose verb would stand there.
base::Result<> Desk::record(Stage& stage, Owners& owners, const Taken& taken) const {
  audit::Record record;
  record.time = parts_.clock.now();
  record.event = audit::Event::noted;
  record.actor = audit::machine_actor();
  record.kind = audit::Kind::end;
  record.action = "journal/obey";
  record.object = {{"order", std::to_string(taken.number)}};
  record.reason = taken.reason;
  record.outcome = "by order of the other machine, as peer.endings says";
  if (taken.ended_by) record.outcome += "; told by journal entry " + Position{partition, *taken.ended_by}.text();
  const auto added = owners.audit.append(stage, std::move(record));
  if (!added) return std::unexpected(added.error());
  return {};
}

/// Tells the other machine what its order waits for, once.
void Desk::say_why(std::uint64_t number, std::string why) {
  auto stage = [this, number, why = std::move(why)](Stage& stage, Owners&) -> base::Result<> {
    auto taken = find_taken(stage, partition, number);
    if (!taken) return std::unexpected(taken.error());
    if (!*taken || is_final((*taken)->came)) return {};
    const auto partial = partial_word(**taken);
    const auto said = partial.empty() ? why : why + "; " + partial;
    return (*taken)->why == said ? base::Result<>() : settle(stage, **taken, Came::waiting, said);
  };
  parts_.archive.change(std::move(stage), [this](const base::Result<>&) { wake(wake_answers_); });
}

base::Result<std::optional<Desk::Sent>> Desk::next_answer(std::uint64_t from) const {
  const auto& store = parts_.archive.store();
  auto known = is_known_there();
  if (!known) return std::unexpected(known.error());
  if (!*known) return std::optional<Sent>();
  auto found = first_answered(store, from);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::optional<Sent>();
  const auto& taken = **found;
  auto ourselves = life();
  if (!ourselves) return std::unexpected(ourselves.error());
  Answer answer{taken.by, taken.index, taken.hash, taken.came, *ourselves, taken.ended_by, taken.answered, taken.why};
  return std::optional(Sent{taken.answer, parts_.signer.sign(std::move(answer)).encode()});
}

}  // namespace understudy::archive::endings
