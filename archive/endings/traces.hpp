/// What the tables beside the journal say of an entry, and how it goes from them with the entry: places, custody in both
/// directions, messages made here, the outbox. The committer's thread only; the journal itself is journal::Owner's.
#pragma once

#include <cstdint>
#include <vector>

#include "archive/commit/owners.hpp"
#include "archive/custody/owed.hpp"
#include "archive/endings/end.hpp"
#include "archive/endings/hold.hpp"
#include "archive/endings/order.hpp"
#include "archive/journal/entry.hpp"

namespace understudy::archive::endings {

/// What of an entry is to end.
struct Leaving {
  enum class Extent : std::uint8_t { some, whole };
  const journal::Entry& entry;            ///< as it is before
  std::vector<std::uint32_t> recipients;  ///< whose parts end, that have not ended before
  Extent extent = Extent::some;           ///< whole: the common part ends, too
};

/// Can recipient `i` be told? Not where his part has ended, or the key to it was destroyed.
bool is_readable(const journal::Entry& entry, std::uint32_t i);
/// The names by which recipient `i` of the entry is known to who is handed the message: of himself, or of those that he leads
/// to.
custody::Names names_to(const journal::Entry& entry, std::uint32_t i);
/// The name by which he came.
custody::Name name_from(const journal::Entry& entry, std::uint32_t i);

/// The numbers under which the entry left, each with what the book has of it: those in a row that are of this entry. `source`:
/// a stage, or a reader. Ends with the first error of `each`.
template <class Source, class Each>
base::Result<> each_owed(const Source& source, const journal::Entry& entry, Each each) {
  if (!entry.owed) return {};
  for (auto number = *entry.owed;; ++number.number) {
    auto owed = custody::find_owed(source, number);
    if (!owed) return std::unexpected(owed.error());
    if (!*owed || (*owed)->position != entry.position) return {};
    if (auto done = each(number, **owed); !done) return done;
  }
}

/// errc::queued, errc::owed, errc::no_receipt, errc::held, errc::tells: why it may not end, in no part.
base::Result<> may_end(const commit::Stage& stage, const Leaving& leaving, const Holds& holds, Receipts receipts);
/// Was some of what is owed no more neither covered by a receipt nor ended there?
bool lacks_receipt(const custody::Owed& owed);
/// How the other machine is told: the message under each number by which it went there or came from there. None where it was
/// never handed over under a number, or was given up.
base::Result<std::vector<Order::Item>> items_of(const commit::Stage& stage, const Leaving& leaving);
/// Stages that nothing beside the journal says anything of it any more. Before the journal lets go of it.
base::Result<> forget(commit::Stage& stage, const commit::Owners& owners, const Leaving& leaving);

}  // namespace understudy::archive::endings
