#include "conf/edit.hpp"

#include <algorithm>

#include "conf/difference.hpp"
#include "conf/enable_passthrough.hpp"
#include "conf/init.hpp"
#include "conf/load.hpp"

using namespace understudy::conf;

namespace {

const std::string plain = R"(# our mail server, since 2019
[server]
hostname = "mailbox.example.org"   # the old name
domain_name = "example.org"
data = "/var/lib/understudy"
postmaster = "admin@example.org"

[[account]]
address = "admin@example.org"

[[listener]]           # the world
protocol = "smtp"
bind     = ["0.0.0.0:25"]

[[listener]]
protocol = "submission"
bind     = ["0.0.0.0:587"]

[passthrough]
copy_local_to_outbox = false   # no archive yet

[[route]]
match = "*"
via   = "mx"   # to the world
)";

std::string enabled(const std::string& text, const EnablePassthrough& wanted) {
  auto result = enable_passthrough(text, "f", wanted);
  if (!result)
    for (const auto& problem : result.error()) BOOST_ERROR(problem.text());
  BOOST_REQUIRE(result.has_value());
  return *result;
}

const EnablePassthrough primary{EnablePassthrough::Role::primary, "archive.example.org:2525"};
const EnablePassthrough archive{EnablePassthrough::Role::archive, "mailbox.example.org", {"192.0.2.10/32"}};

std::vector<std::string> changes(const std::string& before, const std::string& after) {
  const auto a = load(before, "a"), b = load(after, "b");
  BOOST_REQUIRE((a && b));
  std::vector<std::string> out;
  for (const auto& change : difference(a->config, b->config)) out.push_back(change.text);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(edit)

BOOST_AUTO_TEST_CASE(AP_10_exactly_the_route_the_copy_switch_and_the_sender_check_change) {
  const std::vector<std::string> expected = {
      "listener smtp 0.0.0.0:25.refuse_nonlocal_claiming_local: by role -> true",
      "passthrough.copy_local_to_outbox: false -> true",
      "route 1.via: mx -> archive.example.org:2525",
  };
  BOOST_TEST(changes(plain, enabled(plain, primary)) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(AP_10_the_diff_shows_three_lines_and_every_comment_stays) {
  const auto diff = unified_diff(plain, enabled(plain, primary), "primary.toml");
  BOOST_TEST(diff == R"(--- primary.toml
+++ primary.toml (new)
@@ -9,6 +9,7 @@
 address = "admin@example.org"
 
 [[listener]]           # the world
+refuse_nonlocal_claiming_local = true
 protocol = "smtp"
 bind     = ["0.0.0.0:25"]
 
@@ -17,8 +18,8 @@
 bind     = ["0.0.0.0:587"]
 
 [passthrough]
-copy_local_to_outbox = false   # no archive yet
+copy_local_to_outbox = true   # no archive yet
 
 [[route]]
 match = "*"
-via   = "mx"   # to the world
+via   = "archive.example.org:2525"   # to the world
)");
}

BOOST_AUTO_TEST_CASE(enabling_twice_changes_nothing_the_second_time) {
  for (const auto& wanted :
       {primary, EnablePassthrough{EnablePassthrough::Role::primary, "archive.example.org", {"192.0.2.20"}}}) {
    const auto once = enabled(plain, wanted);
    BOOST_TEST(once != plain);
    BOOST_TEST(enabled(once, wanted) == once);
    BOOST_TEST(unified_diff(once, enabled(once, wanted), "f") == "");
  }
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_added_at_the_end) {
  InitAnswers answers;
  answers.domain = "example.org";
  answers.hostname = "mailbox.example.org";
  std::string text = render_init(answers);
  text = text.substr(0, text.find("\n[passthrough]"));
  for (const auto& before : {text, text.substr(0, text.size() - 1)}) {
    const auto after = enabled(before, primary);
    BOOST_TEST(after.starts_with(text));
    BOOST_TEST(changes(before, after).size() == 1u + 8u);  // the switch, and the eight settings of a new route
  }
}

BOOST_AUTO_TEST_CASE(a_mail_server_becomes_an_archive) {
  auto text = plain.substr(0, plain.find("[[route]]"));
  text.replace(text.find("mailbox"), 7, "archive");
  const auto after = enabled(text, archive);
  BOOST_TEST(enabled(after, archive) == after);
  const auto loaded = load(after, "f");
  BOOST_REQUIRE(loaded.has_value());
  BOOST_TEST((loaded->config.passthrough.accept_local_from == understudy::routing::AcceptLocalFrom::clients));
  BOOST_TEST((loaded->config.undelivered.action == understudy::routing::Undelivered::store));
  BOOST_TEST(loaded->config.relay.clients.at(0).name == "mailbox.example.org");
  BOOST_TEST(loaded->config.routes.at(0).match == "example.org");
  const auto hidden = enable_passthrough(plain, "f", archive);  // its "*" would hide the home route
  BOOST_REQUIRE(!hidden.has_value());
  BOOST_TEST(hidden.error().at(0).text().find("before it") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_route_that_keeps_local_mail_from_the_archive_is_in_the_way) {
  auto text = plain;
  text.insert(text.find("[[route]]"), "[[route]]\nmatch = \"*.org\"\nvia = \"filter.example.net\"\n\n");
  const auto result = enable_passthrough(text, "f", primary);
  BOOST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().at(0).text() ==
             "f:23:9: route.match: mail for \"example.org\" has the route \"*.org\"; put [[route]] match = "
             "\"example.org\", via = \"archive.example.org:2525\" before it");
}

BOOST_AUTO_TEST_CASE(a_smarthost_is_in_the_way_and_its_password_is_not_sent_to_the_archive) {
  auto text = plain;
  text.replace(text.find("\"mx\""), 4, "\"smtp.provider.example:587\"");
  text += "auth  = \"/etc/understudy/smarthost.auth\"\ntls   = \"verify\"\n";
  const auto result = enable_passthrough(text, "f", primary);
  BOOST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().at(0).text() ==
             "f:24:9: route.via: all mail goes to smtp.provider.example:587 already; remove this route, and name that host as "
             "the way out of the archive instead");
  BOOST_TEST(enable_passthrough(enabled(plain, primary), "f", primary).has_value());  // the archive itself is not
}

BOOST_AUTO_TEST_CASE(what_would_not_load_is_never_written) {
  BOOST_TEST(!enable_passthrough(plain, "f", {EnablePassthrough::Role::primary, "mailbox.example.org"}).has_value());  // itself
  BOOST_TEST(!enable_passthrough(plain, "f", {EnablePassthrough::Role::primary, "mx"}).has_value());
  BOOST_TEST(!enable_passthrough(plain, "f", {EnablePassthrough::Role::primary, "a b"}).has_value());
  BOOST_TEST(!enable_passthrough("[server", "f", primary).has_value());
}

BOOST_AUTO_TEST_CASE(a_list_in_brackets_that_takes_no_table_is_named_with_what_to_do) {
  const auto server = plain.substr(0, plain.find("[[route]]"));
  const std::pair<std::string, std::string> cases[] = {
      {"route = []  # none yet\n" + server,
       "f:1:1: route: this empty list keeps a [[route]] from being added; remove the line"},
      {"route = [{ match = \"a.example\", via = \"b.example\" }]\n" + server,
       "f:1:1: route: a list in brackets takes no [[route]] more; write each of its tables as [[route]]"},
  };
  for (const auto& [text, says] : cases) {
    const auto result = enable_passthrough(text, "f", primary);
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST(result.error().at(0).text() == says);
  }
}

BOOST_AUTO_TEST_CASE(an_edit_finds_its_value_behind_any_writing_of_it) {
  for (const auto& [before, after] : std::vector<std::pair<std::string, std::string>>{
           {"[t]\nk = 1\n", "[t]\nk = 2\n"},
           {"[t]\nk=1#c\n", "[t]\nk=2#c\n"},
           {"[t]\r\nk = \"a\\\"b\" # c\r\n", "[t]\r\nk = 2 # c\r\n"},
           {"[t]\nk = 'a#b'\n", "[t]\nk = 2\n"},
           {"[t]\n\"\xc3\xbc\" = 0\n k = true", "[t]\n\"\xc3\xbc\" = 0\n k = 2"},
           {"t = { \xc3\xbc = 1 }\n", ""},
           {"t = { \"\xc3\xbc\" = 1, k = 1 }\n", "t = { \"\xc3\xbc\" = 1, k = 2 }\n"},
           {"t.k = 1\n", "t.k = 2\n"},
           {"[t]\n", "[t]\nk = 2\n"},
           {"  [t]  # c\r\nx = 1\r\n", "  [t]  # c\r\nk = 2\r\nx = 1\r\n"},
           {"[t]", "[t]\nk = 2\n"},
           {"", "[t]\nk = 2\n"},
           {"[u]", "[u]\n\n[t]\nk = 2\n"},
           {"t.x = 1\n", ""},                     // no header to write behind
           {"[t]\nk = \"\"\"\na\n\"\"\"\n", ""},  // more than a line
           {"[t]\nk = [\n1]\n", ""},
       }) {
    const auto result = apply(before, "f", {"t", "k", "2"});
    BOOST_TEST(result.has_value() == !after.empty(), before);
    if (result) BOOST_TEST(*result == after);
  }
}

BOOST_AUTO_TEST_CASE(a_difference_names_what_changed_and_what_takes_a_restart_and_no_password) {
  const std::string verifier =
      "{SCRAM-SHA-256}4096,AAAA,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  auto after = plain;
  after.replace(after.find("/var/lib/understudy"), 19, "/srv/mail");
  after.replace(after.find("0.0.0.0:587"), 11, "0.0.0.0:588");
  after.insert(after.find("\n[[listener]]"), "password = \"" + verifier + "\"\n");
  const auto a = load(plain, "a"), b = load(after, "b");
  BOOST_REQUIRE((a && b));
  bool restart_of_data = false;
  for (const auto& change : difference(a->config, b->config)) {
    BOOST_TEST(change.text.find("AAAA") == std::string::npos);
    if (change.key == "server.data") restart_of_data = change.takes == Change::Takes::restart;
    if (change.key.starts_with("account")) {
      BOOST_TEST(change.text == "account admin@example.org.password: (none) -> (set)");
      BOOST_TEST((change.takes == Change::Takes::reload));
    }
  }
  BOOST_TEST(restart_of_data);
  BOOST_TEST(difference(a->config, a->config).empty());
}

namespace {

/// Another value for every key that one can change in a running server's file.
const std::string all_changed = R"([server]
hostname = "other.example.org"
domain_name = "example.net"
data = "/srv/mail"
postmaster = "root@example.net"
both_wait = "3s"
memory = "512M"
stop_wait = "1m"
detail_separator = "-"

[tls]
certificate = "/c"
key = "/k"

[peer]
host = "archive.example.org"
port = 8026
bind = ["0.0.0.0:8026"]
idle = "20s"

[dns]
servers = ["192.0.2.53:53"]
allow_loopback = true

[[client]]
name = "scanner.example.org"
networks = ["192.0.2.40/32"]
may = ["relay"]

[[listener]]
protocol = "imap"
bind     = ["0.0.0.0:993"]

[[listener]]
protocol = "http"
bind     = ["127.0.0.1:8080"]

[[listener]]
protocol = "smtp"
bind     = ["0.0.0.0:25"]
tls      = "none"
refuse_nonlocal_claiming_local = false
refuse_nonlocal_from_local = true
limits.recipients = 200

[[domain]]
name = "example.net"

[[account]]
address = "root@example.net"

[passthrough]
copy_local_to_outbox = true

[[route]]
match = "*"
via   = "archive.example.org"

[limits]
hops = 20
connections = 10

[outbound]
hosts = 3

[queue]
expiry = "4d"
)";

}  // namespace

BOOST_AUTO_TEST_CASE(a_reload_changes_nothing_that_is_named_for_a_restart_and_all_of_the_rest) {
  const auto running = load(plain, "a"), wanted = load(all_changed, "b");
  BOOST_REQUIRE((running && wanted));
  const auto reloaded = until_restart(wanted->config, running->config);
  std::vector<std::string> restart, now;
  for (const auto& change : difference(running->config, wanted->config))
    (change.takes == Change::Takes::restart ? restart : now).push_back(change.key);
  const std::vector<std::string> expected = {
      "server.hostname",    "server.domain_name",           "server.data",        "server.memory", "dns.servers",
      "dns.allow_loopback", "listener smtp 0.0.0.0:25.tls", "outbound.ehlo_name",  // which follows the host name
  };
  for (const auto& key : expected) BOOST_TEST((std::ranges::find(restart, key) != restart.end()), key);
  for (const auto& key : restart) {
    const bool listener =
        key.starts_with("listener imap ") || key.starts_with("listener http ") || key.starts_with("listener submission ");
    const bool named = std::ranges::find(expected, key) != expected.end() || key.starts_with("peer.") || listener;
    BOOST_TEST(named, key);
  }
  for (const auto* key : {"server.postmaster", "tls.key", "listener smtp 0.0.0.0:25.refuse_nonlocal_claiming_local",
                          "listener smtp 0.0.0.0:25.refuse_nonlocal_from_local", "listener smtp 0.0.0.0:25.limits.recipients",
                          "queue.expiry", "limits.hops", "route 1.via"})
    BOOST_TEST((std::ranges::find(now, key) != now.end()), key);

  const auto keys_of = [](const std::vector<Change>& changes) {
    std::vector<std::string> keys;
    for (const auto& change : changes) keys.push_back(change.key);
    return keys;
  };
  BOOST_TEST(keys_of(difference(running->config, reloaded)) == now, boost::test_tools::per_element());
  BOOST_TEST(keys_of(difference(reloaded, wanted->config)) == restart, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_restart_is_named_at_each_reload_and_gone_when_it_is_taken_back) {
  const auto running = load(plain, "a"), wanted = load(all_changed, "b");
  BOOST_REQUIRE((running && wanted));
  const auto once = until_restart(wanted->config, running->config);
  const auto twice = until_restart(wanted->config, once);
  BOOST_TEST(difference(once, twice).empty());
  for (const auto& change : difference(twice, wanted->config)) BOOST_TEST((change.takes == Change::Takes::restart), change.key);
  BOOST_TEST(difference(running->config, until_restart(running->config, once)).empty());
}

BOOST_AUTO_TEST_CASE(an_ehlo_name_of_its_own_does_not_wait_for_the_host_name) {
  auto after = plain;
  after.replace(after.find("mailbox.example.org"), 19, "other.example.org");
  after += "[outbound]\nehlo_name = \"out.example.org\"\n";
  const auto running = load(plain, "a"), wanted = load(after, "b");
  BOOST_REQUIRE((running && wanted));
  BOOST_TEST(until_restart(wanted->config, running->config).relay.outbound.ehlo_name == "out.example.org");
}

BOOST_AUTO_TEST_CASE(a_diff_of_far_changes_has_hunks_with_right_numbers) {
  std::string before, after;
  for (int i = 1; i <= 30; ++i) {
    before += std::to_string(i) + "\n";
    if (i != 2) after += std::to_string(i) + "\n";
    if (i == 25) after += "new\n";
  }
  BOOST_TEST(
      unified_diff(before, after, "f") ==
      "--- f\n+++ f (new)\n@@ -1,5 +1,4 @@\n 1\n-2\n 3\n 4\n 5\n@@ -23,6 +22,7 @@\n 23\n 24\n 25\n+new\n 26\n 27\n 28\n");
  BOOST_TEST(unified_diff("", "a\n", "f") == "--- f\n+++ f (new)\n@@ -0,0 +1 @@\n+a\n");
}

BOOST_AUTO_TEST_SUITE_END()
