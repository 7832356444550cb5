#include "imap_commands.hpp"

using namespace understudy;
using namespace understudy::mail::imap;
using namespace understudy::mail::imap::tests;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(imap_command)

BOOST_AUTO_TEST_CASE(commands_without_arguments_take_none_and_come_in_any_case) {
  parsed<command::Capability>("CAPABILITY");
  parsed<command::Noop>("noop");
  parsed<command::Logout>("LogOut");
  parsed<command::StartTls>("STARTTLS");
  parsed<command::Check>("CHECK");
  parsed<command::Close>("CLOSE");
  parsed<command::Unselect>("UNSELECT");
  parsed<command::Namespace>("NAMESPACE");
  parsed<command::Idle>("IDLE");
  BOOST_TEST(!parsed<command::Expunge>("EXPUNGE").uids);
  parsed<command::CompressDeflate>("COMPRESS deflate");
  are_refused({"NOOP ", "NOOP x", "NOOP\t", "LOGOUT now", "EXPUNGE 1", "COMPRESS", "COMPRESS GZIP", "UID NOOP", "UID", "UID ",
               "X", "", "NOOPX", " NOOP", "UIDEXPUNGE 1", "UID UID EXPUNGE 1"});
}

BOOST_AUTO_TEST_CASE(a_tag_is_needed_and_told_where_it_could_be_read) {
  for (const auto text :
       {"", " ", " NOOP", "+ NOOP", "a+ NOOP", "(a NOOP", "a{1} NOOP", "a* NOOP", "\"a\" NOOP", "\xc3\xa4 NOOP"}) {
    const auto got = parse_command(text, rev1);
    BOOST_TEST_CONTEXT(text) BOOST_TEST((!got && got.error().tag.empty()));
  }
  BOOST_TEST(parse_command("a]=. NOOP", rev1)->tag == "a]=.");
  BOOST_TEST(parse_command(std::string(128, 'a') + " NOOP", rev1).has_value());
  BOOST_TEST(!parse_command(std::string(129, 'a') + " NOOP", rev1).has_value());
  BOOST_TEST(parse_command("tag", rev1).error().tag == "tag");
  BOOST_TEST(is_done("done"));
  BOOST_TEST(!is_done("DONE "));
}

BOOST_AUTO_TEST_CASE(login_takes_strings_of_every_kind) {
  const auto login = parsed<command::Login>("LOGIN fred]x \"a \\\"b\\\\\"");
  BOOST_TEST(login.user == "fred]x");
  BOOST_TEST(login.password == "a \"b\\");
  BOOST_TEST(parsed<command::Login>("LOGIN {5}\r\na\r\nb) {0+}\r\n").user == "a\r\nb)");
  BOOST_TEST(parsed<command::Login>("LOGIN a {2}\r\n\xc3\xa4").password == "\xc3\xa4");
  BOOST_TEST(parsed<command::Login>("LOGIN a \"\xc3\xa4\"", rev2).password == "\xc3\xa4");
  are_refused({"LOGIN",
               "LOGIN a",
               "LOGIN a ",
               "LOGIN a b c",
               "LOGIN  a b",
               "LOGIN a \"b",
               "LOGIN a b\"",
               "LOGIN \"a\\x\" b",
               "LOGIN \"a\"b",
               "LOGIN a \"\xc3\xa4\"",
               "LOGIN a \xc3\xa4",
               "LOGIN a (b)",
               "LOGIN a {3}\r\nab",
               "LOGIN a {-1}",
               "LOGIN a {}\r\n",
               "LOGIN a {99999999999999999999}\r\n",
               "LOGIN a {1}x",
               "LOGIN a ~{1}\r\nx",
               "LOGIN a {1}\r\n\0"s,
               "LOGIN a \"x\0\""s,
               "LOGIN a \"\r\""});
  are_refused({"LOGIN a \"\xff\""}, rev2);
}

BOOST_AUTO_TEST_CASE(commands_of_the_session_carry_what_was_sent) {
  const auto sasl = parsed<command::Authenticate>("AUTHENTICATE scram-sha-256 biwsbj11c2VyLHI9eA==");
  BOOST_TEST(sasl.mechanism == "SCRAM-SHA-256");
  BOOST_TEST(sasl.initial.value() == "biwsbj11c2VyLHI9eA==");
  BOOST_TEST(parsed<command::Authenticate>("AUTHENTICATE PLAIN =").initial.value() == "=");
  BOOST_TEST(!parsed<command::Authenticate>("AUTHENTICATE PLAIN").initial);
  BOOST_TEST(parsed<command::Enable>("ENABLE condstore UTF8=accept").capabilities ==
                 std::vector<std::string>({"CONDSTORE", "UTF8=ACCEPT"}),
             boost::test_tools::per_element());
  BOOST_TEST(parsed<command::Id>("ID nil").fields.empty());
  BOOST_TEST(parsed<command::Id>("ID ()").fields.empty());
  const auto id = parsed<command::Id>("ID (\"name\" \"x\" \"version\" NIL)");
  BOOST_TEST(id.fields.size() == 2u);
  BOOST_TEST(id.fields[0].second.value() == "x");
  BOOST_TEST(!id.fields[1].second);
  are_refused({"AUTHENTICATE", "AUTHENTICATE PLAIN a b", "AUTHENTICATE PLAIN a-b", "AUTHENTICATE \"PLAIN\"", "ENABLE",
               "ENABLE ", "ENABLE a ", "ENABLE (a)", "ID", "ID x", "ID (\"a\")", "ID (a NIL)",
               "ID (\"" + std::string(31, 'a') + "\" NIL)", "ID nilx", "ID (\"a\" \"" + std::string(1025, 'a') + "\")"});
  std::string fields;
  for (int i = 0; i < 30; ++i) fields += (i == 0 ? "\"a\" NIL" : " \"a\" NIL");
  are_taken({"ID (" + fields + ")"});
  are_refused({"ID (" + fields + " \"a\" NIL)"});
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_well_formed_is_no_syntax_error) {
  const auto bad = parsed<command::Create>("CREATE &AOQ");
  BOOST_TEST((!bad.mailbox.good() && bad.mailbox.utf8 == "&AOQ"));
  BOOST_TEST(parsed<command::Create>("CREATE &AOQ", rev2).mailbox.utf8 == "&AOQ");
  BOOST_TEST(parsed<command::Create>("CREATE &AOQ-").mailbox.utf8 == "\xc3\xa4");
  BOOST_TEST(parsed<command::Create>("CREATE \"\xc3\xa4\"", rev2).mailbox.utf8 == "\xc3\xa4");
  BOOST_TEST(!parsed<command::Create>("CREATE {2}\r\n\xc3\xa4").mailbox.good());
  BOOST_TEST(!parsed<command::Rename>("RENAME a {3}\r\na\nb").to.good());
  BOOST_TEST(!parsed<command::Delete>("DELETE " + std::string(5000, 'a')).mailbox.good());
  BOOST_TEST(parsed<command::Select>("SELECT inBox").mailbox.utf8 == "INBOX");
  are_refused({"CREATE", "CREATE ", "CREATE a%", "CREATE a*", "CREATE (a)", "CREATE \xc3\xa4", "CREATE a b", "CREATE a ()",
               "CREATE a (X)", "CREATE a (USE \\Sent)", "CREATE a (USE (Sent))", "CREATE a (USE (\\Sent)", "DELETE", "RENAME a",
               "RENAME a b c", "SUBSCRIBE", "UNSUBSCRIBE a b"});
  BOOST_TEST(parsed<command::Create>("CREATE a (USE (\\sent \\x))").special_use == std::vector<std::string>({"\\Sent", "\\x"}),
             boost::test_tools::per_element());
  parsed<command::Subscribe>("SUBSCRIBE #news/a");
  parsed<command::Unsubscribe>("UNSUBSCRIBE \"\"");
}

BOOST_AUTO_TEST_CASE(select_takes_condstore_and_qresync) {
  BOOST_TEST(!parsed<command::Select>("SELECT a").condstore);
  BOOST_TEST(parsed<command::Select>("EXAMINE a (condstore)").read_only);
  const auto full = parsed<command::Select>("SELECT a (QRESYNC (67890007 90060115194045000 41:211,1 (1,3,5 2:4)))");
  BOOST_TEST(full.condstore);
  BOOST_TEST(full.qresync->uid_validity == 67890007u);
  BOOST_TEST(full.qresync->mod_sequence == 90060115194045000u);
  BOOST_TEST(full.qresync->known_uids->text() == "1,41:211");
  BOOST_TEST(full.qresync->match_sequence.text() == "1,3,5");
  BOOST_TEST(full.qresync->match_uids.text() == "2:4");
  BOOST_TEST(!parsed<command::Select>("SELECT a (QRESYNC (1 2))").qresync->known_uids);
  BOOST_TEST(!parsed<command::Select>("SELECT a (QRESYNC (1 2 (1 2)) CONDSTORE)").qresync->known_uids);
  are_refused({"SELECT", "SELECT a ", "SELECT a ()", "SELECT a (X)", "SELECT a CONDSTORE", "SELECT a (QRESYNC)",
               "SELECT a (QRESYNC ())", "SELECT a (QRESYNC (0 1))", "SELECT a (QRESYNC (1 0))", "SELECT a (QRESYNC (1 1 1:*))",
               "SELECT a (QRESYNC (1 1 1 2))", "SELECT a (QRESYNC (1 1 (1:3 1)))", "SELECT a (QRESYNC (1 1 (1 2))",
               "SELECT a (QRESYNC (4294967296 1))", "SELECT a (QRESYNC (1 9223372036854775808))",
               "SELECT a (QRESYNC (1 1) QRESYNC (1 1))"});
}

BOOST_AUTO_TEST_CASE(list_takes_its_extended_forms) {
  const auto plain = parsed<command::List>("LIST \"\" %");
  BOOST_TEST((!plain.extended && plain.patterns.size() == 1 && plain.patterns[0].utf8 == "%"));
  BOOST_TEST(parsed<command::List>("LIST a &AOQ-*").patterns[0].utf8 == "\xc3\xa4*");
  const auto full = parsed<command::List>(
      "LIST (SUBSCRIBED REMOTE RECURSIVEMATCH SPECIAL-USE) \"\" (\"INBOX\" {1}\r\n* a%) RETURN (SUBSCRIBED CHILDREN "
      "SPECIAL-USE "
      "STATUS (MESSAGES UNSEEN MESSAGES) MYRIGHTS METADATA (/shared/A \"/private/b\"))");
  BOOST_TEST(
      (full.extended && full.select_subscribed && full.select_remote && full.select_recursive && full.select_special_use));
  BOOST_TEST((full.return_subscribed && full.return_children && full.return_special_use && full.return_my_rights));
  BOOST_TEST(full.patterns.size() == 3u);
  BOOST_TEST((full.return_status == std::vector{StatusItem::messages, StatusItem::unseen}));
  BOOST_TEST(full.return_metadata == std::vector<std::string>({"/shared/a", "/private/b"}), boost::test_tools::per_element());
  BOOST_TEST(parsed<command::List>("LIST () \"\" % RETURN ()").extended);
  BOOST_TEST(parsed<command::Lsub>("LSUB \"\" %").pattern.utf8 == "%");
  are_refused({"LIST", "LIST \"\"", "LIST \"\" ()", "LIST \"\" % RETURN", "LIST \"\" % RETURN (X)", "LIST \"\" % (CHILDREN)",
               "LIST (RECURSIVEMATCH) \"\" %", "LIST (RECURSIVEMATCH REMOTE) \"\" %", "LIST (X) \"\" %",
               "LIST \"\" % RETURN (STATUS ())", "LIST \"\" % RETURN (METADATA)", "LIST \"\" % RETURN (METADATA (a))",
               "LIST % %", "LSUB \"\"", "LSUB \"\" (%)", "LIST \"\" (% ) "});
}

BOOST_AUTO_TEST_CASE(status_knows_each_of_its_items) {
  const auto status = parsed<command::Status>(
      "STATUS inbox (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED DELETED-STORAGE SIZE HIGHESTMODSEQ MAILBOXID "
      "appendlimit)");
  BOOST_TEST(status.items.size() == 11u);
  BOOST_TEST((status.items[6] == StatusItem::deleted_storage && status.items.back() == StatusItem::append_limit));
  are_refused({"STATUS a", "STATUS a ()", "STATUS a MESSAGES", "STATUS a (X)", "STATUS a (MESSAGES,UNSEEN)",
               "STATUS a (MESSAGES) x", "STATUS a (DELETEDX)"});
}

BOOST_AUTO_TEST_CASE(a_log_is_told_the_name_of_a_command_and_nothing_else) {
  for (const auto& [text, name] : std::vector<std::pair<std::string, std::string>>{{"a login fred secret", "LOGIN"},
                                                                                   {"a UID fetch 1 FLAGS", "UID FETCH"},
                                                                                   {"a uid move 1 x", "UID MOVE"},
                                                                                   {"a APPEND x {1}\r\n", "APPEND"},
                                                                                   {"a UID LOGIN x y", ""},
                                                                                   {"secret", ""},
                                                                                   {"a secret", ""},
                                                                                   {"", ""}})
    BOOST_TEST(known_name(text) == name, text);
}

BOOST_AUTO_TEST_CASE(lists_are_as_long_as_their_limits_and_no_longer) {
  ParseContext small;
  small.limits.list_items = small.limits.fetch_items = small.limits.patterns = 3;
  are_taken(
      {"STORE 1 FLAGS (a b c)", "STORE 1 FLAGS a b c", "LIST \"\" (a b c)", "FETCH 1 (UID FLAGS BODY)", "ENABLE a b c",
       "APPEND a {1}\r\n {1}\r\n {1}\r\n", "FETCH 1 BODY[HEADER.FIELDS (a b c)]", "APPEND a CATENATE (URL a URL b URL c)"},
      small);
  are_refused({"STORE 1 FLAGS (a b c d)", "STORE 1 FLAGS a b c d", "LIST \"\" (a b c d)", "FETCH 1 (UID FLAGS BODY MODSEQ)",
               "ENABLE a b c d", "APPEND a {1}\r\n {1}\r\n {1}\r\n {1}\r\n", "FETCH 1 BODY[HEADER.FIELDS (a b c d)]",
               "APPEND a CATENATE (URL a URL b URL c URL d)"},
              small);
}

BOOST_AUTO_TEST_SUITE_END()
