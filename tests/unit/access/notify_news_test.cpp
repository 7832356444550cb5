/// archive/access/imap/notify_news: what a client hears of mailboxes that he has not selected, and what he does not.
#include "archive/access/imap/notify_news.hpp"

#include <boost/test/unit_test.hpp>

#include "mail/imap/command.hpp"

using namespace understudy::archive;
using access::imap::ByOthers;
using access::imap::NotifyNews;
using access::imap::NotifyQuestion;
using access::imap::NotifySet;
using access::imap::OwnChanges;
using mailbox::Folder;
using mailbox::FolderNumber;
using mailbox::Folders;
using understudy::mail::imap::StatusItem;
namespace imap = understudy::mail::imap;

namespace {

constexpr std::string_view everything =
    "(personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange "
    "ServerMetadataChange))";

NotifySet set_of(std::string_view groups) {
  auto command = imap::parse_command("a NOTIFY SET " + std::string(groups), {});
  BOOST_REQUIRE(command.has_value());
  auto set = NotifySet::of(std::get<imap::command::Notify>(std::move(command->what)));
  BOOST_REQUIRE(set.has_value());
  return std::move(*set);
}

Folder folder(std::string name, std::uint32_t messages = 0) {
  Folder made;
  made.name = std::move(name);
  made.uid_validity = 7;
  made.messages = messages;
  made.uid_next = messages + 1;
  made.unseen = messages;
  made.highest_modseq = 10 + messages;
  return made;
}

/// 1: INBOX with two messages, 2: a, 3: a/b with one.
Folders three() {
  Folders folders;
  folders.by_number = {{1, folder("INBOX", 2)}, {2, folder("a")}, {3, folder("a/b", 1)}};
  folders.modseq = 100;
  return folders;
}

/// The question, and what it refers to.
struct World {
  NotifySet set = set_of(everything);
  Folders known = three(), now = three();
  ByOthers others;
  std::map<FolderNumber, Folder> left;
  FolderNumber selected = 0;
  bool mod_sequence = false;

  void changed(FolderNumber number) { now.by_number.at(number).highest_modseq += 50; }
  void renamed(FolderNumber number, std::string name) { now.by_number.at(number).name = std::move(name); }
  NotifyNews news() const {
    return access::imap::notify_news(NotifyQuestion{set, known, now, others, left, selected, mod_sequence});
  }
  /// "a(x c s)<old" of each: not there, with children, subscribed.
  std::string listed() const {
    std::string out;
    for (const auto& each : news().listed) {
      if (!out.empty()) out += ' ';
      out += each.name + "(";
      if (!each.exists) out += 'x';
      if (each.children) out += 'c';
      if (each.subscribed) out += 's';
      out += ")";
      if (!each.old_name.empty()) out += "<" + each.old_name;
    }
    return out;
  }
  /// "1:MNVUH": messages, UIDNEXT, UIDVALIDITY, unseen, HIGHESTMODSEQ.
  std::string counted() const {
    std::string out;
    for (const auto& [number, items] : news().counted) {
      if (!out.empty()) out += ' ';
      out += std::to_string(number) + ":";
      for (const auto item : items)
        out += item == StatusItem::messages       ? 'M'
               : item == StatusItem::uid_next     ? 'N'
               : item == StatusItem::uid_validity ? 'V'
               : item == StatusItem::unseen       ? 'U'
                                                  : 'H';
    }
    return out;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(notify_news)

BOOST_AUTO_TEST_CASE(where_nothing_has_changed_nothing_is_told) {
  BOOST_TEST(World().news().size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_mailbox_that_was_made_is_told_with_the_one_above) {
  World world;
  world.now.by_number[9] = folder("a/b/c");
  BOOST_TEST(world.listed() == "a/b(c) a/b/c()");
  BOOST_TEST(world.counted() == "");
  world.now.by_number[9] = folder("x/y/z");
  BOOST_TEST(world.listed() == "x/y(xc) x/y/z()");
  world.now.by_number[9] = folder("top", 3);
  BOOST_TEST(world.listed() == "top()");
  BOOST_TEST(world.counted() == "9:MNVU");
}

BOOST_AUTO_TEST_CASE(a_mailbox_that_was_removed_is_not_there) {
  World world;
  world.now.by_number.erase(3);
  BOOST_TEST(world.listed() == "a() a/b(x)");
  world = World();
  world.now.by_number.erase(2);
  BOOST_TEST(world.listed() == "a(xc)");
}

BOOST_AUTO_TEST_CASE(one_that_was_made_in_the_place_of_another_has_another_uidvalidity) {
  World world;
  world.now.by_number.erase(2);
  world.now.by_number[9] = folder("a");
  world.now.by_number[9].uid_validity = 8;
  BOOST_TEST(world.listed() == "a(c)");
  BOOST_TEST(world.counted() == "9:VU");
}

BOOST_AUTO_TEST_CASE(a_rename_is_told_once_for_all_that_is_below) {
  World world;
  world.renamed(2, "new");
  world.renamed(3, "new/b");
  BOOST_TEST(world.listed() == "new(c)<a");
  world.set = set_of("(mailboxes a/b (MailboxName))");  // who does not hear of the one above hears of it
  BOOST_TEST(world.listed() == "new/b()<a/b");
  world.set = set_of("(subtree new (MailboxName))");
  BOOST_TEST(world.listed() == "new(c)<a");
  world.set = set_of("(mailboxes other (MailboxName))");
  BOOST_TEST(world.listed() == "");
}

BOOST_AUTO_TEST_CASE(what_went_elsewhere_than_the_one_above_is_told) {
  World world;
  world.renamed(2, "new");
  world.renamed(3, "other");
  BOOST_TEST(world.listed() == "new()<a other()<a/b");
  world = World();
  world.renamed(3, "c/b");  // of a level that is no mailbox
  BOOST_TEST(world.listed() == "c/b()<a/b");
}

BOOST_AUTO_TEST_CASE(subscriptions_are_told_as_they_are_now) {
  World world;
  world.known.subscriptions = {"a", "gone", "kept"};
  world.now.subscriptions = {"a/b", "kept"};
  BOOST_TEST(world.listed() == "a(c) a/b(s) gone(x)");
  world.set = set_of("(subscribed (SubscriptionChange))");
  BOOST_TEST(world.listed() == "a(c) a/b(s) gone(x)");
  world.set = set_of("(mailboxes a (MailboxName))");
  BOOST_TEST(world.listed() == "");
}

BOOST_AUTO_TEST_CASE(messages_are_told_by_what_has_changed_of_them) {
  World world;
  auto& inbox = world.now.by_number.at(1);
  inbox.messages = 3;
  inbox.uid_next = 4;
  world.changed(1);
  BOOST_TEST(world.counted() == "1:MNVU");
  world.set = set_of("(mailboxes inbox (MessageNew MessageExpunge))");
  BOOST_TEST(world.counted() == "1:MNV");
  world.mod_sequence = true;
  BOOST_TEST(world.counted() == "1:MNVH");
  world.selected = 1;
  BOOST_TEST(world.counted() == "");
  world.selected = 3;
  inbox.messages = 2;  // one came, one went
  BOOST_TEST(world.counted() == "1:MNVH");
  world.set = set_of("(mailboxes inbox (MailboxName))");
  BOOST_TEST(world.counted() == "");
}

BOOST_AUTO_TEST_CASE(flags_are_told_where_something_can_be_said_of_them) {
  World world;
  world.changed(3);
  BOOST_TEST(world.counted() == "");
  world.mod_sequence = true;
  BOOST_TEST(world.counted() == "3:VUH");
  world.mod_sequence = false;
  world.now.by_number.at(3).unseen = 0;
  BOOST_TEST(world.counted() == "3:VU");
  world.set = set_of("(personal (MessageNew MessageExpunge))");
  BOOST_TEST(world.counted() == "");
  world.set = set_of(everything);
  world.known.by_number.at(3).counted = false;
  BOOST_TEST(world.counted() == "");
  world.now.by_number.at(3).uid_validity = 8;
  BOOST_TEST(world.counted() == "3:VU");
}

BOOST_AUTO_TEST_CASE(a_mailbox_that_was_left_is_what_the_client_saw_of_it) {
  World world;
  world.left[1] = world.known.by_number.at(1);
  BOOST_TEST(world.counted() == "");
  world.left[1].messages = 1;
  world.left[1].highest_modseq -= 1;
  BOOST_TEST(world.counted() == "1:MNVU");
  world.others.all = false;  // whoever has changed it: he has not heard of it
  BOOST_TEST(world.counted() == "1:MNVU");
}

BOOST_AUTO_TEST_CASE(what_the_client_did_himself_is_not_told) {
  World world;
  world.others.all = false;
  world.now.by_number[9] = folder("made", 1);
  world.now.by_number.erase(2);
  world.renamed(3, "renamed");
  world.changed(1);
  world.now.by_number.at(1).messages = 9;
  world.now.subscriptions = {"made"};
  BOOST_TEST(world.news().size() == 0u);
  world.others.named = {2};
  BOOST_TEST(world.listed() == "a(x)");
  world.others.named = {3, 9};
  BOOST_TEST(world.listed() == "made(s) renamed()<a/b");
  BOOST_TEST(world.counted() == "9:MNVU");
  world.others.named.clear();
  world.others.messages = {1};
  world.others.subscriptions = {"made"};
  BOOST_TEST(world.listed() == "made(s)");
  BOOST_TEST(world.counted() == "1:MNVU");
}

BOOST_AUTO_TEST_CASE(notes_are_told_by_their_names) {
  World world;
  world.others.notes = {{0, {"/private/x"}}, {3, {"/private/y", "/shared/z"}}, {77, {"/private/gone"}}};
  const auto news = world.news();
  BOOST_REQUIRE(news.noted.size() == 2u);
  BOOST_TEST((news.noted[0].mailbox.empty() && news.noted[1].mailbox == "a/b" && news.noted[1].entries.size() == 2));
  world.set = set_of("(personal (ServerMetadataChange))");
  BOOST_TEST(world.news().noted.size() == 1u);
  world.set = set_of("(mailboxes a (MailboxMetadataChange))");
  BOOST_TEST(world.news().noted.empty());
}

BOOST_AUTO_TEST_CASE(the_log_tells_what_others_did) {
  OwnChanges own;
  own.add(3, 4);
  const std::vector<mailbox::LoggedChange> log = {{1, mailbox::FolderMade{50, "before", {}, 1}},
                                                  {2, mailbox::FolderMade{1, "x", {}, 1}},
                                                  {3, mailbox::FolderMade{2, "y", {}, 1}},
                                                  {4, mailbox::Subscribed{"y", {}}},
                                                  {5, mailbox::MovedAll{3, {{1, 2}}, 4, 1, {}}},
                                                  {6, mailbox::Copied{5, {{1, 1}}, 6, 1, {}}},
                                                  {7, mailbox::Subscribed{"z", {}}},
                                                  {8, mailbox::Annotated{1, "/private/x", {}}},
                                                  {9, mailbox::FolderRemoved{51}}};
  const auto others = access::imap::by_others(log, 1, 8, own);
  BOOST_TEST(!others.all);
  BOOST_TEST((others.named == std::set<FolderNumber>{1}));
  BOOST_TEST((others.messages == std::set<FolderNumber>{3, 4, 6}));
  BOOST_TEST((others.subscriptions == std::set<std::string>{"z"}));
  BOOST_TEST((others.notes.size() == 1 && others.notes.at(1).contains("/private/x")));
}

BOOST_AUTO_TEST_CASE(own_changes_cover_what_nobody_else_had_a_hand_in) {
  OwnChanges own;
  BOOST_TEST((!own.cover(1, 1) && own.cover(2, 1)));
  own.add(5, 6);
  own.add(7, 9);
  own.add(12, 11);  // none
  own.add(12, 12);
  for (const auto& [first, last, covered] :
       {std::tuple(5, 9, true), {6, 8, true}, {4, 5, false}, {9, 10, false}, {9, 12, false}, {12, 12, true}, {13, 13, false}})
    BOOST_TEST(own.cover(static_cast<unsigned>(first), static_cast<unsigned>(last)) == covered, first << " to " << last);
  BOOST_TEST((own.contains(9) && !own.contains(10) && !own.contains(4)));
}

BOOST_AUTO_TEST_CASE(the_first_status_has_what_its_events_need) {
  NotifySet::Events events;
  events.name = true;
  BOOST_TEST(access::imap::first_status(events, folder("a")).empty());
  events.messages = true;
  BOOST_TEST(access::imap::first_status(events, folder("a")).size() == 3u);
  events.flags = true;
  const auto items = access::imap::first_status(events, folder("a"));
  BOOST_TEST((items.size() == 5 && items.back() == StatusItem::highest_mod_sequence));
  auto uncounted = folder("a");
  uncounted.counted = false;  // its unseen ones would have to be counted
  BOOST_TEST(access::imap::first_status(events, uncounted).size() == 4u);
}

BOOST_AUTO_TEST_SUITE_END()
