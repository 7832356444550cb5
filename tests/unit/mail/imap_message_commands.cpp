#include <random>

#include "imap_commands.hpp"

using namespace understudy;
using namespace understudy::mail::imap;
using namespace understudy::mail::imap::tests;
using namespace std::string_literals;

namespace {

Section random_section(std::mt19937& random) {
  static const std::string names[] = {"From", "X-A", "a b", "\"", "", "\xc3\xa4", "NIL", "]"};
  Section section;
  for (auto left = random() % 4; left > 0; --left) section.part.push_back(static_cast<std::uint32_t>(1 + random() % 12));
  section.what = static_cast<Section::Text>(random() % (section.part.empty() ? 5 : 6));
  if (section.what == Section::Text::header_fields || section.what == Section::Text::header_fields_not)
    for (auto left = 1 + random() % 3; left > 0; --left) section.fields.push_back(names[random() % std::size(names)]);
  if (random() % 3 == 0) section.partial = Section::Partial{random(), 1 + random() % 1000};
  return section;
}

FetchItem random_item(std::mt19937& random) {
  FetchItem item;
  item.kind = static_cast<FetchItem::Kind>(random() % (static_cast<unsigned>(FetchItem::Kind::preview) + 1));
  if (item.kind == FetchItem::Kind::preview) item.lazy = random() % 2 == 0;
  if (item.kind == FetchItem::Kind::section || item.kind == FetchItem::Kind::binary) item.peek = random() % 2 == 0;
  if (item.kind == FetchItem::Kind::section) item.section = random_section(random);
  if (item.kind == FetchItem::Kind::binary) item.section = {.part = {1, 2}, .partial = Section::Partial{0, 9}};
  return item;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_message_commands)

BOOST_AUTO_TEST_CASE(append_says_what_each_message_is_made_of) {
  const auto one = parsed<command::Append>("APPEND saved (\\seen $Fwd \\SEEN) \" 7-Feb-1994 21:52:25 -0800\" {310}\r\n");
  BOOST_TEST(one.messages.size() == 1u);
  BOOST_TEST(one.messages[0].flags == std::vector<std::string>({"\\Seen", "$Fwd"}), boost::test_tools::per_element());
  BOOST_TEST(format_date_time(one.messages[0].date->moment, one.messages[0].date->zone) == " 7-Feb-1994 21:52:25 -0800");
  BOOST_TEST((one.messages[0].parts == std::vector<AppendPart>{{.octets = 310}}));
  const auto many = parsed<command::Append>(
      "APPEND {5}\r\ninbox {1}\r\n () ~{2+}\r\n CATENATE (URL \"/a;UID=1\" TEXT {3}\r\n URL {2}\r\n/b) UTF8 (~{4}\r\n)");
  BOOST_TEST(many.mailbox.utf8 == "INBOX");
  BOOST_TEST(many.messages.size() == 4u);
  BOOST_TEST(many.messages[1].parts[0].binary);
  BOOST_TEST(many.messages[2].catenate);
  BOOST_TEST((many.messages[2].parts == std::vector<AppendPart>{{.kind = AppendPart::Kind::url, .url = "/a;UID=1"},
                                                                {.octets = 3},
                                                                {.kind = AppendPart::Kind::url, .url = "/b"}}));
  BOOST_TEST((many.messages[3].utf8 && many.messages[3].parts[0].octets == 4));
  BOOST_TEST(!parsed<command::Append>("APPEND &AOQ {1}\r\n").mailbox.good());
  const auto replace = parsed<command::Replace>("UID REPLACE 7 a (\\Draft) {10}\r\n");
  BOOST_TEST((replace.uid && replace.target == 7 && replace.message.parts[0].octets == 10));
  BOOST_TEST(parsed<command::Replace>("REPLACE * a {10}\r\n").target == 0u);
  are_refused({"APPEND",
               "APPEND a",
               "APPEND a ",
               "APPEND a x",
               "APPEND a (\\Seen)",
               "APPEND a (\\Seen {1}\r\n",
               "APPEND a \"x\" {1}\r\n",
               "APPEND a \"30-Feb-1994 21:52:25 -0800\" {1}\r\n",
               "APPEND a {1}\r\n ",
               "APPEND a {1}\r\nx",
               "APPEND a {1}",
               "APPEND a {1}x\r\n",
               "APPEND a CATENATE ()",
               "APPEND a CATENATE (X)",
               "APPEND a CATENATE (URL)",
               "APPEND a CATENATE (TEXT {1}\r\n",
               "APPEND a CATENATE (TEXT {1}\r\n )",
               "APPEND a UTF8 ({1}\r\n)",
               "APPEND a UTF8 (~{1}\r\n",
               "APPEND a UTF8 ~{1}\r\n",
               "UID APPEND a {1}\r\n",
               "REPLACE 0 a {1}\r\n",
               "REPLACE 1:2 a {1}\r\n",
               "REPLACE a {1}\r\n",
               "REPLACE 1 a {1}\r\n {1}\r\n",
               "APPEND a {}\r\n",
               "APPEND a {99999999999999999999}\r\n",
               "APPEND a \"\" {1}\r\n"});
}

BOOST_AUTO_TEST_CASE(fetch_items_are_read_and_written_as_they_are) {
  for (const std::string item : {"FLAGS",
                                 "UID",
                                 "INTERNALDATE",
                                 "RFC822",
                                 "RFC822.HEADER",
                                 "RFC822.SIZE",
                                 "RFC822.TEXT",
                                 "ENVELOPE",
                                 "BODY",
                                 "BODYSTRUCTURE",
                                 "BODY[]",
                                 "BODY.PEEK[]",
                                 "BODY[HEADER]",
                                 "BODY[TEXT]<0.1>",
                                 "BODY.PEEK[1.2.3]",
                                 "BODY[1.MIME]",
                                 "BODY[4.1.HEADER]",
                                 "BODY[4.TEXT]",
                                 "BODY.PEEK[HEADER.FIELDS (From \"a b\")]<5.9223372036854775807>",
                                 "BODY[1.HEADER.FIELDS.NOT (To)]",
                                 "BINARY[]",
                                 "BINARY[1.2]<1.2>",
                                 "BINARY.PEEK[1]",
                                 "BINARY.SIZE[1]",
                                 "MODSEQ",
                                 "EMAILID",
                                 "THREADID",
                                 "SAVEDATE",
                                 "PREVIEW",
                                 "PREVIEW (LAZY)"}) {
    const auto bare = parsed<command::Fetch>("FETCH 1:* " + item);
    BOOST_TEST(bare.items.size() == 1u);
    BOOST_TEST(text_of(bare.items[0]) == item);
    const auto listed = parsed<command::Fetch>("UID FETCH $ (FLAGS " + base::to_lower(item) + " UID) (CHANGEDSINCE 5)");
    BOOST_TEST((listed.uid && listed.messages.saved() && listed.changed_since == 5u));
    if (item != "FLAGS" && item != "UID") BOOST_TEST(listed.items.size() == 3u, item);
  }
}

BOOST_AUTO_TEST_CASE(random_fetches_come_back_as_they_were) {
  std::mt19937 random(23);
  for (int round = 0; round < 3000; ++round) {
    std::vector<FetchItem> items;
    std::string text;
    for (auto left = 1 + random() % 5; left > 0; --left) {
      FetchItem item = random_item(random);
      text += (text.empty() ? "" : " ") + text_of(item);
      if (std::ranges::find(items, item) == items.end()) items.push_back(std::move(item));
    }
    BOOST_REQUIRE_MESSAGE((parsed<command::Fetch>("FETCH 1 (" + text + ")").items == items), base::escape(text));
  }
}

BOOST_AUTO_TEST_CASE(fetch_macros_and_modifiers_stand_where_they_may) {
  BOOST_TEST(parsed<command::Fetch>("FETCH 1 ALL").items.size() == 4u);
  BOOST_TEST(parsed<command::Fetch>("FETCH 1 fast").items.size() == 3u);
  BOOST_TEST((parsed<command::Fetch>("FETCH 1 FULL").items.back().kind == FetchItem::Kind::body));
  BOOST_TEST(parsed<command::Fetch>("FETCH 1 (FLAGS UID FLAGS)").items.size() == 2u);
  const auto full = parsed<command::Fetch>("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12345 VANISHED PARTIAL -1:-100)");
  BOOST_TEST((full.vanished && full.partial->from_end && full.partial->last == 100));
  BOOST_TEST(parsed<command::Fetch>("FETCH 1 PREVIEW (CHANGEDSINCE 1)").changed_since.value() == 1u);
  are_refused({"FETCH",
               "FETCH 1",
               "FETCH 1 ",
               "FETCH 0 FLAGS",
               "FETCH 1 ()",
               "FETCH 1 (ALL)",
               "FETCH 1 (FLAGS ALL)",
               "FETCH 1 (FLAGS",
               "FETCH 1 FLAGS)",
               "FETCH 1 FLAGS UID",
               "FETCH 1 (FLAGS  UID)",
               "FETCH 1 X",
               "FETCH 1 BODY[",
               "FETCH 1 BODY[X]",
               "FETCH 1 BODY[0]",
               "FETCH 1 BODY[1.0]",
               "FETCH 1 BODY[1.]",
               "FETCH 1 BODY[.1]",
               "FETCH 1 BODY[MIME]",
               "FETCH 1 BODY[HEADER.FIELDS]",
               "FETCH 1 BODY[HEADER.FIELDS ()]",
               "FETCH 1 BODY[HEADER.FIELDS (A)",
               "FETCH 1 BODY[1HEADER]",
               "FETCH 1 BODY[]<1>",
               "FETCH 1 BODY[]<1.0>",
               "FETCH 1 BODY[]<1.>",
               "FETCH 1 BODY[]<-1.1>",
               "FETCH 1 BODY[]<9223372036854775808.1>",
               "FETCH 1 BODY.PEEK",
               "FETCH 1 BINARY",
               "FETCH 1 BINARY[TEXT]",
               "FETCH 1 BINARY[1.TEXT]",
               "FETCH 1 BINARY.SIZE[1]<1.2>",
               "FETCH 1 BODY[4294967296]",
               "FETCH 1 PREVIEW (X)",
               "FETCH 1 FLAGS (X)",
               "FETCH 1 FLAGS ()",
               "FETCH 1 FLAGS (VANISHED)",
               "FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)",
               "UID FETCH 1 FLAGS (VANISHED)",
               "FETCH 1 FLAGS (PARTIAL 1:2)",
               "UID FETCH 1 FLAGS (PARTIAL 0:2)",
               "UID FETCH 1 FLAGS (PARTIAL 1:-2)",
               "FETCH 1 BODY[TEXT.1]"});
  std::string deep = "1";
  for (int i = 1; i < 100; ++i) deep += ".1";
  are_taken({"FETCH 1 BODY[" + deep + "]"});
  are_refused({"FETCH 1 BODY[" + deep + ".1]"});
}

BOOST_AUTO_TEST_CASE(store_copy_move_and_expunge_take_sets_of_messages) {
  const auto store = parsed<command::Store>("UID STORE 1:4 (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\\deleted x X)");
  BOOST_TEST((store.uid && store.silent && store.mode == command::Store::Mode::add && store.unchanged_since == 12121230045u));
  BOOST_TEST(store.flags == std::vector<std::string>({"\\Deleted", "x"}), boost::test_tools::per_element());
  BOOST_TEST((parsed<command::Store>("STORE 1 -flags a b").mode == command::Store::Mode::remove));
  BOOST_TEST(parsed<command::Store>("STORE 1 -flags a b").flags.size() == 2u);
  BOOST_TEST(parsed<command::Store>("STORE 1 FLAGS ()").flags.empty());
  BOOST_TEST(parsed<command::Copy>("UID MOVE 1 inbox").move);
  BOOST_TEST(!parsed<command::Copy>("COPY 1 inbox").uid);
  BOOST_TEST(parsed<command::Expunge>("UID EXPUNGE 1,5").uids->text() == "1,5");
  are_refused({"STORE",
               "STORE 1",
               "STORE 1 FLAGS",
               "STORE 1 FLAGS ",
               "STORE 1 *FLAGS (a)",
               "STORE 1 FLAGS.LOUD (a)",
               "STORE 1 FLAGS (a",
               "STORE 1 FLAGS (a b )",
               "STORE 1 FLAGS \\",
               "STORE 1 FLAGS \\*",
               "STORE 1 FLAGS (\"a\")",
               "STORE 1 (X 1) FLAGS (a)",
               "STORE 1 (UNCHANGEDSINCE) FLAGS (a)",
               "STORE 1 (UNCHANGEDSINCE 1 2) FLAGS (a)",
               "STORE 1 FLAGS " + std::string(256, 'a'),
               "COPY 1",
               "COPY a b",
               "COPY 1 b c",
               "MOVE 1",
               "UID EXPUNGE",
               "UID EXPUNGE x",
               "STORE + FLAGS (a)",
               "STORE 1 + FLAGS (a)"});
  are_taken({"STORE 1 FLAGS " + std::string(255, 'a')});
}

BOOST_AUTO_TEST_CASE(quota_rights_and_metadata_are_read) {
  BOOST_TEST(parsed<command::GetQuota>("GETQUOTA \"\"").root.empty());
  BOOST_TEST(parsed<command::GetQuotaRoot>("GETQUOTAROOT inbox").mailbox.utf8 == "INBOX");
  const auto quota = parsed<command::SetQuota>("SETQUOTA \"\" (storage 512 MESSAGE 9223372036854775807)");
  BOOST_TEST((quota.limits.size() == 2 && quota.limits[0].first == "STORAGE" && quota.limits[1].second == INT64_MAX));
  const auto acl = parsed<command::SetAcl>("SETACL a \"fred smith\" +lrs");
  BOOST_TEST((acl.mode == command::SetAcl::Mode::add && acl.rights == "lrs" && acl.identifier == "fred smith"));
  BOOST_TEST((parsed<command::SetAcl>("SETACL a -fred \"\"").mode == command::SetAcl::Mode::replace));
  BOOST_TEST(parsed<command::DeleteAcl>("DELETEACL a -fred").identifier == "-fred");
  BOOST_TEST(parsed<command::ListRights>("LISTRIGHTS a b").identifier == "b");
  parsed<command::GetAcl>("GETACL a");
  parsed<command::MyRights>("MYRIGHTS a");
  const auto get =
      parsed<command::GetMetadata>("GETMETADATA (MAXSIZE 1024 DEPTH infinity) \"\" (/shared/comment /private/Comment)");
  BOOST_TEST((get.max_size == 1024u && get.depth == command::GetMetadata::Depth::infinity && get.mailbox.utf8.empty()));
  BOOST_TEST(get.entries[1] == "/private/comment");
  BOOST_TEST((parsed<command::GetMetadata>("GETMETADATA inbox (DEPTH 1) /shared/x").depth == command::GetMetadata::Depth::one));
  const auto set =
      parsed<command::SetMetadata>("SETMETADATA INBOX (/private/a ~{3}\r\na\0b /private/b NIL /private/c {1}\r\nx)"s);
  BOOST_TEST((set.entries[0].second->size() == 3 && !set.entries[1].second && set.entries[2].second == "x"));
  are_refused({"GETQUOTA",
               "SETQUOTA a",
               "SETQUOTA a (x)",
               "SETQUOTA a (x -1)",
               "SETQUOTA a (x 9223372036854775808)",
               "SETACL a b",
               "SETACL a b LRS",
               "SETACL a b +l+r",
               "DELETEACL a",
               "LISTRIGHTS a",
               "GETACL",
               "MYRIGHTS",
               "GETMETADATA a",
               "GETMETADATA a b",
               "GETMETADATA a /b/",
               "GETMETADATA a /b//c",
               "GETMETADATA a /b*",
               "GETMETADATA a ()",
               "GETMETADATA (X) a /b",
               "GETMETADATA (DEPTH 2) a /b",
               "GETMETADATA (MAXSIZE 4294967296) a /b",
               "SETMETADATA a ()",
               "SETMETADATA a (/b)",
               "SETMETADATA a (/b x)",
               "SETMETADATA a (/b {1}\r\n\0)"s});
}

BOOST_AUTO_TEST_CASE(notify_names_mailboxes_and_events) {
  BOOST_TEST(parsed<command::Notify>("NOTIFY NONE").groups.empty());
  const auto notify = parsed<command::Notify>(
      "NOTIFY SET STATUS (selected-delayed (MessageNew (UID BODY.PEEK[HEADER.FIELDS (From)]) messageexpunge)) (subtree (a "
      "&AOQ-) NONE) "
      "(mailboxes inbox (FlagChange X-Odd))");
  BOOST_TEST((notify.status && notify.groups.size() == 3));
  BOOST_TEST((notify.groups[0].filter == NotifyGroup::Filter::selected_delayed && notify.groups[0].events.size() == 2));
  BOOST_TEST(notify.groups[0].events[0].fetch.size() == 2u);
  BOOST_TEST((notify.groups[1].events.empty() && notify.groups[1].names[1].utf8 == "\xc3\xa4"));
  BOOST_TEST((notify.groups[2].names[0].utf8 == "INBOX" && notify.groups[2].events[1].kind == NotifyEvent::Kind::other));
  BOOST_TEST(notify.groups[2].events[1].name == "X-Odd");
  are_refused({"NOTIFY", "NOTIFY X", "NOTIFY SET", "NOTIFY SET STATUS", "NOTIFY SET ()", "NOTIFY SET (selected)",
               "NOTIFY SET (selected ())", "NOTIFY SET (X NONE)", "NOTIFY SET (mailboxes NONE)",
               "NOTIFY SET (mailboxes () NONE)", "NOTIFY SET (selected (MessageNew ()))", "NOTIFY SET (selected NONE",
               "NOTIFY SET (selected NONE) ", "NOTIFY NONE x"});
}

BOOST_AUTO_TEST_CASE(notify_holds_a_thousand_names_and_events_in_all_groups) {
  const auto names = [](std::size_t count) {
    std::string group = "(mailboxes (";
    for (std::size_t i = 0; i < count; ++i) group += i == 0 ? "a" : " a";
    return group + ") NONE)";
  };
  const auto most = parsed<command::Notify>("NOTIFY SET " + names(600) + " " + names(398) + " (personal (MessageNew (UID)))");
  BOOST_TEST(most.groups[1].names.size() == 398u);
  are_refused({"NOTIFY SET " + names(600) + " " + names(399) + " (personal (MessageNew (UID)))"});
}

BOOST_AUTO_TEST_SUITE_END()
