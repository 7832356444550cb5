#include "app/admin/answers.hpp"
#include "tests/unit/app/admin_world.hpp"

using namespace understudy;
using Status = app::AdminAnswer::Status;

BOOST_FIXTURE_TEST_SUITE(api, test::AdminWorld)

BOOST_AUTO_TEST_CASE(wrong_arguments_are_refused_before_anything_is_done) {
  const struct {
    const char* verb;
    const char* arguments;
    const char* says;
  } cases[] = {
      {"nonsense", "{}", "no such verb: nonsense"},
      {"", "{}", "no such verb"},
      {"account/add", "{}", "account: is missing"},
      {"account/add", R"({"account":5})", "account: must be text"},
      {"account/add", R"({"account":"a@example.org","aliases":"b@example.org"})", "aliases: must be a list of texts"},
      {"account/add", R"({"account":"a@example.org","aliases":[1]})", "aliases: must be a list of texts"},
      {"account/add", R"({"account":"a@example.org","pasword":"x"})", "pasword: is no argument"},
      {"account/add", R"({"account":null})", "account: must be text"},
      {"message/show", R"({"account":"a@example.org","folder":"INBOX","uid":-1})", "uid: must be a whole number"},
      {"message/show", R"({"account":"a@example.org","folder":"INBOX","uid":1.5})", "uid: must be a whole number"},
      {"message/show", R"({"account":"a@example.org","folder":"INBOX","uid":4294967296})", "uid: must be a whole number"},
      {"message/move", R"({"account":"a@example.org","folder":"INBOX","uid":1})", "to: is missing"},
      {"account/compare", R"({"accounts":[7]})", "accounts: must be a list of objects"},
      {"account/compare", R"({"accounts":[{"address":7}]})", "accounts: address: must be text"},
      {"journal/verify", R"({"bodies":2})", "bodies: must be a whole number"},
  };
  const auto before = kept();
  for (const auto& each : cases) {
    const auto answer = ask(each.verb, boost::json::parse(each.arguments).as_object());
    const auto said = boost::json::serialize(answer.value);
    BOOST_TEST(answer.status == Status::wrong_usage, each.verb);
    BOOST_TEST(said.find(each.says) != std::string::npos, said);
  }
  BOOST_TEST((kept() == before));
}

BOOST_AUTO_TEST_CASE(settings_are_those_of_the_sections_asked_for_and_never_secret) {
  settings = {{"passthrough.create_mailbox", "true"},
              {"account a.password", "{SCRAM}", conf::Setting::Show::secret},
              {"server.data", "/d"}};
  BOOST_TEST(boost::json::serialize(get("server/settings")) ==
             R"([{"key":"passthrough.create_mailbox","value":"true"},{"key":"server.data","value":"/d"}])");
  BOOST_TEST(get("server/settings", {{"sections", {"passthrough"}}}).as_array().size() == 1);
}

BOOST_AUTO_TEST_CASE(reload_tells_what_changed_or_what_is_wrong_with_the_file) {
  reloaded = std::vector<std::string>{"queue.expiry: 5d -> 4d"};
  BOOST_TEST(boost::json::serialize(get("server/reload")) == R"(["queue.expiry: 5d -> 4d"])");
  reloaded = base::fail("f:3:1: [nonsense]: unknown", base::errc::malformed);
  const auto wrong = ask("server/reload");
  BOOST_TEST(wrong.status == Status::wrong_usage);
  BOOST_TEST(boost::json::serialize(wrong.value) == R"({"error":"f:3:1: [nonsense]: unknown"})");
  reloaded = base::fail("bind", base::errc::io);
  BOOST_TEST(status("server/reload") == Status::failed);
}

BOOST_AUTO_TEST_CASE(json_text_is_utf8_whatever_the_octets) {
  const std::pair<std::string, std::string> cases[] = {{"plain", "plain"},
                                                       {"\xc3\xa9", "\xc3\xa9"},
                                                       {"a\xff", "a\xef\xbf\xbd"},
                                                       {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
                                                       {"\xc3"
                                                        "a",
                                                        "\xef\xbf\xbd"
                                                        "a"},
                                                       {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}};
  for (const auto& [octets, text] : cases) BOOST_TEST(std::string(app::json_text(octets)) == text);
}

BOOST_AUTO_TEST_CASE(a_time_is_written_in_utc_with_milliseconds) {
  BOOST_TEST(app::json_time(base::WallTime(std::chrono::milliseconds(1772366400007))) == "2026-03-01T12:00:00.007Z");
  BOOST_TEST(app::json_time(base::WallTime(std::chrono::milliseconds(-1))) == "1969-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_SUITE_END()
