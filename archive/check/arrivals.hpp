/// Whether what is remembered beside each journal entry is there, and is that entry's: the places that it filled, the name of a
/// message made here, the numbers under which it came and leaves, the key that it tells of. Never changes anything.
#pragma once

#include <set>

#include "archive/check/filed_as.hpp"
#include "archive/check/findings.hpp"
#include "archive/mailbox/account_state.hpp"
#include "archive/store/store.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace understudy::archive::check {

/// What the journal tells of accounts.
struct ToldOfAccounts {
  std::set<mailbox::AccountNumber> destroyed;  ///< whose key was destroyed
  std::uint64_t unreadable = 0;                ///< entries that may have told of others
};

/// Of one journal partition. Each fault names the entry. Adds to `findings` and `told`, and notes in
/// `filed_as` what mailboxes must have of it. `now`: until then what is remembered
/// for some time only may have gone. A place that is missing is no fault: it may have been given up. Any thread that `reader`
/// allows; it is of one moment. errc::shutting_down.
base::Result<> arrivals(const store::Reader& reader, std::uint16_t partition, base::WallTime now, Findings& findings,
                        ToldOfAccounts& told, FiledAs& filed_as, const GoOn& go_on);

}  // namespace understudy::archive::check
