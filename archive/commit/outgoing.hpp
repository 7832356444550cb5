/// What a journal entry says of names and of outbox entries. Pure: the same entry gives the same, at commit and at replay.
#pragma once

#include <vector>

#include "archive/custody/recipients.hpp"
#include "archive/journal/entry.hpp"
#include "archive/outbox/entry.hpp"

namespace understudy::archive::commit {

/// The message's name on both machines: the digest as received where it came from the peer or from a `copy` client (which
/// handed us what it has), else the digest of what we hand on.
base::Digest name_of(const journal::Entry& entry);

/// The outbox entries of a journal entry: recipients of one hop together, whatever their kind, as many as fit into one record.
/// Recipients that cannot be delivered stand in an entry of their own, failed already, so that the report to the sender is
/// made by the same hand as every other. Those that leave with custody know their number where the journal entry has some.
std::vector<outbox::Entry> outgoing_of(const journal::Entry& entry);

/// Whom the message is owed to under custody: for each number that it takes the recipients of those outbox entries that leave
/// under it. One number, or more where there are more recipients than it may have; none: nobody is owed it. A recipient without
/// custody who shares an outbox entry with others is owed it like them.
struct Debt {
  custody::Names recipients;
  std::vector<outbox::Id> entries;  ///< by which they leave
};
std::vector<Debt> owed_of(const journal::Entry& entry);

/// The hop of entries that only wait for a report to be made.
inline const routing::Hop report_hop{"report:"};

}  // namespace understudy::archive::commit
