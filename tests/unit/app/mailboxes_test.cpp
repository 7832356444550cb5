#include "tests/unit/app/admin_world.hpp"

using namespace understudy;
using test::text_of;
using Status = app::AdminAnswer::Status;

namespace {

const std::string bob = "bob@example.org";

struct World : test::AdminWorld {
  /// A message in a folder of bob's; its UID.
  std::uint64_t file(const std::string& octets, const std::string& folder = "INBOX") {
    BOOST_REQUIRE(accept(test::Letter(octets).to(bob).file(bob, folder)));
    return rows(folder).back().as_object().at("uid").to_number<std::uint64_t>();
  }
  boost::json::array rows(const std::string& folder = "INBOX") {
    return list("message/list", {{"account", bob}, {"folder", folder}});
  }
  boost::json::object named(std::uint64_t uid, const std::string& folder = "INBOX") {
    return {{"account", bob}, {"folder", folder}, {"uid", uid}};
  }
  std::string exported(std::uint64_t uid) {
    auto answer = ask("message/export", named(uid));
    BOOST_REQUIRE(answer.octets.has_value());
    std::string all;
    while (all.size() < answer.octets->size) {
      auto piece = answer.octets->read(all.size());
      BOOST_REQUIRE((piece && !piece->empty()));
      BOOST_TEST(piece->size() <= archive::store::Bodies::max_chunk);
      all += *piece;
    }
    return all;
  }
  std::string flags(std::uint64_t uid) {
    for (const auto& row : rows())
      if (row.as_object().at("uid") == uid) return boost::json::serialize(row.as_object().at("flags"));
    return "gone";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mailboxes, World)

BOOST_AUTO_TEST_CASE(a_message_is_listed_shown_and_exported_octet_by_octet) {
  const test::Letter letter("From: sender@world.example\r\nSubject: hello\r\n\r\n" + std::string(1'000'000, 'z') + "\r\n");
  BOOST_REQUIRE(accept(test::Letter(letter).to(bob).file(bob)));
  const auto listed = rows();
  BOOST_REQUIRE(listed.size() == 1);
  const auto& row = listed[0].as_object();
  BOOST_TEST(row.at("size").to_number<std::uint64_t>() == letter.handed().size());
  BOOST_TEST(text_of(row, "journal") == "0.0");
  BOOST_TEST(text_of(row, "from") == "sender@world.example");
  BOOST_TEST((exported(1) == letter.handed()));
  const auto header = boost::json::serialize(get("message/show", named(1)).as_object().at("header"));
  BOOST_TEST(
      header ==
      R"([{"name":"Received","value":"by archive.example.org"},{"name":"From","value":"sender@world.example"},{"name":"Subject","value":"hello"}])");
}

BOOST_AUTO_TEST_CASE(octets_that_are_no_utf8_come_as_json_that_is) {
  file(
      "Subject: a\x1b[2J\xff"
      "b\r\n\r\n");
  for (const auto& value : {boost::json::serialize(rows()), boost::json::serialize(get("message/show", named(1)))}) {
    BOOST_TEST(base::is_utf8(value), value);
    BOOST_TEST(value.find('\x1b') == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_not_found) {
  file("one");
  BOOST_TEST(status("message/show", named(2)) == Status::not_found);
  BOOST_TEST(status("message/export", named(1, "Nowhere")) == Status::not_found);
  BOOST_TEST(status("message/list", {{"account", "nobody@example.org"}, {"folder", "INBOX"}}) == Status::not_found);
  BOOST_TEST(status("message/delete", named(2)) == Status::not_found);
  BOOST_TEST(status("message/list", {{"account", bob}, {"folder", "INBOX"}, {"after", "one"}}) == Status::wrong_usage);
}

BOOST_AUTO_TEST_CASE(flags_are_set_added_and_removed) {
  file("one");
  const auto flag = [this](boost::json::array words, const char* how) {
    auto arguments = named(1);
    arguments["flags"] = std::move(words);
    arguments["how"] = how;
    return status("message/flag", arguments);
  };
  BOOST_TEST(flag({"seen", "$Work"}, "set") == Status::done);
  BOOST_TEST(flags(1) == R"(["\\Seen","$Work"])");
  BOOST_TEST(flag({"\\Flagged", "$Junk"}, "add") == Status::done);
  BOOST_TEST(flags(1) == R"(["\\Seen","\\Flagged","$Junk","$Work"])");
  BOOST_TEST(flag({"SEEN", "$Work"}, "remove") == Status::done);
  BOOST_TEST(flags(1) == R"(["\\Flagged","$Junk"])");
  BOOST_TEST(flag({}, "set") == Status::done);
  BOOST_TEST(flags(1) == "[]");
  BOOST_TEST(flag({"two words"}, "set") == Status::wrong_usage);
  BOOST_TEST(flag({"\\Recent"}, "set") == Status::wrong_usage);
  BOOST_TEST(flag({"seen"}, "toggle") == Status::wrong_usage);
}

BOOST_AUTO_TEST_CASE(a_message_moves_is_copied_and_deleted_under_new_uids) {
  const auto first = file("one");
  auto words = named(first);
  words["to"] = "Archive";
  BOOST_TEST(get("message/copy", words).as_object().at("uid") == 1);
  BOOST_TEST(get("message/move", words).as_object().at("uid") == 2);
  BOOST_TEST(rows().empty());
  BOOST_TEST(rows("Archive").size() == 2);
  get("message/delete", named(1, "Archive"));
  BOOST_TEST(rows("Archive").size() == 1);
  BOOST_TEST(status("message/move", words) == Status::not_found);
  BOOST_TEST(list("journal/list").size() == 1);  // whatever was deleted, the journal keeps
}

BOOST_AUTO_TEST_CASE(what_is_deleted_is_in_the_bin_until_it_is_put_back_or_the_bin_is_emptied) {  // VP-29
  const auto bin = [this](std::string folder = {}, std::string search = {}) {
    return list("bin/list", {{"account", bob}, {"folder", folder}, {"search", search}});
  };
  for (const char* text : {"Subject: one\r\nFrom: ann@x.example\r\n\r\n", "Subject: two\r\n\r\n", "Subject: three\r\n\r\n"})
    file(text);
  BOOST_TEST(bin().empty());
  for (int uid = 1; uid <= 3; ++uid) BOOST_TEST(get("message/delete", named(uid)).as_object().at("uid") == uid);
  BOOST_TEST(status("message/delete", named(1)) == Status::not_found);
  BOOST_TEST(rows().empty());
  BOOST_REQUIRE(bin().size() == 3u);
  const auto first = bin().front().as_object();
  BOOST_TEST((text_of(first, "folder") == "INBOX" && first.at("was_uid") == 1 && text_of(first, "subject") == "one"));
  BOOST_TEST(
      (text_of(first, "by") == "administrator" && !text_of(first, "who").empty() && !text_of(first, "deleted_at").empty()));
  BOOST_TEST((bin("INBOX").size() == 3u && bin("Sent").empty()));
  BOOST_TEST((bin("", "TWO").size() == 1u && bin("", "ann@").size() == 1u && bin("", "four").empty()));

  BOOST_TEST(get("bin/restore", {{"account", bob}, {"uids", "1,3"}}).as_object().at("messages") == 2);
  BOOST_TEST((rows().size() == 2u && bin().size() == 1u));
  BOOST_TEST(get("bin/restore", {{"account", bob}, {"uids", "1,3"}}).as_object().at("messages") == 0);
  BOOST_TEST(get("bin/empty", {{"account", bob}, {"uids", "all"}}).as_object().at("messages") == 1);
  BOOST_TEST(bin().empty());
  for (const char* wrong : {"", "0", "x", "all,1"})
    BOOST_TEST(status("bin/empty", {{"account", bob}, {"uids", wrong}}) == Status::wrong_usage);
  BOOST_TEST(status("bin/list", {{"account", "nobody@example.org"}}) == Status::not_found);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_removed_leaves_its_messages_in_the_bin) {
  file("one");
  auto words = named(1);
  words["to"] = "Archive";
  get("message/move", words);
  get("mailbox/remove", {{"account", bob}, {"folder", "Archive"}});
  BOOST_REQUIRE(list("bin/list", {{"account", bob}}).size() == 1u);
  get("bin/restore", {{"account", bob}, {"uids", "all"}});
  BOOST_TEST(rows("Archive").size() == 1u);
  BOOST_TEST(status("mailbox/remove", {{"account", bob}, {"folder", "Recycle Bin"}}) == Status::failed);
}

BOOST_AUTO_TEST_CASE(a_large_folder_goes_into_the_bin_in_several_commits_and_one_that_stays_loses_nothing) {
  constexpr std::size_t all = 4'500;
  for (std::size_t i = 0; i < all; ++i) BOOST_REQUIRE(accept(test::Letter(std::to_string(i)).to(bob).file(bob, "Large")));
  for (std::size_t i = 0; i < 2'100; ++i) BOOST_REQUIRE(accept(test::Letter("in " + std::to_string(i)).to(bob).file(bob)));
  get("mailbox/remove", {{"account", bob}, {"folder", "Large"}});
  const auto number = number_of(bob);
  const auto state = *archive::mailbox::load_state(store(), number);
  const auto origins = *archive::mailbox::bin_origins(store(), number, *state.bin(), 1, 0xffffffff);
  BOOST_TEST(origins.size() == 3u);
  BOOST_TEST(state.folders.at(*state.bin()).messages == all);
  BOOST_TEST(!state.find("Large"));
  BOOST_TEST(status("mailbox/remove", {{"account", bob}, {"folder", "INBOX"}}) == Status::failed);
  BOOST_TEST(rows().size() == 2'100u);
}

BOOST_AUTO_TEST_CASE(folders_are_made_renamed_with_what_is_below_and_removed) {
  file("one");
  get("mailbox/create", {{"account", bob}, {"folder", "Work"}});
  get("mailbox/create", {{"account", bob}, {"folder", "Work/2026"}});
  BOOST_TEST(status("mailbox/create", {{"account", bob}, {"folder", "Work"}}) == Status::failed);
  BOOST_TEST(status("mailbox/create", {{"account", bob}, {"folder", "a//b"}}) == Status::wrong_usage);
  get("mailbox/rename", {{"account", bob}, {"folder", "Work"}, {"to", "Old"}});
  const auto names = boost::json::serialize(list("mailbox/list", {{"account", bob}}));
  BOOST_TEST(names.find("\"Old/2026\"") != std::string::npos, names);
  get("mailbox/remove", {{"account", bob}, {"folder", "Old/2026"}});
  BOOST_TEST(status("mailbox/remove", {{"account", bob}, {"folder", "INBOX"}}) == Status::failed);
  BOOST_TEST(list("mailbox/list", {{"account", bob}}).size() == 7);
}

BOOST_AUTO_TEST_CASE(a_large_folder_comes_in_pages_that_miss_and_repeat_nothing) {
  const std::size_t all = app::AdminApi::page_rows * 2;  // the last page is full
  for (std::size_t i = 0; i < all; ++i) BOOST_REQUIRE(accept(test::Letter(std::to_string(i)).to(bob).file(bob)));
  const auto listed = rows();
  BOOST_REQUIRE(listed.size() == all);
  for (std::size_t i = 0; i < all; ++i) BOOST_REQUIRE(listed[i].as_object().at("uid") == i + 1);
  const auto journal = list("journal/list");
  BOOST_REQUIRE(journal.size() == all);
  for (std::size_t i = 0; i < all; ++i) BOOST_REQUIRE(text_of(journal[i], "position") == "0." + std::to_string(i));
}

BOOST_AUTO_TEST_CASE(what_was_kept_for_somebody_is_assigned_to_him_once) {
  const std::string keeper = "undelivered@example.org", carol = "carol@example.org", dave = "dave@example.org";
  const auto letter = test::Letter("Subject: for two\r\n\r\nhello\r\n")
                          .to(carol)
                          .file(keeper, "INBOX", carol)
                          .to(dave)
                          .file(keeper, "INBOX", dave);
  BOOST_REQUIRE(accept(letter));
  const auto count = [this](const std::string& account) { return messages(account).size(); };
  BOOST_TEST(count(keeper) == 2u);
  const auto assigned = [this](const std::string& account) {
    return get("mailbox/assign", {{"account", account}}).as_object().at("messages").to_number<int>();
  };
  BOOST_TEST(assigned(carol) == 1);
  BOOST_TEST(assigned(carol) == 0);  // the other one is not hers
  BOOST_TEST(count(carol) == 1u);
  BOOST_TEST(count(keeper) == 1u);
  BOOST_TEST((octets_of(messages(carol).at(0).message.body) == letter.handed()));
  BOOST_TEST(messages(carol).at(0).message.position.text() == "0.0");
  BOOST_REQUIRE(accept(letter));  // sent again: it was filled once
  BOOST_TEST(count(carol) == 1u);
  BOOST_TEST(assigned(dave) == 1);
  BOOST_TEST(count(keeper) == 0u);
  BOOST_TEST(status("mailbox/assign", {{"account", keeper}}) == Status::failed);
}

BOOST_AUTO_TEST_SUITE_END()
