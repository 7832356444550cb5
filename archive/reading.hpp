/// Reading a message so that wrong octets are an error: before, the record that leads to them is compared with what tells of it
/// in another place; while they are read, they are hashed, and the last of them are not given where they are not what was
/// journaled. Not a verification: what is not on the way to these octets is not looked at (docs/proofs.md).
#pragma once

#include <memory>
#include <optional>

#include "archive/journal/entry.hpp"
#include "archive/mailbox/account_state.hpp"
#include "archive/store/store.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::archive {

/// As journal::read(), and errc::damaged where the entry does not give the leaf that the tree was built with.
base::Result<journal::Entry> read_entry(const store::Reader& reader, Position position);

/// A message of a mailbox, by whom it is asked for.
struct InMailbox {
  mailbox::AccountNumber account = 0;
  mailbox::FolderNumber folder = 0;
  mailbox::Uid uid = 0;
};
/// SHA-256 of the octets of the message as they are stored; nullopt: its journal entry, which alone says so, is gone.
/// errc::damaged: the record is another message's, by table `copies` or by the journal.
base::Result<std::optional<base::Digest>> digest_of(const store::Reader& reader, const InMailbox& at,
                                                    const mailbox::Message& message);

/// `body`, to be read from its beginning to its end, each piece behind the one before (else errc::malformed). errc::damaged
/// instead of the last piece where the octets are not of this digest. nullopt: as it is.
std::unique_ptr<store::BodyReader> checked(std::unique_ptr<store::BodyReader> body, const std::optional<base::Digest>& digest);

}  // namespace understudy::archive
