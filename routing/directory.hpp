/// Who is local: domains and their aliases, accounts, address aliases and lists. An interface, so that plan() can be asked
/// with a table in a test and with the live accounts in the server. Never does I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address/address.hpp"

namespace understudy::routing {

/// An address in the form that keys use: canonical local part, '@', canonical domain (aliases of a domain resolved, no
/// detail). "alice@example.org" for Alice+lists@COPY.example.org.
using AccountName = std::string;

struct Account {
  AccountName name;
  bool has_mailbox = true;  ///< false: known (by replication or import), nothing stored yet
  /// Whether anything can be put into it: an encrypted one needs its key.
  enum class Access : std::uint8_t { open, closed_for_now, closed_for_good } access = Access::open;
};

/// What a canonical local address leads to.
struct AliasTarget {
  std::vector<mail::address::Address> members;  ///< accounts, other aliases or outside addresses
};

class Directory {
 public:
  virtual ~Directory() = default;
  // Each may be called from any thread and answers from memory; what comes back is a copy.

  /// The name under which the domain's accounts are kept ("example.org" for "copy.example.org"); nullopt: not local.
  /// Takes a canonical domain (mail::address::canonical_domain).
  virtual std::optional<std::string> local_domain(std::string_view canonical_domain) const = 0;
  virtual std::optional<Account> account(std::string_view name) const = 0;
  virtual std::optional<AliasTarget> alias(std::string_view name) const = 0;
  /// '+' by default; 0: sub-addressing is off.
  virtual char detail_separator() const = 0;
  /// How many more mailboxes may be made in this domain today (create_limit).
  virtual std::uint32_t creations_left(std::string_view local_domain) const = 0;
  /// Where mail goes that create_limit keeps from a mailbox of its own.
  virtual AccountName undelivered_account() const = 0;
  /// Where postmaster@ every local domain leads ([server] postmaster).
  virtual AccountName postmaster() const = 0;
};

}  // namespace understudy::routing
