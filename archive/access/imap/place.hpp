/// Whose a mailbox is that a client names, and what he may do there. Made by session_shared.cpp alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "archive/mailbox/live_account.hpp"
#include "archive/mailbox/rights.hpp"
#include "routing/directory.hpp"

namespace understudy::archive::access::imap {

/// The namespace of what others share (RFC 2342), and what its names begin with.
inline constexpr std::string_view others_space = "Other Users", others_prefix = "Other Users/";

struct Place {
  std::shared_ptr<mailbox::LiveAccount> account;
  routing::AccountName owner;
  mailbox::FolderNumber folder = 0;
  mailbox::Rights rights;  ///< all: his own, or as good as that
  enum class Whose : std::uint8_t { own, others } whose = Whose::own;

  mailbox::AccountNumber number() const { return account->number(); }
  bool own() const { return whose == Whose::own; }
};

/// A name at which a mailbox is to be made.
struct Target {
  std::shared_ptr<mailbox::LiveAccount> account;
  std::string name;                 ///< as the owner of the account calls it
  mailbox::FolderNumber above = 0;  ///< of somebody else: below which it is made
  mailbox::AccountNumber number() const { return account->number(); }
};

/// A mailbox of somebody else that is listed.
struct Shown {
  std::string name;  ///< "Other Users/bob@example.org/Work"
  mailbox::AccountNumber account = 0;
  routing::AccountName owner;
  mailbox::FolderNumber folder = 0;
  mailbox::Rights rights;
};

/// The flags that rights let one change: \Seen, \Deleted, the others (RFC 4314 §4).
inline mailbox::Flags permitted(mailbox::Flags flags, mailbox::Rights rights) {
  using mailbox::Flags;
  std::uint8_t bits = 0;
  if (rights.has(mailbox::Rights::of("s"))) bits |= Flags::seen;
  if (rights.has(mailbox::Rights::of("t"))) bits |= Flags::deleted;
  const bool others = rights.has(mailbox::Rights::of("w"));
  if (others) bits |= Flags::answered | Flags::flagged | Flags::draft;
  flags.system &= bits;
  if (!others) flags.keywords.clear();
  return flags;
}

}  // namespace understudy::archive::access::imap
