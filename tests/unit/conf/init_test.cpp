#include "conf/init.hpp"

#include <map>
#include <sstream>

#include "conf/difference.hpp"
#include "conf/load.hpp"

using namespace understudy::conf;

namespace {

Loaded loaded(const std::string& text) {
  auto result = load(text, "f");
  if (!result)
    for (const auto& problem : result.error()) BOOST_ERROR(problem.text() + "\n" + text);
  BOOST_REQUIRE(result.has_value());
  return *result;
}

Config example(const std::string& name) {
  auto result = load_file(std::filesystem::path(UNDERSTUDY_SOURCE_DIR) / "conf/examples" / name);
  BOOST_REQUIRE(result.has_value());
  return result->config;
}

void expect_same(const Config& one, const Config& other) {
  for (const auto& change : difference(one, other)) BOOST_ERROR(change.text);
}

void expect_silence(const Problems& warnings) {
  for (const auto& warning : warnings) BOOST_ERROR(warning.text());
}

/// The text with what waits for a later version taken out of its comments.
std::string with_what_is_parked(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  bool parked = false;
  for (std::string line; std::getline(in, line);) {
    const bool is_comment = line.starts_with("# ");
    out += (parked && is_comment ? line.substr(2) : line) + "\n";
    parked = is_comment && (parked || line.starts_with("# Not in this version: ") || line.starts_with("# The link between "));
  }
  return out;
}

/// The text with one paragraph of comments that begins with this taken out of them, but for that line.
std::string with_paragraph(std::string text, const std::string& first) {
  const auto at = text.find("\n# " + first);
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, text);
  for (auto line = text.find('\n', at + 1) + 1; text.compare(line, 2, "# ") == 0; line = text.find('\n', line) + 1)
    text.erase(line, 2);
  return text;
}

using Doors = std::multimap<understudy::relay::Protocol, std::string>;

/// Where the configuration listens, and by which protocol.
Doors doors_of(const Config& config) {
  Doors doors;
  for (const auto& listener : config.relay.listeners)
    for (const auto& bind : listener.binds) doors.emplace(listener.protocol, bind.text());
  return doors;
}

InitAnswers pair_answers(InitAnswers::Role role) {
  const bool primary = role == InitAnswers::Role::primary;
  InitAnswers answers;
  answers.role = role;
  answers.domain = "example.org";
  answers.domain_aliases = {"copy.example.org"};
  answers.hostname = primary ? "mailbox.example.org" : "archive.example.org";
  answers.peer_host = primary ? "archive.example.org" : "mailbox.example.org";
  answers.peer_networks = {primary ? "192.0.2.20/32" : "192.0.2.10/32"};
  if (!primary) answers.imap_binds = {};
  answers.postmaster = "admin@example.org";
  answers.certificate = "/etc/understudy/tls/cert.pem";
  answers.key = "/etc/understudy/tls/key.pem";
  answers.dns_servers = {"127.0.0.1:53"};
  return answers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(init)

BOOST_AUTO_TEST_CASE(the_primary_that_init_writes_means_what_the_example_means) {
  auto answers = pair_answers(InitAnswers::Role::primary);
  answers.accounts = {{"admin@example.org"}, {"alice@example.org", {"a.lice@example.org"}}};
  answers.clients = {{"scanner.example.org", {"192.0.2.40/32"}, {"relay", "local-sender"}}};
  const auto text = render_init(answers);
  expect_silence(loaded(text).warnings);
  expect_same(example("primary.toml"), loaded(with_what_is_parked(text)).config);
}

BOOST_AUTO_TEST_CASE(the_archive_that_init_writes_means_what_the_example_means) {
  const auto text = render_init(pair_answers(InitAnswers::Role::archive));
  expect_silence(loaded(text).warnings);
  expect_same(example("archive.toml"), loaded(with_what_is_parked(text)).config);
}

BOOST_AUTO_TEST_CASE(how_mail_is_kept_is_named_with_its_defaults_as_comments) {
  for (const auto role : {InitAnswers::Role::primary, InitAnswers::Role::archive}) {
    const auto text = render_init(pair_answers(role));
    for (const char* line : {"\n# [store]", "\n# compression = 1 ", "\n# check_writes = false "})
      BOOST_TEST(text.find(line) != std::string::npos, line);
    BOOST_TEST(text.find("\n[store]") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(who_stamps_the_journal_is_named_as_a_comment_that_loads) {
  auto text = render_init(pair_answers(InitAnswers::Role::archive));
  const auto at = text.find("\n# [journal]\n");
  BOOST_REQUIRE(at != std::string::npos);
  BOOST_TEST(loaded(text).config.journal.timestamp == "");
  for (auto line = at + 1; text.compare(line, 2, "# ") == 0; line = text.find('\n', line) + 1) text.erase(line, 2);
  BOOST_TEST(loaded(text).config.journal.timestamp == "http://tsa.example.org/");
}

BOOST_AUTO_TEST_CASE(who_reads_on_which_machine_is_what_was_asked_for) {
  using enum understudy::relay::Protocol;
  auto primary = pair_answers(InitAnswers::Role::primary), archive = pair_answers(InitAnswers::Role::archive);
  const Doors mail = {{smtp, "0.0.0.0:25"}}, users = {{smtp, "0.0.0.0:25"}, {submission, "0.0.0.0:587"}, {imap, "0.0.0.0:993"}};
  BOOST_TEST((doors_of(loaded(render_init(archive)).config) == mail));
  BOOST_TEST((doors_of(loaded(render_init(primary)).config) == users));
  primary.imap_binds = {};
  archive.imap_binds = {"192.0.2.20:993", "[2001:db8::20]:993"};
  primary.pop3_binds = archive.pop3_binds = {"127.0.0.1:995"};
  const auto by_pop3 = loaded(render_init(primary)), auditors = loaded(render_init(archive));
  BOOST_TEST((doors_of(by_pop3.config) == Doors{{smtp, "0.0.0.0:25"}, {submission, "0.0.0.0:587"}, {pop3, "127.0.0.1:995"}}));
  BOOST_TEST((doors_of(auditors.config) ==
              Doors{{smtp, "0.0.0.0:25"}, {imap, "192.0.2.20:993"}, {imap, "[2001:db8::20]:993"}, {pop3, "127.0.0.1:995"}}));
  expect_silence(by_pop3.warnings);
  expect_silence(auditors.warnings);
}

BOOST_AUTO_TEST_CASE(how_to_read_where_nobody_does_by_default_is_a_comment_that_loads) {
  using enum understudy::relay::Protocol;
  const auto primary = loaded(with_paragraph(render_init(pair_answers(InitAnswers::Role::primary)), "For programs that fetch"));
  BOOST_TEST(doors_of(primary.config).count(pop3) == 1u);
  expect_silence(primary.warnings);
  auto answers = pair_answers(InitAnswers::Role::archive);
  for (const bool asked : {false, true}) {
    if (asked) answers.imap_binds = {"127.0.0.1:993"};
    const auto archive = loaded(with_paragraph(render_init(answers), "Who reads here: "));
    BOOST_TEST(doors_of(archive.config).count(imap) == 1u);
    BOOST_TEST((archive.config.access.in_archive_role == understudy::archive::access::Serve::nothing));
    expect_silence(archive.warnings);
  }
}

BOOST_AUTO_TEST_CASE(the_least_answers_make_a_mail_server_that_loads) {
  InitAnswers answers;
  answers.domain = "example.org";
  answers.hostname = "mail.example.org";
  const auto [config, warnings] = loaded(render_init(answers));
  BOOST_TEST(config.accounts.at(0).address == "postmaster@example.org");
  BOOST_TEST((config.passthrough.copy_local_to_outbox == understudy::routing::Switch::off));
  BOOST_TEST(config.routes.at(0).via.by_mx);
  expect_silence(warnings);
}

BOOST_AUTO_TEST_CASE(a_pair_on_loopback_ports_loads) {
  auto answers = pair_answers(InitAnswers::Role::archive);
  answers.smtp_binds = {"127.0.0.1:2526"};
  answers.peer_via = "mailbox.example.org:2525";
  answers.peer_networks = {"127.0.0.1/32"};
  answers.peer_port = 8026;
  answers.dns_servers = {"127.0.0.1:5353"};
  answers.outside_via = "[127.0.0.1]:2599";
  answers.mx_to_loopback = InitAnswers::Loopback::allow;
  answers.data = "/tmp/with \"quotes\" and \\ and \xc3\xbc";
  const auto [config, warnings] = loaded(render_init(answers));
  BOOST_TEST(config.server.data == answers.data);
  BOOST_TEST(config.routes.at(0).via.port == 2525);
  BOOST_TEST(config.routes.at(1).via.port == 2599);
  BOOST_TEST(config.relay.dns.allow_loopback);
}

BOOST_AUTO_TEST_CASE(a_foreign_primary_gets_no_peer_table) {
  auto answers = pair_answers(InitAnswers::Role::archive);
  answers.peer_is = InitAnswers::Link::foreign;
  BOOST_TEST(!loaded(with_what_is_parked(render_init(answers))).config.peer.has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_cannot_write_a_line_of_its_own) {
  InitAnswers answers;
  answers.domain = "example.org\"\n[dns]\nallow_loopback = true\n#";
  answers.hostname = "mail.example.org";
  const auto result = load(render_init(answers), "f");
  BOOST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().at(0).text().find("is no host or domain name") != std::string::npos, result.error().at(0).text());
}

BOOST_AUTO_TEST_SUITE_END()
