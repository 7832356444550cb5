/// The archive: keeps what arrives, applies its plan, and answers when it is safe. The one door through which mail, outcomes
/// and changes of mailboxes become durable. Everything that happens to a message before and after is somebody else's.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "archive/commit/committer.hpp"
#include "archive/commit/owners.hpp"
#include "archive/custody/overdue.hpp"
#include "archive/directory/live.hpp"
#include "archive/fresh_bodies.hpp"
#include "archive/journal/entry.hpp"
#include "archive/position.hpp"
#include "archive/store/store.hpp"
#include "archive/summaries.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "routing/plan.hpp"

namespace understudy::archive {

/// A message with its plan, ready to be made safe.
struct Arrival {
  mail::smtp::Envelope envelope;
  routing::Origin origin;
  routing::MessageFacts facts;
  routing::Plan plan;
  store::SealedBody body;
  std::string made;                              ///< unique of a message made here; empty: it came from outside
  std::vector<journal::Settlement> settlements;  ///< outbox entries that this message is the report of
  std::chrono::seconds resend_window{};
  /// Under which it was handed over, where the sender named one; its digest is `facts.received`.
  std::optional<custody::Number> custody;
};

struct Accepted {
  Position position;    ///< of the entry, or of the earlier one that a resend repeats
  bool resend = false;  ///< every place that it would fill was filled before: nothing was written
  commit::Safety safety = commit::Safety::here;
};

template <class T = void>
using Done = std::move_only_function<void(base::Result<T>)>;  ///< runs once, on any thread; must not block

/// What a change of a mailbox or of accounts is made of: stages, checks, gives an error or not. May run more than once.
using Change = std::move_only_function<base::Result<>(commit::Stage&, commit::Owners&)>;

/// A body in the making, and one to be read: for who may not know the store.
using BodyToSeal = std::unique_ptr<store::BodyWriter>;
using BodyToRead = std::unique_ptr<store::BodyReader>;

enum class Threading {
  own,      ///< a committing thread of its own
  inline_,  ///< the caller drives it with pump(): simulations
};

class Archive {
 public:
  /// Brings every shard up to the journal, seeds the accounts of the configuration. References outlive it.
  static base::Result<std::unique_ptr<Archive>> open(store::Store& store, directory::Options options, const base::Clock& clock,
                                                     base::Random& random, Threading threading);
  ~Archive();  ///< waits for what was submitted

  // Any thread.
  /// custody::errc::replayed: its number has brought other octets before.
  /// Answered when it is as safe as the gate demands, a resend as its earlier arrival. What was made here waits for this
  /// machine only: nobody was promised it, and the settlement that it carries is the outcome of a delivery.
  void accept(Arrival arrival, Done<Accepted> done);
  /// Outbox entries as they stand after attempts. Not synced by itself: lost in a power cut, the attempt is made again.
  void settle(std::vector<journal::Settlement> settlements, Done<> done);
  /// `answer`: gated where a user is promised it (a message that he appends, say), local for what an administrator does on this
  /// machine and for house-keeping.
  void change(Change change, Done<> done, commit::Answer answer = commit::Answer::local);
  /// Forgets places that were filled longer than `window` ago, and then messages made here that were made very long ago; looks
  /// at a thousand of them from `from` on, and says where to go on (empty: the end was reached).
  void expire_places(std::string from, std::chrono::seconds window, Done<std::string> done);

  BodyToSeal new_body() { return summarised(fresh_bodies_.watch(store_.bodies().create())); }
  BodyToRead open_body(const store::BodyRef& body) const { return std::as_const(store_).bodies().open(body); }
  /// As open_body(), but from memory where it came in lately, once.
  BodyToRead open_fresh_body(const store::BodyRef& body) const;
  /// Was a message with this unique made here, with these octets? It has come back then.
  base::Result<bool> made_here(const std::string& unique, const base::Digest& digest) const;
  /// Outbox entries of every hop as stored, `limit` of each shard at a time: see outbox/owner.hpp.
  base::Result<std::vector<outbox::Entry>> outbox_after(store::Shard shard, const std::string& key, std::size_t limit) const;
  base::Result<std::vector<store::Shard>> outbox_shards() const;
  base::Result<std::optional<outbox::Entry>> outbox_entry(const outbox::Id& id) const;
  /// errc::not_found, errc::damaged.
  base::Result<journal::Entry> journal_entry(Position position) const;

  /// Custody numbers that are owed and in nobody's hands, given before `before`: see custody/overdue.hpp. Reads; not for a loop
  /// that is in a hurry.
  base::Result<custody::Overdue> overdue(std::string_view from, base::WallTime before, std::size_t most) const;
  /// Puts what is owed by these numbers into the outbox again; how many of them that was necessary for. `closed`: what to do
  /// with those that were final.
  enum class Closed : std::uint8_t { leave, reopen };
  void hand_over_again(std::vector<mail::smtp::CustodyNumber> numbers, Closed closed, Done<std::size_t> done);
  /// `wake` runs on the committing thread after each commit of journal entries, as long as the subscription is kept.
  std::unique_ptr<store::Subscription> follow_journal(std::function<void()> wake) const;

  const directory::Live& directory() const { return live_; }
  /// Which mailboxes are shared with whom, as of the last commit that was answered.
  const mailbox::Shares& shares() const { return *owners_.mailbox.shares(); }
  const store::Store& store() const { return store_; }
  /// Nothing is written any more, until a restart: a write of the store failed, or a commit ended in an exception. The log says
  /// why. Not where the key ring takes no more: mail for those who have a key goes on, and what only the memory has of the ring
  /// would go with the process.
  bool stopped() const { return committer_.stopped() || store_.stopped(); }
  commit::Totals totals() const { return committer_.totals(); }
  /// New domains, lists, templates and seeds; before further mail is planned by them.
  void replace_options(directory::Options options, Done<> done);

  void set_observer(commit::Observer* observer) { committer_.set_observer(observer); }  ///< before mail flows
  void set_gate(commit::Gate* gate) { committer_.set_gate(gate); }                      ///< before mail flows

  void set_waker(std::function<void()> waker) { committer_.set_waker(std::move(waker)); }  ///< Threading::inline_
  /// Threading::inline_: does what is queued; false: nothing was.
  bool pump() { return committer_.run_once(); }
  /// No further submissions; what is queued is done, and answers that the gate still holds are given with Safety::gave_up: what
  /// they speak of is safe here. Idempotent.
  void close();

 private:
  Archive(store::Store& store, directory::Options options, const base::Clock& clock, base::Random& random);
  base::Result<> seed();
  base::Result<> expire(commit::Stage& stage, commit::Owners& owners, std::string_view from, std::chrono::seconds window,
                        std::string& next);

  store::Store& store_;
  const base::Clock& clock_;
  mutable FreshBodies fresh_bodies_{clock_};
  directory::Live live_;
  commit::Owners owners_;
  commit::Committer committer_;
  std::thread thread_;
};

}  // namespace understudy::archive
