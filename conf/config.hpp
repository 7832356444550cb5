/// The configuration as one value: what the file says, checked and in canonical form (domains as A-labels in lower case,
/// addresses as account names). Where a folder has options of its own, they stand here as that folder reads them.
/// Never read from anywhere but conf/load.hpp; swapped whole at reload.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "archive/access/options.hpp"
#include "archive/audit/options.hpp"
#include "archive/keys/options.hpp"
#include "mail/address/address.hpp"
#include "relay/options.hpp"
#include "relay/peer/options.hpp"
#include "routing/directory.hpp"
#include "routing/policy.hpp"
#include "routing/route.hpp"

namespace understudy::conf {

enum class Safe : std::uint8_t { here, both };

struct Server {
  std::string hostname;
  std::string domain_name;          ///< the same on both machines of a pair
  std::string data;                 ///< absolute path
  std::string admin_socket;         ///< absolute path; empty: in the data directory
  std::string admin_group;          ///< UNIX group that may connect to it; empty: only the server's user and root
  routing::AccountName postmaster;  ///< where postmaster@ every local domain leads
  Safe safe = Safe::here;
  std::chrono::milliseconds both_wait = std::chrono::seconds(2);
  std::uint64_t memory = 128ull << 20;  ///< octets
  char detail_separator = '+';          ///< 0: sub-addressing is off
};

/// How the journal is signed.
struct Journal {
  std::string key;                                                 ///< absolute path; empty: in the data directory
  std::chrono::milliseconds sign_every = std::chrono::minutes(1);  ///< 0: only where a proof asks for it
  std::string timestamp;                                           ///< URL of a time-stamping authority; empty: none is asked
  std::string timestamp_roots;                                     ///< absolute path, PEM; never empty where `timestamp` is not
  std::chrono::milliseconds timestamp_every = std::chrono::hours(1);
};

/// How octets are kept; archive/store/options.hpp.
struct Store {
  std::uint32_t compression = 1;  ///< level of zstd; 0: none
  bool check_writes = false;
};

struct Domain {
  std::string name;
  std::vector<std::string> aliases;
};

/// Seeds an account at first sight; never applied again.
struct Account {
  routing::AccountName address;
  std::vector<routing::AccountName> aliases;
  std::string password;  ///< "{SCRAM-SHA-256}…", a verifier; empty: no login. Never shown
};

/// An address that leads to others: an alias, a list, a forward.
struct Alias {
  routing::AccountName address;
  std::vector<mail::address::Address> to;
};

enum class Then : std::uint8_t { archive, bin };

struct Retention {
  std::string folder;  ///< "*": every folder without a rule of its own
  std::chrono::milliseconds after{};
  Then then = Then::archive;
};

/// What a mailbox that is made by itself looks like.
struct Template {
  std::string name;
  std::vector<std::string> folders = {"INBOX", "Sent", "Drafts", "Junk", "Trash", "Archive"};
  std::uint64_t quota = 0;  ///< octets; 0: no limit
  bool login = false;
  std::vector<Retention> retention;
};

struct UndeliveredMail {
  routing::Undelivered action = routing::Undelivered::refuse_or_return;
  std::string create_template = "default";
  routing::AccountName account;  ///< takes what create_limit keeps from a mailbox of its own
};

/// The policy of an archive that has taken over.
struct InCharge {
  routing::Passthrough passthrough;
  routing::Undelivered undelivered = routing::Undelivered::refuse_or_return;
};

struct Config {
  Server server;
  Store store;
  Journal journal;
  archive::keys::Options encryption;         ///< of what is kept; off by default
  archive::audit::Policy audit;              ///< with the operators; their uids are looked up by who lets them in
  std::optional<relay::peer::Options> peer;  ///< the other machine of the pair
  std::vector<Domain> domains;               ///< never empty
  std::vector<Account> accounts;
  std::vector<Alias> aliases;
  std::vector<Template> templates;  ///< never without the one that `undelivered` names
  routing::Passthrough passthrough;
  std::optional<InCharge> in_charge;  ///< absent: the primary's column of the passthrough table
  UndeliveredMail undelivered;
  std::vector<routing::Route> routes;  ///< in the order of the file
  archive::access::Options access;     ///< its message size is that of each listener
  std::uint32_t hops = 100;            ///< `Received:` fields that make a loop (RFC 5321 §6.3)
  relay::Options relay;
};

}  // namespace understudy::conf
