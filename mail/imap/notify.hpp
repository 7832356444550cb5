/// NOTIFY as a value: which events of which mailboxes a client wants to hear of (RFC 5465). Says what was asked; sends nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mail/imap/fetch_item.hpp"
#include "mail/imap/mailbox_name.hpp"

namespace understudy::mail::imap {

struct NotifyEvent {
  enum class Kind : std::uint8_t {
    message_new,
    message_expunge,
    flag_change,
    annotation_change,
    mailbox_name,
    subscription_change,
    mailbox_metadata_change,
    server_metadata_change,
    other,  ///< `name`: one that we do not know (NO [BADEVENT ...])
  };
  Kind kind = Kind::other;
  std::string name;              ///< as sent
  std::vector<FetchItem> fetch;  ///< of message_new: what is sent of each
};

struct NotifyGroup {
  enum class Filter : std::uint8_t {
    selected,
    selected_delayed,
    inboxes,
    personal,
    subscribed,
    subtree,
    mailboxes,  ///< these two with `names`
  };
  Filter filter = Filter::selected;
  std::vector<MailboxName> names;
  std::vector<NotifyEvent> events;  ///< empty: NONE
};

namespace command {
struct Notify {
  bool status = false;              ///< the STATUS of all the mailboxes comes at once
  std::vector<NotifyGroup> groups;  ///< empty: NONE
};
}  // namespace command

}  // namespace understudy::mail::imap
