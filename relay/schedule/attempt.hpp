/// What came of one attempt to hand an outbox entry to its next hop, and what becomes of the entry by it. Pure: the clock's
/// reading and the jitter are handed in. RFC 5321 §4.2 (severity by first digit), §4.5.4.1 (retries), RFC 3461 §5 (who reports
/// what).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "archive/archive.hpp"
#include "base/clock.hpp"
#include "mail/smtp/reply.hpp"
#include "relay/options.hpp"

namespace understudy::relay {

struct Outcome {  // of one recipient; the scope says what else must wait
  enum class Verdict : std::uint8_t { delivered, deferred, failed } verdict = Verdict::deferred;
  enum class Scope : std::uint8_t { recipient, message, next_hop } scope = Scope::recipient;
  mail::smtp::Reply reply;  ///< the peer's, or one of ours; never empty
};

/// The verdict that a reply means: 2xx delivered, 5xx failed, everything else deferred.
Outcome outcome_of(const mail::smtp::Reply& reply, Outcome::Scope scope);

struct Attempt {
  struct One {
    std::size_t target = 0;  ///< index in the entry's targets
    Outcome outcome;
  };
  std::vector<One> outcomes;  ///< of pending targets; one that is not named stays as it is
  std::string host;           ///< the next hop that answered; empty: none did
  std::string tls;            ///< version of the protocol; empty: in the clear
  std::uint64_t octets = 0;   ///< of the message, as the next hop was told
  bool host_reports = false;  ///< it offered DSN: success is its to report
  bool unheard = false;       ///< the connection was closed before the next hop said anything to it
  bool said_custody = false;  ///< it was told the message's number: receipts are its to give
};

/// What is to be told to the sender, by one report.
enum class Tell : std::uint8_t { nothing, failure, delay, success };

struct Decision {
  std::optional<archive::outbox::Entry> left;  ///< as it goes on; nullopt: it ends
  Tell tell = Tell::nothing;
  std::vector<archive::outbox::Target> told;  ///< the targets that the report is about
  /// As it goes on where the report cannot be made now: what happened is noted, and what is to be told is still in it.
  std::optional<archive::outbox::Entry> owing;
  std::vector<mail::address::Address> given_up;  ///< forward-paths that are tried no more, told or not
  /// Forward-paths that were owed under custody, and for which no receipt will come: a next hop took them that gives none, or
  /// the number was refused.
  std::vector<mail::address::Address> without_receipt = {};
  /// The next hop has had other octets under it: the message goes on without it.
  std::optional<mail::smtp::CustodyNumber> number_refused = {};
  bool newly_held = false;  ///< a copy or home entry refused for good: waits for an administrator
};

/// After an attempt. `jitter` is a random number, used for the wait. What earlier attempts still owe is told along with it.
Decision decide(archive::outbox::Entry entry, const Attempt& attempt, const Queue& queue, base::WallTime now,
                std::uint64_t jitter);
/// When time alone has passed: expiry, or the delay notice. nullopt: nothing is due yet.
std::optional<Decision> decide_by_time(archive::outbox::Entry entry, const Queue& queue, base::WallTime now,
                                       const mail::smtp::Reply& last_hop_failure);
/// Does this target wait for this hop? All of an entry's do while its route is there; when the route has gone, each waits for
/// the hop of its own domain.
bool belongs(const archive::outbox::Entry& entry, const archive::outbox::Target& target, const routing::Hop& hop,
             const routing::RouteTable& routes);
/// When decide_by_time() has to be asked next; nullopt: never (copies, entries held).
std::optional<base::WallTime> next_deadline(const archive::outbox::Entry& entry, const Queue& queue);
/// Kept back by an administrator, or with nothing left but copies that were refused for good.
bool waits_for_administrator(const archive::outbox::Entry& entry);
/// An entry that only waits for its report (nothing in it is pending).
Decision decide_finished(archive::outbox::Entry entry);

/// The wait after the given number of failed attempts: doubles from retry_first to retry_longest, then the jitter.
std::chrono::milliseconds back_off(std::uint32_t attempts, const Queue& queue, std::uint64_t jitter);

}  // namespace understudy::relay
