/// What a client who has sent NOTIFY is to hear of mailboxes that he has not selected (RFC 5465 §5): the difference between the
/// folders as he knows them and as they are, less what he did himself. Changes of one mailbox come together by that, and none
/// is queued. Pure: reads no store, writes no response.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "archive/access/imap/notify_set.hpp"
#include "archive/mailbox/live_account.hpp"
#include "archive/mailbox/view.hpp"
#include "mail/imap/command.hpp"

namespace understudy::archive::access::imap {

/// The changes that this session made itself, by their MODSEQs. One thread.
class OwnChanges {
 public:
  /// All from `first` to `last`, which only grow from call to call.
  void add(mailbox::ModSeq first, mailbox::ModSeq last);
  void unite(const OwnChanges& later);
  bool contains(mailbox::ModSeq modseq) const;
  /// Whether there is none between these that is not the session's own.
  bool cover(mailbox::ModSeq first, mailbox::ModSeq last) const;
  bool empty() const { return spans_.empty(); }
  void clear() { spans_.clear(); }

 private:
  std::vector<std::pair<mailbox::ModSeq, mailbox::ModSeq>> spans_;  ///< closed, apart from each other, in their order
};

/// What others did, so that a client does not hear of what he did himself (§5).
struct ByOthers {
  bool all = true;                                               ///< it is not known what: then everything counts
  std::set<mailbox::FolderNumber> named;                         ///< made, renamed or removed
  std::set<mailbox::FolderNumber> messages;                      ///< of which messages came, went or changed
  std::set<std::string> subscriptions;                           ///< names
  std::map<mailbox::FolderNumber, std::set<std::string>> notes;  ///< entries of METADATA, by mailbox; kept even where `all`
};
/// Of these changes those behind `after` and not behind `last`.
ByOthers by_others(const std::vector<mailbox::LoggedChange>& changes, mailbox::ModSeq after, mailbox::ModSeq last,
                   const OwnChanges& own);

struct NotifyNews {
  struct Listed {  ///< a LIST response (§5.4, §5.5)
    std::string name;
    std::string old_name;  ///< of one that was renamed; else empty
    bool exists = false;
    bool children = false;
    bool subscribed = false;
    std::string special_use;
  };
  struct Counted {  ///< a STATUS response (§5.1 to §5.3)
    mailbox::FolderNumber folder = 0;
    std::vector<mail::imap::StatusItem> items;
  };
  struct Noted {          ///< a METADATA response (§5.6, §5.7)
    std::string mailbox;  ///< empty: the account
    std::vector<std::string> entries;
  };
  std::vector<Listed> listed;  ///< by name, each once
  std::vector<Counted> counted;
  std::vector<Noted> noted;
  std::size_t size() const { return listed.size() + counted.size() + noted.size(); }
};

/// References outlive the call that it is made for.
struct NotifyQuestion {
  const NotifySet& set;
  const mailbox::Folders& known;
  const mailbox::Folders& now;
  const ByOthers& others;
  /// Folders that the client had selected, as he left them: what he knows of them is this.
  const std::map<mailbox::FolderNumber, mailbox::Folder>& left;
  mailbox::FolderNumber selected;  ///< 0: none
  bool mod_sequence;               ///< CONDSTORE is enabled
};
NotifyNews notify_news(const NotifyQuestion& asked);

/// What NOTIFY SET STATUS tells of a mailbox at once (§3.1); empty: nothing.
std::vector<mail::imap::StatusItem> first_status(const NotifySet::Events& events, const mailbox::Folder& folder);

}  // namespace understudy::archive::access::imap
