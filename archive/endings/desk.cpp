#include "archive/endings/desk.hpp"

#include "base/log.hpp"

namespace understudy::archive::endings {
namespace {

constexpr std::uint16_t partition = 0;

std::string position_key(const custody::Life& giver) {
  base::Writer out(static_cast<std::uint8_t>('e'));
  giver.encode(out);
  return out.take();
}

}  // namespace

const Holds& Desk::holds() const {
  return parts_.holds ? *parts_.holds : none_;
}

base::Result<custody::Life> Desk::life() const {
  const auto& identity = parts_.archive.store().identity();
  return custody::Life::parse(identity.instance, identity.incarnation);
}

base::Result<> Desk::give(Stage& stage, const Ended& ended) const {
  for (const auto& order : ended.orders) {
    Given given;
    given.index = order.index;
    given.time = order.time;
    given.hash = order.hash();
    given.order = order;
    put(stage, partition, given);
  }
  return {};
}

void Desk::end(Ending ending, Done<Ended> done) {
  auto ended = std::make_shared<Ended>();
  auto stage = [this, ended, ending = std::move(ending)](Stage& stage, Owners& owners) -> base::Result<> {
    auto staged = stage_ending(stage, owners, ending, holds(), parts_.random, parts_.clock.now());
    if (!staged) return std::unexpected(staged.error());
    *ended = std::move(*staged);
    return give(stage, *ended);
  };
  auto finished = [this, ended, done = std::move(done)](base::Result<> changed) mutable {
    if (!changed) return done(std::unexpected(std::move(changed.error())));
    for (const auto& told : ended->told) base::log::warn("journal.ended", {{"entry", told.text()}});
    if (!ended->orders.empty()) {
      count("given", ended->orders.size());
      wake(wake_orders_);
    }
    done(std::move(*ended));
  };
  parts_.archive.change(std::move(stage), std::move(finished));
}

/// Has the other machine countersigned a head of this life, by the key that signs now? Before that it believes nothing of us.
base::Result<bool> Desk::is_known_there() const {
  auto cosigned = parts_.witness.cosigned();
  if (!cosigned) return std::unexpected(cosigned.error());
  auto ourselves = life();
  if (!ourselves) return std::unexpected(ourselves.error());
  if (!*cosigned || (*cosigned)->head.key != parts_.signer.key()) return false;
  const auto& log = (*cosigned)->head.head.log;
  return custody::Life{log.instance, log.incarnation} == *ourselves;
}

base::Result<std::optional<Desk::Sent>> Desk::next_order(std::uint64_t from) const {
  auto known = is_known_there();
  if (!known) return std::unexpected(known.error());
  if (!*known) return std::optional<Sent>();
  auto open = list_given(parts_.archive.store(), partition, Which::open, from, 1);
  if (!open) return std::unexpected(open.error());
  if (open->empty() || !open->front().order) return std::optional<Sent>();
  auto order = *open->front().order;
  auto ourselves = life();
  if (!ourselves) return std::unexpected(ourselves.error());
  order.by = *ourselves;  // a store that was restored since it was given has another name
  return std::optional(Sent{order.index, parts_.signer.sign(std::move(order)).encode()});
}

base::Result<std::uint64_t> Desk::wanted_answer(const custody::Life& giver) const {
  auto value = parts_.archive.store().get(custody::shard_of(partition), store::Table::custody_state, position_key(giver));
  if (!value) return std::unexpected(value.error());
  if (!*value) return 0;
  base::Reader in(**value);
  const auto version = in.u8();
  const auto next = in.u64();
  if (!in.ok() || version != 1) return base::fail("position of answers", base::errc::damaged);
  return next;
}

/// `refused`: why it changes nothing, though it is the other machine's.
base::Result<> Desk::answered(Stage& stage, const SignedAnswer& signed_answer, std::string& refused) const {
  const auto& answer = signed_answer.answer;
  auto ourselves = life();
  if (!ourselves) return std::unexpected(ourselves.error());
  auto given = find_given(stage, partition, answer.index);
  if (!given) return std::unexpected(given.error());
  if (answer.to.instance != ourselves->instance || !*given) {
    refused = "no such order";
    return {};
  }
  if (!(*given)->order) return {};  // answered for good before
  auto order = *(*given)->order;
  order.by = answer.to;
  if (order.hash() != answer.order) {
    refused = "another order";
    return {};
  }
  (*given)->came = answer.came;
  (*given)->hash = answer.order;
  (*given)->answer = signed_answer;
  (*given)->order = std::move(order);
  if (is_final(answer.came)) (*given)->order.reset();  // it names the message
  put(stage, partition, **given);
  return {};
}

void Desk::take_answer(std::uint64_t position, const std::string& octets, Done<> done) {
  auto answer = SignedAnswer::decode(octets);
  if (!answer) return done(std::unexpected(answer.error()));
  const auto peer = parts_.witness.witnessed();
  if (!peer) return done(std::unexpected(peer.error()));
  if (!*peer || !answer->signed_by((*peer)->head.key)) {
    count(std::string(word(Fault::forged)));
    return done(base::fail("an answer that the other machine's key did not sign", base::errc::refused));
  }
  auto refused = std::make_shared<std::string>();
  const auto came = answer->answer.came;
  const auto index = answer->answer.index;
  auto stage = [this, position, refused, answer = std::move(*answer)](Stage& stage, Owners&) -> base::Result<> {
    refused->clear();
    stage.put(custody::shard_of(partition), store::Table::custody_state, position_key(answer.answer.by),
              base::Writer(1).u64(position + 1).take());
    return answered(stage, answer, *refused);
  };
  auto finished = [this, refused, came, index, done = std::move(done)](base::Result<> changed) mutable {
    if (changed && !refused->empty()) base::log::error("endings.answer_refused", {{"order", index}, {"reason", *refused}});
    if (changed && refused->empty()) {
      count("answered");
      base::log::info("endings.answered", {{"order", index}, {"came", word(came)}});
    }
    done(std::move(changed));
  };
  parts_.archive.change(std::move(stage), std::move(finished));
}

base::Result<Desk::Waiting> Desk::waiting() const {
  auto given = list_given(parts_.archive.store(), partition, Which::open, 0, most_counted);
  if (!given) return std::unexpected(given.error());
  auto taken = list_taken(parts_.archive.store(), partition, Which::open, 0, most_counted);
  if (!taken) return std::unexpected(taken.error());
  return Waiting{given->size(), taken->size()};
}

void Desk::refuse(Fault fault, const std::string& order) {
  count(std::string(word(fault)));
  base::log::error("endings.order_refused", {{"reason", word(fault)}, {"order", order}});
}

void Desk::count(const std::string& what, std::uint64_t by) {
  const std::lock_guard lock(mutex_);
  counts_[what] += by;
}

std::map<std::string, std::uint64_t> Desk::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void Desk::set(std::function<void()>& wake, std::function<void()> to) {
  const std::lock_guard lock(mutex_);
  wake = std::move(to);
}

/// Under the lock: who replaces it waits until it has run.
void Desk::wake(const std::function<void()>& which) {
  const std::lock_guard lock(mutex_);
  if (which) which();
}

void Desk::poke() {
  wake(wake_orders_);
}

}  // namespace understudy::archive::endings
