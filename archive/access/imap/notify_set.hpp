/// Of which mailboxes and events a client wants to hear (RFC 5465 §3.1, §5, §6): what NOTIFY SET asked, checked once, then
/// asked back for one mailbox at a time. Pure: knows neither which mailboxes there are nor what happens in them.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "archive/access/imap/reply.hpp"
#include "mail/imap/notify.hpp"

namespace understudy::archive::access::imap {

/// A value; made by one session.
class NotifySet {
 public:
  /// What a session keeps of one command.
  struct Limits {
    std::size_t names = 500;      ///< of mailboxes, in all groups
    std::size_t octets = 32'000;  ///< of these names
  };
  /// What is told of the mailbox that is selected (§6.1).
  enum class Selected : std::uint8_t {
    untold,   ///< nothing but what the client does himself
    delayed,  ///< EXPUNGE in such commands alone that allow it
    at_once,
  };
  /// Of one mailbox.
  struct Events {
    bool messages = false;  ///< MessageNew and MessageExpunge: nobody has one without the other (§5)
    bool flags = false;
    bool name = false;
    bool subscription = false;
    bool metadata = false;
    bool operator==(const Events&) const = default;
  };
  struct Mailbox {
    std::string_view name;  ///< UTF-8
    bool subscribed = false;
  };

  NotifySet() = default;  ///< NONE: of nothing
  /// Or what the command is answered: BAD, or NO with BADEVENT, CANNOT (a name that is none) or NOTIFICATIONOVERFLOW.
  static std::expected<NotifySet, Reply> of(mail::imap::command::Notify asked, const Limits& limits);
  static std::expected<NotifySet, Reply> of(mail::imap::command::Notify asked) { return of(std::move(asked), Limits()); }

  Selected selected() const { return selected_; }
  bool selected_flags() const { return selected_flags_; }
  /// What is told of each new message of the selected mailbox; empty: that it is there. UID is always among them.
  const std::vector<mail::imap::FetchItem>& fetch() const { return fetch_; }
  /// Of a mailbox that is not selected; but `name`, `subscription` and `metadata` of any. All groups that it is in add up, as
  /// far as the first one that says NONE of it.
  Events events_of(const Mailbox& mailbox) const;
  bool server_metadata() const { return server_metadata_; }
  /// Whether notes are wanted of any mailbox, or of the account.
  bool any_metadata() const;

 private:
  struct Group {
    mail::imap::NotifyGroup::Filter filter = mail::imap::NotifyGroup::Filter::personal;
    std::vector<std::string> names;  ///< sorted
    bool none = false;
    Events events;
  };
  static std::optional<Reply> why_not(const mail::imap::command::Notify& asked, const Limits& limits);
  static bool is_in(const Group& group, const Mailbox& mailbox);
  void select(mail::imap::NotifyGroup asked);

  Selected selected_ = Selected::untold;
  bool selected_flags_ = false;
  bool server_metadata_ = false;
  std::vector<mail::imap::FetchItem> fetch_;
  std::vector<Group> groups_;
};

}  // namespace understudy::archive::access::imap
