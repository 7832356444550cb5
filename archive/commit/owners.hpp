/// The owners of all numbers that one committer gives out, and the projection of a journal entry into their shards.
#pragma once

#include "archive/audit/owner.hpp"
#include "archive/commit/stage.hpp"
#include "archive/custody/owed.hpp"
#include "archive/custody/received.hpp"
#include "archive/directory/owner.hpp"
#include "archive/journal/owner.hpp"
#include "archive/journal/places.hpp"
#include "archive/mailbox/owner.hpp"
#include "archive/outbox/owner.hpp"

namespace understudy::archive::commit {

/// The committer's thread only.
struct Owners {
  Owners(const store::Store& store, const base::Clock& clock, base::Random& random, directory::Live& live,
         std::uint16_t partition)
      : journal(store, partition, random),
        audit(store, random),
        places(store, partition),
        received(store, partition),
        owed(store, partition),
        directory(store, clock, live, journal),
        mailbox(store, clock) {}

  journal::Owner journal;
  audit::Owner audit;
  journal::Places places;
  custody::ReceivedBook received;
  custody::OwedBook owed;
  directory::Owner directory;
  mailbox::Owner mailbox;
  outbox::Owner outbox;

  /// As of Stage: each member of a group is taken back alone.
  void savepoint() {
    journal.savepoint();
    audit.savepoint();
    directory.savepoint();
    mailbox.savepoint();
    outbox.savepoint();
  }
  void roll_back() {
    journal.roll_back();
    audit.roll_back();
    directory.roll_back();
    mailbox.roll_back();
    outbox.roll_back();
  }
  void forget() {
    journal.forget();
    audit.forget();
    directory.forget();
    mailbox.forget();
    outbox.forget();
  }
};

/// Stages everything that a journal entry causes outside the journal, in every shard that has not applied it yet: mailboxes
/// made, copies filed, outbox entries added, earlier ones settled. Used for an entry that is being committed and for one that
/// start-up finds in the journal; the result is the same.
/// `shown`: of its octets, where they have just come (see SealedBody::shown); it is kept where copies are filed.
base::Result<> project(Stage& stage, Owners& owners, const directory::Live& live, const journal::Entry& entry,
                       const store::Shown* shown = nullptr);

/// Whose keys open the entry that is to come next: of the accounts that its plan files into, which are made where they are not
/// there, and of those that `wanted`, the plan before what was filled already was left out, says that it is for. errc::no_key:
/// one of them has none any more.
base::Result<journal::Parties> parties_of(Stage& stage, Owners& owners, const directory::Live& live,
                                          const journal::Entry& entry, const routing::Plan& wanted);

/// Makes the folders of the template that the account was made from, where that is no more of the one for new accounts.
base::Result<> make_folders(Stage& stage, Owners& owners, const directory::Live& live, const directory::AccountRecord& record);

/// An account from its template, with its folders. Finds it where it is there already.
base::Result<directory::AccountRecord> find_or_make(Stage& stage, Owners& owners, const directory::Live& live,
                                                    const routing::AccountName& name, directory::MadeBy made_by);

}  // namespace understudy::archive::commit
