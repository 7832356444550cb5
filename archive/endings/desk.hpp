/// Where endings are asked for, by people, rules and the other machine, and where orders go out and come in. Each step is one
/// commit: what ends is forgotten everywhere, and the order that says so stands, or nothing happened. Moves nothing between
/// machines: that is relay/peer's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "archive/archive.hpp"
#include "archive/endings/end.hpp"
#include "archive/endings/hold.hpp"
#include "archive/endings/judge.hpp"
#include "archive/endings/order_records.hpp"
#include "archive/head_signer.hpp"
#include "archive/witness/witness.hpp"

namespace understudy::archive::endings {

/// What is done with an order that can be carried out.
enum class Obedience : std::uint8_t { ask, obey };

/// Any thread, but on_more() and the functions that read a source: one thread. References outlive it, and what it was asked
/// for.
class Desk {
 public:
  struct Parts {
    Archive& archive;
    HeadSigner& signer;
    const witness::Witness& witness;
    const base::Clock& clock;
    base::Random& random;
    Obedience obedience = Obedience::ask;
    const Holds* holds = nullptr;  ///< nullptr: nothing is held
  };
  explicit Desk(Parts parts) : parts_(parts) {}
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  /// Ends what is wished for here, and orders the same from the other machine where it had the message. Errors of
  /// stage_ending().
  void end(Ending ending, Done<Ended> done);

  struct Sent {
    std::uint64_t position = 0;
    std::string octets;
  };

  // Orders that were given.
  /// The first at or behind `from` that is not answered for good; nullopt: none, or the other machine has not countersigned a
  /// head by the key that signs now, and would not believe it.
  base::Result<std::optional<Sent>> next_order(std::uint64_t from) const;
  /// The first answer of `giver` that is not here.
  base::Result<std::uint64_t> wanted_answer(const custody::Life& giver) const;
  /// Done when what it says is durable, with the position. errc::refused: not signed by the key of the other machine's heads,
  /// to be sent again; errc::malformed, errc::unsupported: no answer. One that fits no order is logged and counted, and changes
  /// nothing.
  void take_answer(std::uint64_t position, const std::string& octets, Done<> done);

  // Orders that were taken.
  /// Judges it, and obeys or lets it wait. Done when the answer is durable; what is no order, or not believed, is logged and
  /// counted, and gets none. One that came before is answered as it was.
  void take_order(const std::string& octets, Done<> done);
  base::Result<std::optional<Sent>> next_answer(std::uint64_t from) const;
  /// By a person; `number` as Taken has it. errc::not_found: no such order waits; errors of stage_ending().
  void obey(std::uint64_t number, Done<Taken> done);
  void decline(std::uint64_t number, std::string reason, Done<Taken> done);
  /// Tries again what waits because somebody was owed the message, where orders are obeyed. A few at a time.
  void try_again();

  struct Waiting {
    std::size_t given = 0;  ///< orders that the other machine has not answered for good, at most most_counted
    std::size_t taken = 0;  ///< orders of the other machine that wait here
  };
  static constexpr std::size_t most_counted = 1000;
  base::Result<Waiting> waiting() const;
  /// Since the process began: "given", "taken", "answered", and the words of Fault.
  std::map<std::string, std::uint64_t> counts() const;

  /// Called when there is more to send, on any thread; empty: no longer, and it does not run when this returns.
  void on_more_orders(std::function<void()> wake) { set(wake_orders_, std::move(wake)); }
  void on_more_answers(std::function<void()> wake) { set(wake_answers_, std::move(wake)); }
  void poke();  ///< the other machine may believe now what it did not before; any thread

 private:
  struct Step;
  using Stage = commit::Stage;
  using Owners = commit::Owners;

  const Holds& holds() const;
  base::Result<custody::Life> life() const;
  base::Result<bool> is_known_there() const;
  base::Result<> give(Stage& stage, const Ended& ended) const;
  base::Result<> answered(Stage& stage, const SignedAnswer& answer, std::string& refused) const;
  base::Result<> taken(Stage& stage, Owners& owners, const SignedOrder& order, Step& step) const;
  base::Result<> again(Stage& stage, Owners& owners, std::uint64_t number, const SignedOrder& order, Step& step) const;
  base::Result<> weigh(Stage& stage, Owners& owners, const Order& order, Step& step) const;
  base::Result<> carry_out(Stage& stage, Owners& owners, Taken& taken) const;
  base::Result<> settle(Stage& stage, Taken& taken, Came came, std::string why) const;
  base::Result<> note(Stage& stage, Taken& taken) const;
  base::Result<> note_idle(Stage& stage, const Taken& taken) const;
  std::optional<Fault> sender_fault(const SignedOrder& order, const journal::SignedHead& head) const;
  bool is_in_dispute() const;
  void obey_by_itself(std::uint64_t number);
  base::Result<> record(Stage& stage, Owners& owners, const Taken& taken) const;
  void say_why(std::uint64_t number, std::string why);
  void decide(std::uint64_t number, std::function<base::Result<>(Stage&, Owners&, Taken&)> how, Done<Taken> done);
  void refuse(Fault fault, const std::string& order);
  void count(const std::string& what, std::uint64_t by = 1);
  void set(std::function<void()>& wake, std::function<void()> to);
  void wake(const std::function<void()>& which);

  Parts parts_;
  NoHolds none_;
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> counts_;       ///< guarded by mutex_
  std::function<void()> wake_orders_, wake_answers_;  ///< guarded by mutex_
};

}  // namespace understudy::archive::endings
