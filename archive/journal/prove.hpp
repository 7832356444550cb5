/// What `journal prove` gives away of one entry: the parts that are to be seen, the hashes of the others, and the path from its
/// leaf to a signed head. Who has the message's octets can check it without the archive (docs/proofs.md). Never changes
/// anything.
#pragma once

#include <functional>

#include "archive/journal/entry.hpp"
#include "archive/journal/head.hpp"
#include "archive/journal/log.hpp"
#include "archive/journal/proof/proof.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::journal {

struct Proof {
  Sealed entry;  ///< a part that is not shown has its hash alone
  SignedHead head;
  proof::Path path;
};

/// Is this recipient, by his number in the envelope, to be seen?
using Shown = std::function<bool(std::uint32_t recipient, const mail::smtp::Recipient&)>;

/// Reads the entry and makes its path to `head`, which has to be a head of this journal over more than position.index entries.
/// The proof is checked before it is given: errc::damaged where it does not close. errc::not_found: no such entry. One that
/// has ended is proven by hashes alone. Any thread that `reader` allows.
base::Result<Proof> prove(const store::Reader& reader, Position position, const SignedHead& head, const Shown& shown);

/// The same with all parts shown, of whichever book.
base::Result<Proof> prove_whole(const store::Reader& reader, Log log, std::uint64_t index, const SignedHead& head);

}  // namespace understudy::archive::journal
