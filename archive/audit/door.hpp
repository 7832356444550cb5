/// The one door through which a person gets at what the archive keeps. It judges the wish, writes the entry, and only when that
/// is durable gives the permit without which nothing can be read or changed for him. A refusal is an entry, too; where no entry
/// can be made durable nothing is done. Cases and approvals are decided on the committing thread, so that each counts once.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "archive/archive.hpp"
#include "archive/audit/pace.hpp"
#include "archive/audit/permit.hpp"
#include "archive/audit/policy.hpp"
#include "archive/audit/record.hpp"
#include "archive/audit/state.hpp"
#include "base/clock.hpp"

namespace understudy::archive::audit {

/// By what it is known whether an action keeps within a case.
enum class Reach : std::uint8_t {
  none,      ///< by nothing: it cannot be confined to a case
  accounts,  ///< by the accounts that it names
  entries,   ///< by each thing that it shows: it asks Permit::covers
};

/// What a person wants to do.
struct Wish {
  Actor actor;
  Roles roles;
  Kind kind = Kind::plain;
  Reach reach = Reach::none;
  std::string action;
  Fields object;  ///< what the entry says of it
  /// Action, case, reason and all arguments, those that no entry shows too, without secrets: what a second person is shown.
  std::string text;
  std::vector<std::string> accounts;  ///< canonical names of those that the object names
  std::string reason;
  std::string in_case;
  // What the entry itself brings about: the action is done with it.
  std::optional<Case> opens;
  std::string closes;
  std::optional<Decision> decides;
};

struct Refusal {
  std::string why;
};

struct Counts {
  std::uint64_t allowed = 0, refused = 0, asked = 0, too_fast = 0, strangers = 0;
};

/// Any thread. References outlive it, and what it was asked for.
class Door {
 public:
  /// What one person can cause: see docs/audit.md.
  static constexpr Pace::Limit usual_pace{10000, 100, 1000};
  Door(Archive& archive, const base::Clock& clock, Policy policy, Pace::Limit pace = usual_pace);

  using Answer = std::variant<Permit, Refusal>;
  /// How long this wish has to wait for its turn before it is brought to open(), which it then must be; nullopt: its actor has
  /// too many waiting, and it is refused without an entry.
  std::optional<std::chrono::milliseconds> turn_of(const Wish& wish);
  /// An error: the entry could not be made durable, and nothing may be done.
  void open(Wish wish, Done<Answer> done);
  /// Why what this permit allowed may not go on, now that its actor is `now` with these roles: a role that he has lost, a case
  /// that is over or closed, a second person who is needed by now. Empty: it may.
  base::Result<std::string> why_over(const Permit& permit, const Actor& now, const Roles& roles) const;
  /// Writes that something else than the policy refused it (a wrong password, say); as often as refusals are written, and
  /// counted beyond.
  void refuse(const Wish& wish, std::string why, Done<> done);
  /// Writes what came of it. Nothing for Kind::plain.
  void finish(const Permit& permit, std::string outcome, Done<> done);
  /// What the machine did by itself, or is about to.
  void note(std::string action, Fields object, std::string outcome, Done<> done);

  void replace_policy(Policy policy);
  std::shared_ptr<const Policy> policy() const;
  /// Since the process began.
  Counts counts() const;
  /// Somebody came who is not let in at all; of that there is no entry.
  void count_stranger() { strangers_ += 1; }

  /// An undecided request is nothing any more after this time.
  static constexpr std::chrono::hours request_lives{24};

 private:
  struct Turn;
  base::Result<> decide(Turn& turn, commit::Stage& stage, commit::Owners& owners) const;
  base::Result<std::string> problem_of_case(Turn& turn, const Cells& cells) const;
  base::Result<> ask_second_person(Turn& turn, commit::Stage& stage) const;
  base::Result<> make_room(Turn& turn, commit::Stage& stage) const;
  void tell(Turn& turn, base::Result<> committed);

  Archive& archive_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Policy> policy_;  ///< guarded by mutex_
  Pace pace_, refusals_;
  std::atomic<std::uint64_t> allowed_{0}, refused_{0}, asked_{0}, too_fast_{0}, strangers_{0};
};

}  // namespace understudy::archive::audit
