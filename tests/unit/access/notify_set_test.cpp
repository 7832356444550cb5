/// archive/access/imap/notify_set: which mailboxes and events a NOTIFY SET covers, and which it may not ask for.
#include "archive/access/imap/notify_set.hpp"

#include <boost/test/unit_test.hpp>

#include "mail/imap/command.hpp"

using understudy::archive::access::imap::NotifySet;
using understudy::archive::access::imap::Reply;
using Events = NotifySet::Events;
namespace imap = understudy::mail::imap;

namespace {

std::expected<NotifySet, Reply> asked(const std::string& groups, const NotifySet::Limits& limits = {}) {
  auto command = imap::parse_command("a NOTIFY SET " + groups, {});
  BOOST_REQUIRE_MESSAGE(command.has_value(), groups);
  return NotifySet::of(std::get<imap::command::Notify>(std::move(command->what)), limits);
}

NotifySet set_of(const std::string& groups) {
  auto set = asked(groups);
  BOOST_REQUIRE_MESSAGE(set.has_value(), groups);
  return std::move(*set);
}

/// "mfnsa": messages, flags, name, subscription, notes.
std::string letters(const Events& events) {
  std::string out;
  if (events.messages) out += 'm';
  if (events.flags) out += 'f';
  if (events.name) out += 'n';
  if (events.subscription) out += 's';
  if (events.metadata) out += 'a';
  return out;
}

const std::string messages = "MessageNew MessageExpunge";

}  // namespace

BOOST_AUTO_TEST_SUITE(notify_set)

BOOST_AUTO_TEST_CASE(a_mailbox_has_the_events_of_all_groups_that_it_is_in) {
  struct Row {
    std::string groups;
    const char* name;
    bool subscribed;
    const char* events;
  };
  const Row rows[] = {
      {"(personal (MailboxName))", "any", false, "n"},
      {"(inboxes (" + messages + "))", "any/where", false, "m"},
      {"(personal (MailboxName)) (mailboxes a (" + messages + " FlagChange))", "a", false, "mfn"},
      {"(personal (MailboxName)) (mailboxes a (" + messages + "))", "a/b", false, "n"},
      {"(mailboxes (c a b) (SubscriptionChange MailboxMetadataChange))", "b", false, "sa"},
      {"(mailboxes (c a b) (SubscriptionChange))", "B", false, ""},
      {"(mailboxes inbox (MailboxName))", "Inbox", false, "n"},
      {"(mailboxes \"a*\" (MailboxName))", "ab", false, ""},
      {"(mailboxes \"a*\" (MailboxName))", "a*", false, "n"},
      {"(subscribed (MailboxName))", "a", false, ""},
      {"(subscribed (MailboxName))", "a", true, "n"},
      {"(subtree a (MailboxName))", "a", false, "n"},
      {"(subtree a (MailboxName))", "a/b/c", false, "n"},
      {"(subtree a (MailboxName))", "ab", false, ""},
      {"(subtree a/b (MailboxName))", "a", false, ""},
      {"(subtree (x a/) (MailboxName))", "a/b", false, "n"},
      {"(subtree inbox (MailboxName))", "inbox/b", false, "n"},
      {"(subtree \"\" (MailboxName))", "a", false, ""},
      {"(selected (" + messages + "))", "a", false, ""},
      {"(personal (ServerMetadataChange))", "a", false, ""},
  };
  for (const auto& row : rows)
    BOOST_TEST(letters(set_of(row.groups).events_of({row.name, row.subscribed})) == row.events,
               row.groups << " of " << row.name);
}

BOOST_AUTO_TEST_CASE(none_ends_the_groups_of_a_mailbox_and_keeps_those_before_it) {
  const auto set = set_of("(mailboxes a/b (" + messages + ")) (subtree a NONE) (personal (MailboxName))");
  BOOST_TEST(letters(set.events_of({"a/b"})) == "m");
  BOOST_TEST(letters(set.events_of({"a/c"})) == "");
  BOOST_TEST(letters(set.events_of({"b"})) == "n");
}

BOOST_AUTO_TEST_CASE(the_selected_mailbox_is_told_of_as_it_was_asked_for) {
  using Selected = NotifySet::Selected;
  struct Row {
    std::string groups;
    Selected selected;
    bool flags;
    std::size_t items;
  };
  const Row rows[] = {
      {"(personal (" + messages + "))", Selected::untold, false, 0},
      {"(selected NONE)", Selected::untold, false, 0},
      {"(selected (" + messages + "))", Selected::at_once, false, 0},
      {"(selected-delayed (" + messages + " FlagChange))", Selected::delayed, true, 0},
      {"(selected (MessageNew (UID FLAGS) MessageExpunge))", Selected::at_once, false, 2},
      {"(selected (MessageNew (FLAGS) MessageExpunge MessageNew (FLAGS ENVELOPE)))", Selected::at_once, false, 3},
  };
  for (const auto& row : rows) {
    const auto set = set_of(row.groups);
    BOOST_TEST((set.selected() == row.selected), row.groups);
    BOOST_TEST(set.selected_flags() == row.flags, row.groups);
    BOOST_TEST(set.fetch().size() == row.items, row.groups);
    if (row.items > 0) BOOST_TEST((set.fetch().front().kind == imap::FetchItem::Kind::uid), row.groups);
  }
}

BOOST_AUTO_TEST_CASE(notes_are_wanted_where_a_group_names_them) {
  BOOST_TEST(!set_of("(personal (MailboxName))").any_metadata());
  BOOST_TEST(set_of("(mailboxes a (MailboxMetadataChange))").any_metadata());
  const auto of_account = set_of("(mailboxes a (ServerMetadataChange))");
  BOOST_TEST((of_account.any_metadata() && of_account.server_metadata()));
  BOOST_TEST(!NotifySet().any_metadata());
  BOOST_TEST(letters(NotifySet().events_of({"INBOX"})) == "");
}

BOOST_AUTO_TEST_CASE(what_does_not_go_together_is_refused) {
  struct Row {
    std::string groups;
    Reply::Kind kind;
    const char* code;
  };
  const auto bad = Reply::Kind::bad, no = Reply::Kind::no;
  const Row rows[] = {
      {"(selected (MessageNew))", bad, ""},
      {"(personal (MessageExpunge))", bad, ""},
      {"(personal (FlagChange))", bad, ""},
      {"(selected (" + messages + " MailboxName))", bad, ""},
      {"(selected (" + messages + " ServerMetadataChange))", bad, ""},
      {"(personal (MessageNew (UID) MessageExpunge))", bad, ""},
      {"(selected (" + messages + ")) (selected-delayed (" + messages + "))", bad, ""},
      {"(selected NONE) (selected NONE)", bad, ""},
      {"(personal (AnnotationChange))", no, "BADEVENT"},
      {"(personal (MessageNew Odd))", no, "BADEVENT"},
      {"(selected (MessageNew)) (personal (Odd))", no, "BADEVENT"},
      {"(mailboxes &x (MailboxName))", no, "CANNOT"},
  };
  for (const auto& row : rows) {
    const auto set = asked(row.groups);
    BOOST_REQUIRE_MESSAGE(!set.has_value(), row.groups);
    BOOST_TEST((set.error().kind == row.kind), row.groups);
    BOOST_TEST(set.error().code.starts_with(row.code), row.groups);
  }
}

BOOST_AUTO_TEST_CASE(so_many_names_are_kept_and_no_more) {
  NotifySet::Limits limits;
  limits.names = 3;
  limits.octets = 6;
  BOOST_TEST(asked("(mailboxes (a b) NONE) (subtree c NONE)", limits).has_value());
  BOOST_TEST(asked("(mailboxes (aa bb cc) NONE)", limits).has_value());
  for (const char* groups : {"(mailboxes (a b) NONE) (subtree (c d) NONE)", "(mailboxes (aa bb ccc) NONE)"}) {
    const auto set = asked(groups, limits);
    BOOST_REQUIRE(!set.has_value());
    BOOST_TEST((set.error().kind == Reply::Kind::no && set.error().code == "NOTIFICATIONOVERFLOW"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
