/// Where an address leads by the directory: domain aliases, sub-addressing, postmaster, aliases and lists.
/// RFC 5321 §3.9 (aliases and lists), §4.5.1 (postmaster), RFC 5233 (detail). The local part is opaque beyond case and detail:
/// no percent hack, no bang path. Never decides what is done with a message.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mail/smtp/reply.hpp"
#include "routing/directory.hpp"
#include "routing/policy.hpp"

namespace understudy::routing {

/// How an address stands to the local domains.
struct Place {
  enum class Kind { local, outside, malformed } kind = Kind::malformed;
  std::string domain;  ///< local: the name under which its accounts are kept; outside: canonical
  AccountName exact;   ///< local: canonical, with its detail
  AccountName name;    ///< local: canonical, without detail: the name that a new mailbox would get
};

/// A bare <Postmaster> stands in the domain of Directory::postmaster().
Place locate(const mail::address::Address& address, const Directory& directory);

/// One local mailbox that an address leads to, there or not.
struct Box {
  /// no_mailbox: known to the directory. away: takes nothing at the moment, and is not to be left out. closed: takes nothing
  /// any more, as its key was destroyed.
  enum class Standing { open, no_mailbox, unknown, away, closed } standing = Standing::unknown;
  AccountName name;
  std::string domain;
};

/// All that one address leads to; each box and each outside address once, in the order of the directory.
struct Destinations {
  std::vector<Box> boxes;
  std::vector<mail::address::Address> outside;
  bool expanded = false;  ///< an alias or list stood between
  bool limited = false;   ///< deeper or larger than the limits below; the rest is missing
};

inline constexpr std::size_t max_alias_depth = 10;
inline constexpr std::size_t max_alias_members = 10'000;

/// The name under which the directory answers for a local address: addresses that share it lead to the same destinations.
AccountName answering_name(const Place& place, const Directory& directory);

/// Of a local address (`place` is its own). An exact account or alias is preferred to the one without detail.
Destinations resolve(const Place& place, const Directory& directory);

/// May this box be made when mail comes for it? True for one that is open, or will be.
bool may_open(const Box& box, const Policy& policy);

/// Why nobody can say at the moment whether a local forward-path takes mail: 450, whatever the policy. nullopt: one can. Also
/// where it is the account for undelivered mail that cannot be opened, and the mail would be kept there.
std::optional<mail::smtp::Reply> put_off(const Destinations& destinations, const Policy& policy, const Directory& directory);

/// Why a local forward-path that leads to `destinations` takes no mail; nullopt: it does, or is kept in some way.
std::optional<mail::smtp::Reply> refusal(const Destinations& destinations, const Policy& policy);

/// The one account that an address belongs to, and nobody else: whose Sent folder, and who may send in its name.
/// nullopt: outside, or an alias with several or outside members.
std::optional<Box> owner_of(const Place& place, const Directory& directory);

}  // namespace understudy::routing
