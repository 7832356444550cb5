/// The plan: everything that one message causes, decided by one pure function and kept in the journal with the message.
/// RFC 5321 §3.6 (relaying), §6.1 (who owns the message), RFC 3461 (what a relay owes the sender).
/// Never does I/O, never asks the clock, keeps no state: the same arguments give the same plan.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/smtp/envelope.hpp"
#include "mail/smtp/reply.hpp"
#include "routing/directory.hpp"
#include "routing/facts.hpp"
#include "routing/policy.hpp"
#include "routing/route.hpp"

namespace understudy::routing {

enum class EntryKind : std::uint8_t {
  relay = 1,  ///< mail in transit: expiry, delay notices, bounces
  copy = 2,   ///< for the archive: never expires, never a notice or bounce; refused for good: held, postmaster told
  home = 3,   ///< made here, to the users on the primary: as copy, its refusal logged and counted only
};

/// The two folders that a plan names. `sent_folder` stands for the one that carries the special use \Sent (RFC 6154),
/// whatever its owner has renamed it to.
inline constexpr std::string_view inbox_folder = "INBOX";
inline constexpr std::string_view sent_folder = "Sent";

/// File a copy into (account, folder).
struct File {
  AccountName account;
  std::string folder;    ///< inbox_folder or sent_folder
  bool create = false;   ///< make the account from the template where it is not there at commit
  bool seen = false;     ///< with \Seen: the sender has seen what he sent
  std::string original;  ///< the canonical address asked for, where another account stands in (create_limit); else empty
  bool operator==(const File&) const = default;
};

/// Put one recipient into the outbox. Recipients of one message with the same hop leave in one transaction.
struct Enqueue {
  EntryKind kind = EntryKind::relay;
  Hop hop;
  std::optional<mail::address::Address> forward_path;  ///< where an alias leads outside; nullopt: the envelope's own
  Switch custody = Switch::off;                        ///< of the hop; never of kind `home`
  bool operator==(const Enqueue&) const = default;
};

/// The success report (RFC 3461 §5.2) that is owed once the commit is done. "relayed" is not here: only the client that hands
/// the message to a next hop without DSN knows of it.
enum class Report : std::uint8_t {
  none = 0,
  delivered = 1,  ///< filed for the one user that the forward-path leads to
  expanded = 2,   ///< an alias or a list led to several (RFC 3461 §5.2.7.3); what is relayed of it asks for no further success
};

/// What becomes of one envelope recipient. All empty: journal only; the plan's marks say why. In one plan every (account,
/// folder, original) is filed and every (kind, hop, forward-path) enqueued by the first recipient that leads there; a later
/// one leaves it out, with the mark "same-place". So the journal entry (envelope plus plan) redoes each effect once.
struct RecipientPlan {
  std::vector<File> files;
  std::vector<Enqueue> enqueues;
  std::optional<mail::smtp::Reply> returned;  ///< accepted, and cannot be delivered: tell the sender, with this diagnostic
  Report success = Report::none;              ///< NOTIFY=SUCCESS, in charge, and the sender is not null
  bool operator==(const RecipientPlan&) const = default;
};

struct Plan {
  std::vector<RecipientPlan> recipients;  ///< one for each of the envelope's, in its order
  std::optional<File> sent;               ///< the sender's Sent copy
  /// Marks for the journal and the log, each once, in the order in which they came up. Of the message: "odd-octets", "loop",
  /// "returned". Of what was left out: "same-place", "split-horizon", "own-next-hop", "copy-without-route",
  /// "home-without-route", "members-outside" (ignored here), "members-unknown", "alias-limit", "alias-empty",
  /// "import-not-relayed". Of accounts: "create-limit", "no-mailbox-name", "mailbox-closed". Of the sender: "from-differs",
  /// "sender-generated", "sender-not-one" (an alias of several), "sender-unknown".
  std::vector<std::string> marks;
  bool operator==(const Plan&) const = default;
};

/// What plan() is asked with, beside envelope and facts. References only for the call.
struct World {
  const Policy& policy;
  const Directory& directory;
  const RouteTable& routes;
};

/// Has the message gone round? As many `Received:` as the policy allows, in all or by our own name.
bool is_loop(const MessageFacts& facts, const Policy& policy);

/// At MAIL: may this reverse-path be used by this origin? nullopt: yes. The null reverse-path: always (RFC 6409 §3.2).
/// 550 5.7.1 under refuse_nonlocal_claiming_local; 553 5.7.1 for an authenticated user who claims another's local address;
/// 553 5.1.7 what is no domain.
std::optional<mail::smtp::Reply> judge_reverse_path(const mail::address::ReversePath& reverse_path, const Origin& origin,
                                                    const World& world);

/// At RCPT: is this forward-path taken? nullopt: yes.
/// 550 5.7.1 relaying denied; 451 4.3.2 not in charge; 550 5.1.1 no such user; 550 5.2.4 an alias that cannot be expanded;
/// 553 5.1.3 what is no domain; 550 5.2.1 a mailbox that was closed for good; 450 4.2.1 one that cannot be opened at the
/// moment. An authenticated user of a submission listener is told of unknown users by RecipientPlan::returned instead, unless
/// he sends with the null reverse-path.
std::optional<mail::smtp::Reply> judge_forward_path(const mail::smtp::Recipient& recipient,
                                                    const mail::address::ReversePath& reverse_path, const Origin& origin,
                                                    const World& world);

/// At the end of data, before anything is written: refuse the whole message? nullopt: no.
/// 554 5.4.6 for a loop that is not a copy; 550 5.7.1 under refuse_nonlocal_from_local for a From: field that names a local
/// address, or that cannot be judged.
std::optional<mail::smtp::Reply> judge_message(const mail::smtp::Envelope& envelope, const Origin& origin,
                                               const MessageFacts& facts, const World& world);

/// For an envelope whose parts were all taken by the judges above (or that was made here).
Plan plan(const mail::smtp::Envelope& envelope, const Origin& origin, const MessageFacts& facts, const World& world);

}  // namespace understudy::routing
