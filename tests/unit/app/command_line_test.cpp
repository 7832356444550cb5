#include "app/verbs/command_line.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <sys/stat.h>

#include "app/verbs/init.hpp"
#include "app/write_file.hpp"
#include "tests/support/temp_dir.hpp"

using namespace understudy;

namespace {

struct Ran {
  int status = 0;
  std::string out, err;
  std::string served;
};

Ran run(std::vector<std::string> words, const std::string& input = {}) {
  std::ostringstream out, err;
  std::istringstream in(input);
  app::Context context{.out = out, .err = err, .in = in};
  Ran ran;
  ran.status = app::run(words, context, [&ran](const std::string& file) {
    ran.served = file;
    return 7;
  });
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct World : sim::TempDir {
  std::string file = (path() / "understudy.toml").string();
  /// `understudy init` of a primary, with more words.
  Ran init(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"init",   "--role",     "primary",    "--domain",           "example.org",
                                      "--data", path() / "d", "--hostname", "mailbox.example.org"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command_line, World)

BOOST_AUTO_TEST_CASE(wrong_usage_is_status_2_and_names_what_is_wrong) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{}, "see `understudy --help`"},
      {{"nonsense"}, "no verb \"nonsense\""},
      {{"queue"}, "see `understudy queue --help`"},
      {{"queue", "nonsense"}, "no verb \"nonsense\": see `understudy queue --help`"},
      {{"queue", "list", "--nonsense"}, "--nonsense"},
      {{"queue", "list", "extra"}, "extra"},
      {{"queue", "show"}, "ID is required"},
      {{"message", "list"}, "ACCOUNT is required"},
      {{"message", "list", "a@example.org"}, "FOLDER is required"},
      {{"message", "export", "a@example.org", "INBOX", "one"}, "UID"},
      {{"message", "export", "a@example.org", "INBOX", "-1"}, "-1"},
      {{"message", "flag", "a@example.org", "INBOX", "1", "seen", "--add", "--remove"}, "--add"},
      {{"account", "passwd", "a@example.org", "--none", "--password-stdin"}, "--none"},
      {{"passthrough", "enable"}, "--archive HOST"},
      {{"passthrough", "enable", "--archive", "a", "--primary", "b"}, "--archive HOST"},
      {{"journal", "verify", "--partition", "65536"}, "65536"},
      {{"init", "--role", "secondary", "--domain", "example.org"}, "--role"},
      {{"init", "--role", "archive", "--domain", "example.org"}, "--peer"},
      {{"init", "--role", "archive", "--domain", "example.org", "--peer", "mailbox.invalid"},
       "--peer-network is missing: mailbox.invalid has no address yet"},
      {{"init", "--role", "archive", "--domain", "example.org", "--peer", "192.0.2.10", "--submission", "0.0.0.0:587"},
       "--submission is for a primary"},
  };
  for (const auto& [words, says] : cases) {
    const auto ran = run(words);
    BOOST_TEST(ran.status == 2, says);
    BOOST_TEST(ran.err.find(says) != std::string::npos, ran.err);
    BOOST_TEST(ran.out == "");
  }
}

BOOST_AUTO_TEST_CASE(help_and_version_are_no_failure) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--help"}, {"queue", "--help"}, {"--version"}, {"version"}}) {
    const auto ran = run(words);
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(ran.out.find("nderstudy") + ran.out.find("queue") != 2 * std::string::npos, ran.out);
  }
}

BOOST_AUTO_TEST_CASE(serve_gets_the_file_and_gives_the_status) {
  const auto before = run({"--config", "/a.toml", "serve"}), behind = run({"serve", "--config", "/b.toml"});
  BOOST_TEST(before.served == "/a.toml");
  BOOST_TEST(behind.served == "/b.toml");
  BOOST_TEST(behind.status == 7);
  BOOST_TEST(run({"serve"}).served == "/etc/understudy/understudy.toml");
}

BOOST_AUTO_TEST_CASE(a_verb_without_a_server_fails_and_says_where_it_looked) {
  BOOST_REQUIRE(init({"--output", file}).status == 0);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"queue", "list"},
                                             {"status"},
                                             {"reload"},
                                             {"journal", "verify"},
                                             {"message", "export", "a@example.org", "INBOX", "1"}}) {
    auto all = words;
    all.insert(all.end(), {"--config", file});
    const auto ran = run(all);
    BOOST_TEST(ran.status == 1);
    BOOST_TEST(ran.out == "");
    BOOST_TEST(
        ran.err.find("the server does not run: no admin socket at " + (path() / "d/admin.sock").string()) != std::string::npos,
        ran.err);
  }
}

BOOST_AUTO_TEST_CASE(init_of_an_archive_has_a_door_for_readers_only_where_it_is_told_to) {
  const std::vector<std::string> archive = {"init", "--role", "archive", "--domain", "example.org", "--peer", "192.0.2.10"};
  auto told = archive;
  told.insert(told.end(), {"--imap", "192.0.2.20:993", "--pop3", "192.0.2.20:995"});
  const auto without = run(archive), with = run(told);
  BOOST_TEST(without.status == 0, without.err);
  BOOST_TEST(without.out.find("\n# protocol = \"imap\"") != std::string::npos, without.out);
  BOOST_TEST(without.out.find("\nprotocol = \"imap\"") == std::string::npos, without.out);
  BOOST_TEST(with.status == 0, with.err);
  for (const char* line :
       {"\nprotocol = \"imap\"\nbind = [\"192.0.2.20:993\"]", "\nprotocol = \"pop3\"\nbind = [\"192.0.2.20:995\"]"})
    BOOST_TEST(with.out.find(line) != std::string::npos, with.out);
  BOOST_TEST(init({"--pop3", "127.0.0.1:995"}).out.find("\nbind = [\"127.0.0.1:995\"]") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(init_writes_what_check_finds_good_and_never_over_another_file) {
  BOOST_REQUIRE(
      init({"--output", file, "--peer", "archive.example.org:2525", "--peer-network", "192.0.2.20/32", "--client",
            "192.0.2.40/32", "--account", "alice@example.org", "--dns", "127.0.0.1:53", "--submission", "127.0.0.1:5587"})
          .status == 0);
  const auto text = read(file);
  for (const auto* part :
       {"via = \"archive.example.org:2525\"", "networks = [\"192.0.2.20/32\"]", "networks = [\"192.0.2.40/32\"]",
        "address = \"alice@example.org\"", "servers = [\"127.0.0.1:53\"]", "bind = [\"127.0.0.1:5587\"]"})
    BOOST_TEST(text.find(part) != std::string::npos, part);
  struct stat state {};
  BOOST_REQUIRE(::stat(file.c_str(), &state) == 0);
  BOOST_TEST((state.st_mode & 0777) == 0600u);
  const auto checked = run({"check", "--config", file});
  BOOST_TEST(checked.status == 0, checked.err);
  BOOST_TEST(checked.out.find("good") != std::string::npos);
  BOOST_TEST(init({"--output", file}).status == 1);
  BOOST_TEST(read(file) == text);
  BOOST_TEST(init({"--output", file, "--force"}).status == 0);
  BOOST_TEST(read(file) != text);
}

BOOST_AUTO_TEST_CASE(a_primary_whose_archive_has_no_address_yet_is_told_what_is_missing) {
  const auto ran = init({"--output", file, "--peer", "archive.invalid"});
  BOOST_TEST(ran.status == 0);
  BOOST_TEST(ran.err.find("archive.invalid has no address yet") != std::string::npos, ran.err);
  BOOST_TEST(ran.err.find("--peer-network") != std::string::npos, ran.err);
}

BOOST_AUTO_TEST_CASE(a_person_is_asked_where_a_peer_without_an_address_speaks_from) {
  std::ostringstream out, err;
  std::istringstream in("archive\nexample.org\narchive.example.org\nmailbox.invalid\n\n\n192.0.2.10/32\n");
  app::Context context{.out = out, .err = err, .in = in, .in_is = app::Context::Terminal::yes};
  BOOST_TEST(app::run(std::vector<std::string>{"init"}, context, {}) == 0, err.str());
  BOOST_TEST(out.str().find("networks = [\"192.0.2.10/32\"]") != std::string::npos, out.str());
}

BOOST_AUTO_TEST_CASE(check_has_nothing_to_say_of_what_init_wrote) {
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
           {}, {"--peer", "192.0.2.20"}, {"--role", "archive", "--hostname", "archive.example.org", "--peer", "192.0.2.10"}}) {
    std::vector<std::string> words = {"init", "--domain", "example.org", "--data", path() / "d", "--output", file, "--force"};
    if (more.size() < 3) words.insert(words.end(), {"--role", "primary", "--hostname", "mailbox.example.org"});
    words.insert(words.end(), more.begin(), more.end());
    BOOST_REQUIRE(run(words).status == 0);
    const auto checked = run({"check", "--config", file});
    BOOST_TEST(checked.err == "");
    BOOST_TEST(checked.out == file + ": good\n");
  }
}

BOOST_AUTO_TEST_CASE(init_says_what_is_wrong_with_an_answer_and_writes_nothing) {
  const auto ran = init({"--output", file, "--listen", "nowhere"});
  BOOST_TEST(ran.status == 2);
  BOOST_TEST(ran.err.find("listener.bind") != std::string::npos, ran.err);
  BOOST_TEST(!std::filesystem::exists(file));
}

BOOST_AUTO_TEST_CASE(init_asks_a_person_for_what_was_not_given) {
  std::ostringstream out, err;
  std::istringstream in("archive\nexample.org\narchive.example.org\n192.0.2.10\n\n\n");
  app::Context context{.out = out, .err = err, .in = in, .in_is = app::Context::Terminal::yes};
  BOOST_TEST(app::run(std::vector<std::string>{"init"}, context, {}) == 0, err.str());
  for (const auto* part : {"hostname = \"archive.example.org\"", "networks = [\"192.0.2.10/32\"]",
                           "data = \"/var/lib/understudy\"", "postmaster = \"postmaster@example.org\""})
    BOOST_TEST(out.str().find(part) != std::string::npos, out.str());
}

BOOST_AUTO_TEST_CASE(init_asks_again_for_what_does_not_fit_and_keeps_the_other_answers) {
  std::ostringstream out, err;
  std::istringstream in(
      "secondary\narchive\nexample org\nexample.org\n-\narchive.example.org\n[192.0.2.10\n192.0.2.10\n\npostmaster\n\n");
  app::Context context{.out = out, .err = err, .in = in, .in_is = app::Context::Terminal::yes};
  BOOST_TEST(app::run(std::vector<std::string>{"init"}, context, {}) == 0, err.str());
  for (const auto* told : {"secondary: answer primary or archive", "example org: is no domain name", "-: is no domain name",
                           "[192.0.2.10: must be HOST", "postmaster: is no mail address"})
    BOOST_TEST(err.str().find(told) != std::string::npos, told);
  BOOST_TEST(out.str().find("networks = [\"192.0.2.10/32\"]") != std::string::npos, out.str());
}

BOOST_AUTO_TEST_CASE(init_ends_where_the_input_ends) {
  std::ostringstream out, err;
  std::istringstream in("archive\n");
  app::Context context{.out = out, .err = err, .in = in, .in_is = app::Context::Terminal::yes};
  BOOST_TEST(app::run(std::vector<std::string>{"init"}, context, {}) == 2);
  BOOST_TEST(out.str() == "");
}

BOOST_AUTO_TEST_CASE(AP_09_passthrough_enable_shows_three_changes_and_keeps_the_rest_of_the_file) {
  BOOST_REQUIRE(init({"--output", file}).status == 0);
  const auto before = read(file);
  const auto dry = run({"passthrough", "enable", "--archive", "archive.example.org:2525", "--dry-run", "--config", file});
  BOOST_TEST(dry.status == 0, dry.err);
  BOOST_TEST(dry.out.find("+copy_local_to_outbox = true") != std::string::npos, dry.out);
  BOOST_TEST(dry.out.find("+via = \"archive.example.org:2525\"") != std::string::npos, dry.out);
  BOOST_TEST(read(file) == before);
  ::chmod(file.c_str(), 0640);
  const auto done = run({"passthrough", "enable", "--archive", "archive.example.org:2525", "--config", file});
  BOOST_TEST(done.status == 0, done.err);
  BOOST_TEST(done.err.find("the server does not run") != std::string::npos, done.err);
  BOOST_TEST(read(file) != before);
  struct stat state {};
  BOOST_REQUIRE(::stat(file.c_str(), &state) == 0);
  BOOST_TEST((state.st_mode & 0777) == 0640u);
  BOOST_TEST(run({"passthrough", "enable", "--archive", "archive.example.org:2525", "--config", file}).out.find("already") !=
             std::string::npos);
}

/// As an administrator leaves it: comments of all kinds, an order of its own, a table inline.
const std::string by_hand = R"(# Mail of example.org. Ask Carla before you touch this!
limits = { hops = 50 }          # we had a loop once

[passthrough]                   # since 2021
  domains = ["*"]
  copy_local_to_outbox  =  false  # no archive yet
# create_limit = 10

[server]
hostname = 'mailbox.example.org'
domain_name = "example.org"
postmaster = "admin@example.org"
data = "DATA"

[[listener]]   # MX
bind = [ "127.0.0.1:2525",
         "[::1]:2525" ]
protocol = "smtp"

[[account]]
address = "admin@example.org"

[[route]]
match = "*"     # everything
via   = 'mx'    # by DNS
#tls  = "verify"
)";

BOOST_AUTO_TEST_CASE(AP_10_a_file_written_by_hand_keeps_every_comment_and_is_changed_once) {
  auto text = by_hand;
  text.replace(text.find("DATA"), 4, (path() / "d").string());
  auto expected = text;
  const auto put = [&expected](std::string_view old, std::string_view now) {
    expected.replace(expected.find(old), old.size(), now);
  };
  put("=  false", "=  true");
  put("[[listener]]   # MX\n", "[[listener]]   # MX\nrefuse_nonlocal_claiming_local = true\n");
  put("'mx'", "\"archive.example.org:25\"");
  const auto hand = write("hand.toml", text).string();
  const std::vector<std::string> enable = {"passthrough", "enable", "--archive", "archive.example.org:25", "--config", hand};
  const auto first = run(enable);
  BOOST_TEST(first.status == 0, first.err);
  BOOST_TEST(read(hand) == expected);
  std::size_t removed = 0, added = 0;
  std::istringstream diff(first.out);
  for (std::string line; std::getline(diff, line);) {
    removed += line.starts_with('-') && !line.starts_with("---");
    added += line.starts_with('+') && !line.starts_with("+++");
  }
  BOOST_TEST(removed == 2u, first.out);
  BOOST_TEST(added == 3u, first.out);
  const auto again = run(enable);
  BOOST_TEST(again.status == 0, again.err);
  BOOST_TEST(again.out == hand + ": all is as wanted already\n");
  BOOST_TEST(read(hand) == expected);
}

BOOST_AUTO_TEST_CASE(AP_10_passthrough_enable_refuses_where_a_route_leads_elsewhere_and_leaves_the_file) {
  const std::pair<const char*, const char*> cases[] = {
      {"[[route]]\nmatch = \"example.org\"\nvia = \"filter.example.net\"\n",
       "route.match: mail for \"example.org\" has the route \"example.org\""},
      {"[[route]]\nmatch = \"*\"\nvia = \"smtp.provider.example:587\"\n",
       "route.via: all mail goes to smtp.provider.example:587 already"},
  };
  for (const auto& [route, says] : cases) {
    auto text = by_hand.substr(0, by_hand.find("[[route]]")) + route;
    text.replace(text.find("DATA"), 4, (path() / "d").string());
    const auto hand = write("hand.toml", text).string();
    const auto ran = run({"passthrough", "enable", "--archive", "archive.example.org:25", "--config", hand});
    BOOST_TEST(ran.status == 2);
    BOOST_TEST(ran.err.starts_with(hand + ":"), ran.err);
    BOOST_TEST(ran.err.find(says) != std::string::npos, ran.err);
    BOOST_TEST(ran.out == "");
    BOOST_TEST(read(hand) == text);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_configuration_is_one_line_and_status_2_for_every_verb) {
  const std::string files[] = {
      path().string(),
      (path() / "none.toml").string(),
      write("huge.toml", std::string(10u << 20, '#')).string(),
      write("latin1.toml", "[server]\nhostname = \"M\xfcller\"\n").string(),
      write("open.toml", "[server\n").string(),
  };
  for (const auto& bad : files) {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"check"},
                                               {"reload"},
                                               {"status"},
                                               {"paths"},
                                               {"passthrough", "show"},
                                               {"account", "list"},
                                               {"rebuild"},
                                               {"restored"},
                                               {"passthrough", "enable", "--archive", "archive.example.org"}}) {
      auto all = words;
      all.insert(all.end(), {"--config", bad});
      const auto ran = run(all);
      BOOST_TEST(ran.status == 2, words.front() << " " << bad << ": " << ran.err);
      BOOST_TEST(ran.err.find(bad) != std::string::npos, ran.err);
      BOOST_TEST(std::ranges::count(ran.err, '\n') == 1, words.front() << " " << bad << ": " << ran.err);
      const bool has_a_place = ran.err.find(":1:") + ran.err.find(":2:") != 2 * std::string::npos;
      BOOST_TEST(ran.err.starts_with((has_a_place ? "" : "understudy: ") + bad + ":"), ran.err);
      BOOST_TEST((ran.err.find("--config FILE names another") != std::string::npos) == !has_a_place, ran.err);
      BOOST_TEST(ran.out == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(AP_10_a_primary_may_be_told_that_it_is_one) {
  BOOST_REQUIRE(init({"--output", file}).status == 0);
  const std::vector<std::string> enable = {"passthrough", "enable",   "--archive", "archive.example.org",
                                           "--dry-run",   "--config", file};
  const auto plain = run(enable);
  for (const auto place : {2, 4, 5}) {
    auto words = enable;
    words.insert(words.begin() + place, "--primary");
    const auto ran = run(words);
    BOOST_TEST(ran.status == 0, ran.err);
    BOOST_TEST(ran.out == plain.out);
  }
}

BOOST_AUTO_TEST_CASE(check_names_each_problem_with_line_and_column_also_in_json) {
  const auto bad = write("bad.toml", "[server]\nhostnaem = \"x\"\n").string();
  const auto ran = run({"check", "--config", bad});
  BOOST_TEST(ran.status == 2);
  BOOST_TEST(ran.err.find(bad + ":2:1: ") != std::string::npos, ran.err);
  const auto json = run({"check", "--config", bad, "--json"});
  BOOST_TEST(json.status == 2);
  BOOST_TEST(json.out.starts_with("{\"good\":false,\"problems\":[{\"severity\":\"error\""), json.out);
}

BOOST_AUTO_TEST_CASE(a_password_that_cannot_be_used_is_refused_before_anybody_is_asked) {
  BOOST_REQUIRE(init({"--output", file}).status == 0);
  const std::pair<std::string, const char*> cases[] = {
      {"", "no password"}, {"\n", "no password"}, {"a\x01", "control characters"}, {std::string(2000, 'x'), "1024"}};
  for (const auto& [input, says] : cases) {
    const auto ran = run({"account", "add", "a@example.org", "--password-stdin", "--config", file}, input);
    BOOST_TEST(ran.status == 2);
    BOOST_TEST(ran.err.find(says) != std::string::npos, ran.err);
  }
  BOOST_TEST(run({"account", "passwd", "a@example.org", "--config", file}).status == 2);  // no terminal to ask on
}

BOOST_AUTO_TEST_CASE(what_opens_the_store_itself_makes_none_where_there_is_none) {
  BOOST_REQUIRE(init({"--output", file}).status == 0);
  for (const auto* verb : {"rebuild", "restored"}) {
    const auto ran = run({verb, "--config", file});
    BOOST_TEST(ran.status == 1);
    BOOST_TEST(ran.err.find("no store") != std::string::npos, ran.err);
    BOOST_TEST(!std::filesystem::exists(path() / "d"));
  }
}

BOOST_AUTO_TEST_CASE(a_file_is_replaced_whole_through_its_link_and_leaves_no_draft) {
  const auto target = write("target", "old");
  std::filesystem::create_symlink(target, path() / "link");
  BOOST_REQUIRE(app::write_file(path() / "link", "new", app::Existing::replace));
  BOOST_TEST(read(target) == "new");
  BOOST_TEST(std::filesystem::is_symlink(path() / "link"));
  const auto refused = app::write_file(target, "other", app::Existing::refuse);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == base::errc::exists));
  BOOST_TEST(!app::write_file(path() / "nowhere/file", "x", app::Existing::refuse));
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(path()), {}) == 2);
}

BOOST_AUTO_TEST_SUITE_END()
