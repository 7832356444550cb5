/// Parts of a session that only its own files know.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "archive/access/imap/session.hpp"
#include "base/net/timers.hpp"

namespace understudy::archive::access::imap {

/// What APPEND has brought so far.
struct Session::Appending {
  struct Taken {
    store::SealedBody body;
    base::Digest name{};
  };
  Place place;  ///< into which they go
  std::vector<Taken> messages;
  bool replaces = false;  ///< REPLACE: something goes in its place  ///< that are whole

  // Of the one behind them, as far as it is there.
  BodyToSeal writer;  ///< nullptr: nothing of it has come
  base::Sha256 digest;
  std::size_t parts = 0;  ///< of CATENATE, or the one that every message is

  std::uint64_t octets() const { return writer ? writer->size() : 0; }
  base::Result<> take(std::string_view piece) {
    digest.update(piece);
    return writer->append(piece);
  }
};

/// While IDLE lasts, or behind NOTIFY SET the wait for the next command: the wake-ups that commits send, and the task that
/// writes what they bring.
struct Session::Idling {
  std::unique_ptr<mailbox::LiveAccount::Watch> watch;
  std::unique_ptr<mailbox::LiveAccount::Watch> watch_of_selected;  ///< of a mailbox that somebody else shares
  std::shared_ptr<Session*> here;      ///< by which a wake-up finds the session; gone with the command
  std::unique_ptr<net::Timer> pushed;  ///< cancelled when one of the tasks has ended
  bool pushing = false;                ///< a task writes
  bool again = false;                  ///< something came while it did
  bool over = false;                   ///< the client has said something, or the connection has gone
  bool expunges = true;                ///< may be told of
  std::unique_ptr<net::Timer> tick;
  bool ticking = false;     ///< a task looks after the connection
  bool still_here = false;  ///< the client is to hear something
  bool lost = false;        ///< the task could not write: the client knows less than the session
};

/// Since NOTIFY was sent. Without `known`: NOTIFY NONE.
struct Session::Notifying {
  NotifySet set;
  std::shared_ptr<const mailbox::Folders> known;          ///< as the client was told of them
  std::map<mailbox::FolderNumber, mailbox::Folder> left;  ///< since then
  OwnChanges own;                                         ///< since then
  mailbox::Uids fetched;  ///< new in the selected mailbox, what is told of each is still to come
};

}  // namespace understudy::archive::access::imap
