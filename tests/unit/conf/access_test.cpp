#include "conf/load.hpp"

using namespace understudy;
using namespace understudy::conf;

namespace {

/// The least that loads, in five lines: what a case adds begins in line 6, inside [server].
std::string with(const std::string& more) {
  return "account = [{ address = \"postmaster@example.org\" }]\n[server]\nhostname = \"mail.example.org\"\n"
         "domain_name = \"example.org\"\ndata = \"/var/lib/understudy\"\n" +
         more;
}

/// All warnings; of a text that does not load the errors.
std::string problems_of(const std::string& text) {
  const auto loaded = load(text, "f");
  std::string out;
  for (const auto& problem : loaded ? loaded->warnings : loaded.error()) out += problem.text() + "\n";
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(access_configuration)

BOOST_AUTO_TEST_CASE(mail_access_that_nobody_comes_by_is_a_warning) {
  const std::string verifier =
      "{SCRAM-SHA-256}4096,MDEyMzQ1Njc4OWFiY2RlZg==,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  const std::string vera = "[[operator]]\nname = \"Vera\"\nuser = \"vera\"\nroles = [\"auditor\", \"administrator\"]\n";
  const std::string reads = vera + "password = \"" + verifier + "\"\n";
  const auto listener = [](const std::string& protocol, const std::string& tls) {
    return "[[listener]]\nprotocol = \"" + protocol + "\"\nbind = [\"127.0.0.1:1993\"]\ntls = \"" + tls + "\"\n";
  };
  const auto role = [](const std::string& what) { return "[access]\narchive_role = \"" + what + "\"\n"; };
  const std::string archive = "[passthrough]\naccept_local_from = \"clients\"\n";
  const std::string authorities = "[access]\nclient_authorities = \"/ca.pem\"\n";
  const std::string no_door = "warning: operator.password: without effect: it is for reading by IMAP";
  const std::string no_listener = "f:7:16: warning: access.archive_role: without effect: there is no [[listener]]";
  const std::string no_archive = "f:7:16: warning: access.archive_role: without effect: this machine is no archive";
  const std::string apart = "f:7:16: warning: access.archive_role: \"everything\": what users do";
  const std::string no_tls = "f:7:22: warning: access.client_authorities: without effect: there is no [[listener]] with TLS";
  struct Row {
    std::string more, warning;  // no warning: none of mail access
  };
  for (const auto& [more, warning] : std::vector<Row>{
           {reads, "f:10:12: " + no_door},
           {reads + listener("pop3", "implicit"), "f:10:12: " + no_door},
           {reads + listener("submission", "starttls"), "f:10:12: " + no_door},
           {reads + listener("imap", "implicit"), ""},
           {vera, ""},
           {vera + "password = \"{SCRAM-SHA-256}...\"\n", "f:10:12: warning: operator.password: still the placeholder"},
           {role("read-only") + archive, no_listener},
           {role("everything") + archive, no_listener},
           {role("read-only") + archive + listener("smtp", "starttls"), no_listener},
           {role("read-only") + archive + listener("imap", "implicit"), ""},
           {role("read-only") + archive + listener("pop3", "implicit"), ""},
           {role("everything") + archive + listener("imap", "implicit"), apart},
           {role("nothing") + archive, ""},
           {role("nothing"), ""},
           {role("read-only") + listener("imap", "implicit"), no_archive},
           {role("everything") + listener("imap", "implicit"), no_archive},
           {authorities, no_tls},
           {authorities + listener("imap", "none"), no_tls},
           {authorities + listener("submission", "starttls"), no_tls},
           {authorities + listener("imap", "starttls"), ""},
           {authorities + listener("pop3", "implicit"), ""},
       }) {
    BOOST_TEST(load(with(more), "f").has_value(), problems_of(with(more)));
    const auto said = problems_of(with(more));
    if (!warning.empty()) BOOST_TEST(said.find(warning) != std::string::npos, warning + "\n" + said);
    for (const std::string each : {"operator.password", "access."})
      if (warning.find(each) == std::string::npos) BOOST_TEST(said.find("warning: " + each) == std::string::npos, more + said);
  }
}

BOOST_AUTO_TEST_SUITE_END()
