/// Every rule of the loader at least once, with its exact place.
#include "base/text.hpp"
#include "conf/load.hpp"
#include "tests/support/temp_dir.hpp"

using namespace understudy;
using namespace understudy::conf;

namespace {

/// The least that loads, in five lines: what a case adds begins in line 6, inside [server].
std::string with(const std::string& more) {
  return "account = [{ address = \"postmaster@example.org\" }]\n[server]\nhostname = \"mail.example.org\"\n"
         "domain_name = \"example.org\"\ndata = \"/var/lib/understudy\"\n" +
         more;
}

std::string all_of(const Problems& problems) {
  std::string out;
  for (const auto& problem : problems) out += problem.text() + "\n";
  return out;
}

std::string problems_of(const std::string& text) {
  const auto loaded = load(text, "f");
  return all_of(loaded ? loaded->warnings : loaded.error());
}

const std::string fingerprint = "sha256:" + std::string(64, 'a');

struct Case {
  std::string more;   // after the base, from line 6
  std::string first;  // how the first error begins, "f:line:column: key: message…"
};

void expect(const Case& wrong) {
  const auto loaded = load(with(wrong.more), "f");
  BOOST_TEST(!loaded.has_value(), wrong.more);
  if (loaded) return;
  bool found = false;
  for (const auto& problem : loaded.error()) found = found || problem.text().starts_with(wrong.first);
  BOOST_TEST(found, wrong.more + "\nexpected " + wrong.first + "\ngot      " + all_of(loaded.error()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(problem)

BOOST_AUTO_TEST_CASE(the_least_configuration_has_no_error) {
  const auto loaded = load(with(""), "f");
  BOOST_TEST(loaded.has_value(), problems_of(with("")));
}

BOOST_AUTO_TEST_CASE(a_syntax_error_has_line_and_column) {
  for (const auto& wrong : std::vector<Case>{
           {"data = \"/x\"\n", "f:6:"},                     // twice in one table
           {"[server]\n", "f:6:"},                          // a table twice
           {"memory = \"256M\nsafe = \"here\"\n", "f:6:"},  // a quote too few
           {"memory = 256M\n", "f:6:"},
           {"[peer\n", "f:6:"},
           {"[[[route]]\n", "f:6:1: expected a name in brackets"},
           {"\n [=]\n", "f:7:2: expected a name in brackets"},
           {"x = \"\xff\"\n", "f:6:"},
       })
    expect(wrong);
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_named_with_its_nearest) {
  for (const auto& wrong : std::vector<Case>{
           {"hostnam = \"x\"\n", "f:6:1: server.hostnam: unknown key; did you mean \"hostname\"?"},
           {"  domain_nmae = \"x\"\n", "f:6:3: server.domain_nmae: unknown key; did you mean \"domain_name\"?"},
           {"[rout]\n", "f:6:2: rout: unknown key; did you mean \"route\"?"},
           {"entirely_else = 1\n", "f:6:1: server.entirely_else: unknown key; remove it"},
           {"[[listener]]\nprotocol = \"smtp\"\nbind = [\"0.0.0.0:25\"]\n[listener.limits]\nrecipient = 100\n",
            "f:10:1: listener.limits.recipient: unknown key; did you mean \"recipients\"?"},
           {"[store]\ncompresion = 1\n", "f:7:1: store.compresion: unknown key; did you mean \"compression\"?"},
           {"[limits]\n\"re\\u001b[2Jx\" = 1\n", "f:7:1: limits.re\\x1b[2Jx: unknown key"},
       })
    expect(wrong);
}

BOOST_AUTO_TEST_CASE(a_wrong_type_is_named_with_what_is_wanted) {
  for (const auto& wrong : std::vector<Case>{
           {"postmaster = 1\n", "f:6:14: server.postmaster: expected a text in quotes, found a number"},
           {"memory = 268435456\n",
            "f:6:10: server.memory: expected a size in quotes, such as \"256M\" (K, M, G, T), found a number"},
           {"both_wait = 2\n", "f:6:13: server.both_wait: expected a duration in quotes"},
           {"safe = true\n", "f:6:8: server.safe: expected one of here|both, in quotes, found true or false"},
           {"[peer]\nhost = \"b.example\"\nport = \"8025\"\n",
            "f:8:8: peer.port: expected a whole number without quotes, found a text"},
           {"[peer]\nhost = \"b.example\"\nport = 80.25\n", "f:8:8: peer.port: expected a whole number"},
           {"[dns]\nallow_loopback = \"no\"\n",
            "f:7:18: dns.allow_loopback: expected true or false, without quotes, found a text"},
           {"[dns]\nservers = \"127.0.0.1:53\"\n",
            "f:7:11: dns.servers: expected a list of texts, such as servers = [\"...\"], found a text"},
           {"[store]\ncompression = \"3\"\n",
            "f:7:15: store.compression: expected a whole number without quotes, found a text"},
           {"[store]\ncheck_writes = 1\n",
            "f:7:16: store.check_writes: expected true or false, without quotes, found a number"},
           {"[dns]\nservers = [53]\n", "f:7:11: dns.servers: expected a list of texts"},
           {"[route]\nmatch = \"*\"\n", "f:6:1: route: expected a table: write [[route]], found a table"},
           {"[[peer]]\nhost = \"b.example\"\n", "f:6:1: peer: expected a table: write [peer], found a list"},
       })
    expect(wrong);
}

BOOST_AUTO_TEST_CASE(a_value_out_of_its_range_is_named_with_the_range) {
  for (const auto& wrong : std::vector<Case>{
           {"memory = \"1M\"\n", "f:6:10: server.memory: must be from 16M to 1T"},
           {"memory = \"99999999999999999999\"\n", "f:6:10: server.memory: must be from 16M to 1T"},
           {"memory = \"12X\"\n", "f:6:10: server.memory: expected a size in quotes"},
           {"both_wait = \"-2s\"\n", "f:6:13: server.both_wait: expected a duration in quotes"},
           {"both_wait = \"11m\"\n", "f:6:13: server.both_wait: must be from 100ms to 10m"},
           {"safe = \"bth\"\n", "f:6:8: server.safe: must be one of here|both; did you mean \"both\"?"},
           {"[peer]\nhost = \"b.example\"\nbind = [\"8025\"]\n", "f:8:9: peer.bind: \"8025\" is no address and port"},
           {"[peer]\nhost = \"b.example\"\nidle = \"10ms\"\n", "f:8:8: peer.idle: must be from 1s to 10m"},
           {"[peer]\nhost = \"b.example\"\nwindow = \"1K\"\n", "f:8:10: peer.window: must be from 64K to 64M"},
           {"[peer]\nhost = \"b.example\"\nport = 0\n", "f:8:8: peer.port: must be from 1 to 65535"},
           {"[peer]\nhost = \"b.example\"\nport = 65536\n", "f:8:8: peer.port: must be from 1 to 65535"},
           {"[peer]\nhost = \"b.example\"\nport = -1\n", "f:8:8: peer.port: must be from 1 to 65535"},
           {"[store]\ncompression = 20\n", "f:7:15: store.compression: must be from 0 to 19"},
           {"[store]\ncompression = -1\n", "f:7:15: store.compression: must be from 0 to 19"},
           {"[journal]\ntimestamp_every = \"10ms\"\n", "f:7:19: journal.timestamp_every: must be from 1s to 366d"},
           {"[queue]\nexpiry = \"366d\"\n", "f:7:10: queue.expiry: must be from 1s to 365d"},
           {"[[client]]\nname = \"a.example\"\nnetworks = [\"192.0.2.1\"]\nmay = [\"relay\", \"local_sender\"]\n",
            "f:9:17: client.may: must be one of relay|local-sender|copy; did you mean \"local-sender\"?"},
       })
    expect(wrong);
}

BOOST_AUTO_TEST_CASE(time_stamps_need_a_place_to_ask_at_somebody_to_trust_and_heads) {
  const std::string roots = "timestamp_roots = \"/etc/ca.pem\"\n";
  for (const auto& wrong : std::vector<Case>{
           {"[journal]\ntimestamp = \"http://tsa.example.org/\"\n", "f:7:13: journal.timestamp: nothing says whom to trust"},
           {"[journal]\ntimestamp = \"tsa.example.org\"\n" + roots,
            "f:7:13: journal.timestamp: \"tsa.example.org\" is no address to post to"},
           {"[journal]\ntimestamp = \"https://192.0.2.1/\"\n" + roots,
            "f:7:13: journal.timestamp: \"https://192.0.2.1/\" is no address to post to"},
           {"[journal]\ntimestamp = \"http://tsa.example.org/\"\nsign_every = \"0s\"\n" + roots,
            "f:7:13: journal.timestamp: heads are stamped once they are signed"},
           {"[journal]\ntimestamp_roots = \"ca.pem\"\n", "f:7:19: journal.timestamp_roots: "},
       })
    expect(wrong);
  const auto good = load(with("[journal]\ntimestamp = \"http://tsa.example.org/\"\n" + roots), "f");
  BOOST_REQUIRE(good.has_value());
  BOOST_TEST((good->config.journal.timestamp_every == std::chrono::hours(1)));
}

BOOST_AUTO_TEST_CASE(a_required_key_that_is_missing_is_reported_at_its_table) {
  expect({"[peer]\nport = 1\n", "f:6:1: peer.host: missing; expected a text in quotes"});
  expect({"[[route]]\nmatch = \"*\"\n", "f:6:1: route.via: missing"});
  BOOST_TEST(problems_of("").find("server: missing; expected a table: write [server]") != std::string::npos);
  BOOST_TEST(problems_of("[server]\n").find("f:1:1: server.hostname: missing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_value_that_is_no_name_address_network_or_path_is_an_error) {
  for (const auto& wrong : std::vector<Case>{
           {"postmaster = \"admin\"\n", "f:6:14: server.postmaster: \"admin\" is no mail address"},
           {"detail_separator = \"a\"\n", "f:6:20: server.detail_separator: must be one of"},
           {"detail_separator = \"++\"\n", "f:6:20: server.detail_separator: must be one of"},
           {"[tls]\ncertificate = \"cert.pem\"\nkey = \"/k\"\n", "f:7:15: tls.certificate: must be an absolute path"},
           {"[peer]\nhost = \"no good\"\n", "f:7:8: peer.host: \"no good\" is no host or domain name"},
           {"[peer]\nhost = \"b.example\"\nkey = \"ed25519:AAAA\"\n", "f:8:7: peer.key: must be \"ed25519:\" and 32 octets"},
           {"[[client]]\nname = \"a.example\"\nnetworks = [\"192.0.2.40/24\"]\n",
            "f:8:13: client.networks: \"192.0.2.40/24\" is no network"},
           {"[[client]]\nname = \"a.example\"\nnetworks = [\"192.0.2.0/33\"]\n",
            "f:8:13: client.networks: \"192.0.2.0/33\" is no network"},
           {"[[client]]\nname = \"a.example\"\nnetworks = [\"192.0.2.0/24\", \"host.example\"]\n",
            "f:8:29: client.networks: \"host.example\" is no network"},
           {"[[client]]\nname = \"a.example\"\n", "f:6:1: client: needs networks, a certificate or both"},
           {"[[client]]\nname = \"a.example\"\ncertificate = \"sha256:12\"\n",
            "f:8:15: client.certificate: must be \"sha256:\" and 64"},
           {"[dns]\nservers = [\"127.0.0.1\"]\n", "f:7:12: dns.servers: \"127.0.0.1\" is no address and port"},
           {"[[listener]]\nprotocol = \"smtp\"\nbind = [\"0.0.0.0:0\"]\n", "f:8:9: listener.bind: port 0 is none"},
           {"[[listener]]\nprotocol = \"smtp\"\nbind = [\"mail.example.org:25\"]\n", "f:8:9: listener.bind: "},
           {"[[listener]]\nprotocol = \"smtp\"\nbind = []\n", "f:8:8: listener.bind: must name at least one"},
           {"[[listener]]\nprotocol = \"http\"\nbind = [\"0.0.0.0:80\"]\ntls = \"starttls\"\n",
            "f:9:7: listener.tls: HTTP has no starttls"},
           {"[[domain]]\nname = \"example.org\"\naliases = [\"ex ample\"]\n",
            "f:8:12: domain.aliases: \"ex ample\" is no host"},
           {"[[template]]\nname = \"t\"\nfolders = [\"INBOX\", \"a\\nb\"]\n", "f:8:21: template.folders: no folder's name"},
           {"[[route]]\nmatch = \"*.*.org\"\nvia = \"b.example\"\n", "f:7:9: route.match: must be \"*\", a domain"},
           {"[[route]]\nmatch = \"*\"\nvia = \"b.example:0\"\n", "f:8:7: route.via: \"b.example:0\" is no next hop"},
           {"[[route]]\nmatch = \"*\"\nvia = \"b.example\"\nauth = \"secret\"\n",
            "f:9:8: route.auth: must be an absolute path"},
           {"[[alias]]\naddress = \"all@example.org\"\nto = []\n", "f:8:6: alias.to: leads to no one"},
       })
    expect(wrong);
  BOOST_TEST(problems_of("[server]\nhostname = \"192.0.2.1\"\ndomain_name = \"example.org\"\ndata = \"var\"\n")
                 .find("f:2:12: server.hostname: \"192.0.2.1\" is no host") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_given_twice_is_an_error_that_names_the_first_place) {
  for (const auto& wrong : std::vector<Case>{
           {"[[account]]\n", "f:6:1: "},  // a list given inline can't be continued: a syntax error
           {"[[alias]]\naddress = \"Postmaster@Example.org\"\nto = [\"x@else.example\"]\n",
            "f:7:11: alias.address: the address \"postmaster@example.org\" is given twice, first in line 1, column 24"},
           {"[[client]]\nname = \"a.example\"\nnetworks = [\"192.0.2.1\"]\n[[client]]\nname = \"A.example.\"\nnetworks = "
            "[\"192.0.2.2\"]\n",
            "f:10:8: client.name: the client \"a.example\" is given twice, first in line 7, column 8"},
           {"[[client]]\nname = \"a.example\"\nnetworks = [\"192.0.2.1\"]\n[[client]]\nname = \"b.example\"\nnetworks = "
            "[\"192.0.2.1/32\"]\n",
            "f:11:12: client.networks: 192.0.2.1/32 belongs to client \"a.example\" already"},
           {"[[domain]]\nname = \"example.org\"\naliases = [\"b.example\", \"EXAMPLE.org\"]\n",
            "f:8:25: domain.aliases: the domain \"example.org\" is given twice, first in line 7, column 8"},
           {"[[template]]\nname = \"t\"\n[[template]]\nname = \"t\"\n",
            "f:9:8: template.name: the template \"t\" is given twice"},
           {"[[template]]\nname = \"t\"\nfolders = [\"INBOX\", \"inbox\"]\n",
            "f:8:21: template.folders: the folder \"INBOX\" is given twice"},
           {"[[listener]]\nprotocol = \"smtp\"\nbind = [\"0.0.0.0:25\"]\n[[listener]]\nprotocol = \"imap\"\nbind = "
            "[\"0.0.0.0:25\"]\n",
            "f:11:9: listener.bind: the address and port \"0.0.0.0:25\" is given twice, first in line 8, column 9"},
           {"[[route]]\nmatch = \"*\"\nvia = \"b.example\"\n[[route]]\nmatch = \"*\"\nvia = \"B.example:25\"\n",
            "f:10:9: route.match: the same match and via are in line 7"},
       })
    expect(wrong);
}

BOOST_AUTO_TEST_CASE(what_one_table_says_must_agree_with_the_others) {
  for (const auto& wrong : std::vector<Case>{
           {"safe = \"both\"\n", "f:6:8: server.safe: \"both\" waits for the peer's receipt"},
           {"[peer]\nhost = \"mail.example.org\"\n", "f:7:8: peer.host: this is our own hostname"},
           {"[peer]\nhost = \"b.example\"\nretry = \"5s\"\nretry_max = \"4s\"\n",
            "f:8:9: peer.retry: must not be longer than peer.retry_max"},
           {"[peer]\nhost = \"b.example\"\nbind = [\"0.0.0.0:25\"]\n[[listener]]\nprotocol = \"smtp\"\nbind = "
            "[\"0.0.0.0:25\"]\n",
            "f:8:8: peer.bind: 0.0.0.0:25 belongs to a [[listener]] already"},
           {"[[domain]]\nname = \"else.example\"\n", "f:4:15: server.domain_name: no [[domain]] has this name"},
           {"[[domain]]\nname = \"else.example\"\n", "f:1:24: account.address: \"example.org\" is no local domain"},
           {"postmaster = \"root@example.org\"\n", "f:6:14: server.postmaster: \"root@example.org\" has no account"},
           {"[passthrough]\ndomains = [\"else.example\"]\n",
            "f:7:12: passthrough.domains: \"else.example\" is no local domain"},
           {"[undelivered]\ntemplate = \"big\"\n", "f:7:12: undelivered.template: there is no [[template]] \"big\""},
           {"[undelivered]\naccount = \"x@else.example\"\n",
            "f:7:11: undelivered.account: \"else.example\" is no local domain"},
           {"[[template]]\nname = \"t\"\n[[template.retention]]\nfolder = \"Spam\"\nafter = \"1d\"\nthen = \"bin\"\n",
            "f:9:10: template.retention.folder: \"Spam\" is none of the template's folders"},
           {"[[client]]\nname = \"mail.example.org\"\nnetworks = [\"192.0.2.1\"]\n",
            "f:7:8: client.name: this is our own hostname"},
           {"[queue]\nretry_first = \"2h\"\n", "f:7:15: queue.retry_first: must not be longer than"},
           {"[[alias]]\naddress = \"a@example.org\"\nto = [\"b@example.org\"]\n[[alias]]\naddress = \"b@example.org\"\nto = "
            "[\"a@example.org\"]\n",
            "f:8:6: alias.to: leads in a circle"},
           {"[[route]]\nmatch = \"*\"\nvia = \"b.example\"\ntls = \"none\"\nauth = \"/a\"\n",
            "f:10:8: route.auth: credentials are never sent"},
           {"[[route]]\nmatch = \"*\"\nvia = \"mx\"\nauth = \"/a\"\n", "f:9:8: route.auth: credentials are for one host"},
           {"[[route]]\nmatch = \"*\"\nvia = \"b.example\"\ncertificate = \"sha256:12\"\n",
            "f:9:15: route.certificate: must be \"sha256:\""},
           {"[[route]]\nmatch = \"*\"\nvia = \"b.example\"\ntls = \"none\"\ncertificate = \"" + fingerprint + "\"\n",
            "f:10:15: route.certificate: without TLS"},
           {"[[route]]\nmatch = \"*\"\nvia = \"mx\"\ncertificate = \"" + fingerprint + "\"\n",
            "f:9:15: route.certificate: a certificate is of one host"},
           {"[[route]]\nmatch = \"*\"\nvia = \"mx\"\ntls = \"implicit\"\n", "f:9:7: route.tls: an MX host speaks STARTTLS"},
           {"[[route]]\nmatch = \"*\"\nvia = \"mx\"\ntls = \"dane\"\n[dns]\nservers = [\"192.0.2.53:53\"]\n",
            "f:9:7: route.tls: \"dane\" needs"},
       })
    expect(wrong);
}

BOOST_AUTO_TEST_CASE(a_route_to_this_machine_is_an_error_and_one_to_its_neighbour_is_not) {
  const auto routed = [](const std::string& bind, const std::string& via) {
    return with("[[listener]]\nprotocol = \"smtp\"\nbind = [\"" + bind + "\"]\n[[route]]\nmatch = \"*\"\nvia = \"" + via +
                "\"\n");
  };
  for (const auto& [bind, via] : std::vector<std::pair<std::string, std::string>>{{"0.0.0.0:25", "MAIL.example.org."},
                                                                                  {"0.0.0.0:2525", "mail.example.org:2525"},
                                                                                  {"0.0.0.0:2525", "mail.example.org:25"},
                                                                                  {"192.0.2.1:25", "[192.0.2.1]"},
                                                                                  {"[2001:db8::1]:25", "[2001:db8:0::1]:25"},
                                                                                  {"0.0.0.0:2525", "[127.0.0.1]:2525"},
                                                                                  {"[::]:2525", "localhost:2525"},
                                                                                  {"127.0.0.1:2525", "localhost:2525"}})
    BOOST_TEST(problems_of(routed(bind, via)).find("f:11:7: route.via: leads back to this machine") != std::string::npos,
               bind + " " + via + "\n" + problems_of(routed(bind, via)));
  for (const auto& [bind, via] : std::vector<std::pair<std::string, std::string>>{{"0.0.0.0:25", "archive.example.org"},
                                                                                  {"127.0.0.1:2525", "[127.0.0.1]:2526"},
                                                                                  {"127.0.0.1:2525", "[127.0.0.2]:2525"},
                                                                                  {"0.0.0.0:25", "mail.example.org:10025"}})
    BOOST_TEST(load(routed(bind, via), "f").has_value(), bind + " " + via + "\n" + problems_of(routed(bind, via)));
}

BOOST_AUTO_TEST_CASE(a_password_in_plain_text_is_refused_and_never_shown) {
  for (const std::string password :
       {"hunter2", "{PLAIN}hunter2", "{SCRAM-SHA-256}hunter2", "{scram-sha-256}hunter2", "hunter2{SCRAM-SHA-256}",
        "{SCRAM-SHA-256}4096,hunter2,AAAA,AAAA", "{SCRAM-SHA-256}1,AAAA,hunter2,AAAA"}) {
    const auto text = "account = [{ address = \"postmaster@example.org\", password = \"" + password + "\" }]\n" +
                      with("").substr(with("").find('\n') + 1);
    const auto problems = problems_of(text);
    BOOST_TEST(problems.starts_with("f:1:61: account.password: must be a verifier"), problems);
    BOOST_TEST(problems.find("hunter2") == std::string::npos, problems);
  }
}

BOOST_AUTO_TEST_CASE(every_problem_is_told_at_once_in_the_order_of_the_file) {
  const auto loaded = load(
      "[server]\nhostname = 1\ndomain_name = \"example.org\"\ndata = \"relative\"\nmemry = \"1G\"\n"
      "[[route]]\nmatch = \"?\"\nvia = \"\"\n[zzzzzzzz]\n",
      "f");
  BOOST_REQUIRE(!loaded.has_value());
  std::vector<std::uint32_t> lines;
  for (const auto& problem : loaded.error()) lines.push_back(problem.at.line);
  const std::vector<std::uint32_t> expected = {1, 2, 4, 5, 7, 8, 9};  // 1: the postmaster has no account
  BOOST_TEST(lines == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_hardly_meant_is_a_warning) {
  const std::string client = "[[client]]\nname = \"a.example\"\nmay = [\"relay\"]\nnetworks = ";
  for (const auto& [more, warning] : std::vector<std::pair<std::string, std::string>>{
           {"", "warning: listener: no listener"},
           {client + "[\"192.0.2.0/23\"]\n", "f:9:13: warning: client.networks: 192.0.2.0/23 is a wide network"},
           {client + "[\"2001:db8::/63\"]\n", "f:9:13: warning: client.networks: 2001:db8::/63 is a wide network"},
           {client + "[\"0.0.0.0/0\"]\n", "f:9:13: warning: client.networks: 0.0.0.0/0 is the whole world"},
           {"[[client]]\nname = \"a.example\"\nnetworks = [\"192.0.2.1\"]\n", "f:7:8: warning: client.name: may do nothing"},
           {"[dns]\nallow_loopback = true\n", "f:7:18: warning: dns.allow_loopback: "},
           {"[queue]\nexpiry = \"1d\"\n", "f:7:10: warning: queue.expiry: RFC 5321"},
           {"[passthrough]\ncopy_local_to_outbox = true\n",
            "f:7:24: warning: passthrough.copy_local_to_outbox: no [[route]] leads"},
           {"[passthrough]\naccept_local_from = \"clients\"\n",
            "f:7:21: warning: passthrough.accept_local_from: \"clients\", and there is no"},
           {"[[route]]\nmatch = \"*\"\nvia = \"b.example\"\n[[route]]\nmatch = \"c.example\"\nvia = \"mx\"\n",
            "f:10:9: warning: route.match: never reached: the route \"*\" in line 7"},
           {"[[route]]\nmatch = \"*\"\nvia = \"b.example\"\ntls = \"encrypt\"\nauth = \"/a\"\n",
            "warning: route.tls: \"encrypt\" with auth"},
           {"[[listener]]\nprotocol = \"submission\"\nbind = [\"0.0.0.0:587\"]\nrefuse_nonlocal_claiming_local = true\n",
            "f:9:34: warning: listener.refuse_nonlocal_claiming_local: without effect: only"},
           {"[[listener]]\nprotocol = \"submission\"\nbind = [\"0.0.0.0:587\"]\nrefuse_nonlocal_from_local = true\n",
            "f:9:30: warning: listener.refuse_nonlocal_from_local: without effect: only"},
           {"[undelivered]\naction = \"store\"\n",
            "f:7:10: warning: undelivered.action: \"store\" makes a mailbox for every local address"},
           {"[peer]\nhost = \"b.example\"\n", "f:6:1: warning: peer.key: none: the other machine cannot be known"},
           {"[peer]\nhost = \"b.example\"\nkey = \"ed25519:...\"\n", "f:8:7: warning: peer.key: still the placeholder"},
           {"[[route]]\nmatch = \"*\"\nvia = \"b.example\"\n[[route]]\nmatch = \"*\"\nvia = \"mx\"\npriority = 20\n",
            "f:11:7: warning: route.via: never used: \"mx\" does not stand in"},
           {"[[listener]]\nprotocol = \"imap\"\nbind = [\"0.0.0.0:143\"]\ntls = \"none\"\n",
            "f:9:7: warning: listener.tls: without TLS"},
           {"[[listener]]\nprotocol = \"imap\"\nbind = [\"0.0.0.0:993\"]\nlimits.errors = 5\n",
            "f:9:17: warning: listener.limits.errors: without effect on a listener for mail access"},
           {"[[listener]]\nprotocol = \"pop3\"\nbind = [\"0.0.0.0:995\"]\nlimits.message_size = \"1M\"\n",
            "f:9:23: warning: listener.limits.message_size: without effect on a listener for mail access"},
           {"[[listener]]\nprotocol = \"imap\"\nbind = [\"0.0.0.0:993\"]\n[[listener]]\nprotocol = \"imap\"\n"
            "bind = [\"0.0.0.0:143\"]\nlimits.message_size = \"1M\"\n",
            "f:12:23: warning: listener.limits.message_size: the message_size of the last listener for \"imap\" counts"},
           {"[[alias]]\naddress = \"all@example.org\"\nto = [\"nobody@example.org\"]\n",
            "f:8:6: warning: alias.to: \"nobody@example.org\" has no"},
       }) {
    BOOST_TEST(load(with(more), "f").has_value(), problems_of(with(more)));
    BOOST_TEST(problems_of(with(more)).find(warning) != std::string::npos, warning + "\n" + problems_of(with(more)));
  }
  const std::string imap = "[[listener]]\nprotocol = \"imap\"\nbind = [\"0.0.0.0:993\"]\nlimits.message_size = \"1M\"\n";
  BOOST_TEST(problems_of(with(imap)).find("limits") == std::string::npos, problems_of(with(imap)));
  BOOST_TEST(problems_of(with(client + "[\"192.0.2.0/24\", \"2001:db8::/64\"]\n")).find("wide") == std::string::npos);
  const std::string creating = "[passthrough]\ncreate_mailbox = true\n[undelivered]\naction = \"store\"\n";
  BOOST_TEST(problems_of(with(creating)).find("undelivered.action") == std::string::npos);
  BOOST_TEST(problems_of("account = [{ address = \"postmaster@example.org\" }]\n[server]\nhostname = \"mail\"\n"
                         "domain_name = \"example.org\"\ndata = \"/d\"\n")
                 .find("f:3:12: warning: server.hostname: no fully qualified name") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_has_no_effect_in_this_version_is_a_warning) {
  const std::string peer = "[peer]\nhost = \"b.example\"\n";
  for (const auto& [more, warning] : std::vector<std::pair<std::string, std::string>>{
           {"safe = \"both\"\n" + peer,
            "f:6:8: warning: server.safe: \"both\" needs receipts of the other machine, which this version"},
           {"[passthrough.in_charge]\ncreate_mailbox = true\n",
            "f:6:1: warning: passthrough.in_charge: this version never changes its role"},
           {"[[listener]]\nprotocol = \"http\"\nbind = [\"0.0.0.0:443\"]\n",
            "f:7:12: warning: listener.protocol: this version does not serve \"http\""},
           {"[[template]]\nname = \"t\"\n[[template.retention]]\nfolder = \"*\"\nafter = \"1d\"\nthen = \"bin\"\n",
            "f:8:1: warning: template.retention: this version moves and deletes nothing by age"},
           {"[[route]]\nmatch = \"*\"\nvia = \"b.example\"\ntls = \"dane\"\n",
            "f:9:7: warning: route.tls: \"dane\" is not there in this version"},
           {"[[route]]\nmatch = \"*\"\nvia = \"b.example\"\nif_down = \"direct\"\n",
            "f:9:11: warning: route.if_down: \"direct\" is not there in this version"},
       }) {
    BOOST_TEST(load(with(more), "f").has_value(), problems_of(with(more)));
    BOOST_TEST(problems_of(with(more)).find(warning) != std::string::npos, warning + "\n" + problems_of(with(more)));
  }
  const auto plain = problems_of(with("[[listener]]\nprotocol = \"smtp\"\nbind = [\"0.0.0.0:25\"]\n"));
  BOOST_TEST(plain.find("this version") == std::string::npos, plain);
}

BOOST_AUTO_TEST_CASE(an_archive_that_copies_back_to_its_client_is_warned_of) {
  const std::string primary = "[[client]]\nname = \"b.example\"\nnetworks = [\"192.0.2.1\"]\nmay = [\"copy\"]\n";
  const auto archive = [&](const std::string& clients, const std::string& via, const std::string& more) {
    return with("[passthrough]\ncopy_local_to_outbox = true\n" + more + clients +
                "[[route]]\nmatch = \"example.org\"\nvia = \"" + via + "\"\n");
  };
  const std::string clients_only = "accept_local_from = \"clients\"\n";
  const std::string no_copies = "[[client]]\nname = \"b.example\"\nnetworks = [\"192.0.2.1\"]\nmay = [\"relay\"]\n";
  const std::string warning =
      "f:7:24: warning: passthrough.copy_local_to_outbox: the route of \"example.org\" leads back to client \"b.example\"";
  BOOST_TEST(problems_of(archive(primary, "b.example", clients_only)).find(warning) != std::string::npos);
  BOOST_TEST(problems_of(archive(primary, "[192.0.2.1]:2525", clients_only)).find(warning) != std::string::npos);
  BOOST_TEST(problems_of(archive(primary, "c.example", clients_only)).find("leads back") == std::string::npos);
  const auto known_by = primary + "certificate = \"" + fingerprint + "\"\n";
  const auto pinned = "certificate = \"" + fingerprint + "\"\n";
  BOOST_TEST(problems_of(archive(known_by, "c.example", clients_only) + pinned).find(warning) != std::string::npos);
  BOOST_TEST(problems_of(archive(known_by, "c.example", clients_only)).find("leads back") == std::string::npos);
  BOOST_TEST(problems_of(archive(no_copies, "b.example", clients_only)).find("leads back") == std::string::npos);
  BOOST_TEST(problems_of(archive(primary, "b.example", "")).find("leads back") == std::string::npos);  // a primary
}

BOOST_AUTO_TEST_CASE(what_is_no_configuration_at_all_is_one_clear_error) {
  const sim::TempDir directory;
  const std::string good = with("");
  const struct {
    const char* name;
    std::string octets;
    const char* says;
  } files[] = {
      {"empty", "", ":1:1: server: missing; expected a table: write [server]"},
      {"utf8", good + "[dns]\nservers = [\"127.0.0.1:53\", \"\xc3(\"]\n",
       ":7:29: no UTF-8 from here on; save the file as UTF-8"},
      {"latin1", good + "# M\xfcller\n", ":6:4: no UTF-8 from here on"},
      {"utf16", std::string("\xff\xfe[\0s\0", 6), ":1:1: no UTF-8 from here on"},
      {"nul", good + std::string("x\0y = 1\n", 8), ":6:2: "},
      {"huge", std::string(10u << 20, '#'), ": larger than 4 MiB"},
      {"binary",
       std::string("\x7f"
                   "ELF\x02\x01\x01\0",
                   8),
       ":1:1: "},
  };
  for (const auto& file : files) {
    const auto path = directory.write(file.name, file.octets);
    const auto loaded = load_file(path);
    BOOST_REQUIRE_MESSAGE(!loaded.has_value(), file.name);
    const auto text = loaded.error().front().text();
    BOOST_TEST(loaded.error().size() == 1u, file.name << "\n" << all_of(loaded.error()));
    BOOST_TEST(text.starts_with(path.string() + file.says), text);
    BOOST_TEST(text.find('\n') == std::string::npos);
  }
  const auto told = [](const std::filesystem::path& path) { return load_file(path).error().front().text(); };
  const auto folder = directory.path().string();
  BOOST_TEST(told(folder) == folder + ": is a directory; name the file in it");
  BOOST_TEST(told(folder + "/none") == folder + "/none: can't be read: No such file or directory");
  BOOST_TEST(told(folder + "/empty/below") == folder + "/empty/below: can't be read: Not a directory");
}

BOOST_AUTO_TEST_SUITE_END()
