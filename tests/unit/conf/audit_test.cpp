#include "conf/load.hpp"

using namespace understudy;
using archive::audit::Kind;
using archive::audit::Policy;
using archive::audit::Role;

namespace {

const std::string server =
    "account = [{ address = \"postmaster@example.org\" }]\n[server]\nhostname = \"mail.example.org\"\n"
    "domain_name = \"example.org\"\ndata = \"/var/lib/understudy\"\n";

std::string person(const std::string& name, const std::string& user, const std::string& role) {
  return "[[operator]]\nname = \"" + name + "\"\nuser = \"" + user + "\"\nroles = [\"" + role + "\"]\n";
}

const std::string two = person("Adam", "adam", "administrator") + person("Vera", "vera", "auditor");

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_configuration)

BOOST_AUTO_TEST_CASE(what_the_file_says_of_audit_is_what_the_policy_has) {
  const auto loaded = conf::load(server + two +
                                     "[audit]\nadministrators_read = \"second-person\"\nsecond_person = [\"export\", \"end\"]\n"
                                     "auditors_need_case = true\napproval_valid = \"10m\"\n",
                                 "f");
  BOOST_REQUIRE(loaded.has_value());
  const auto& audit = loaded->config.audit;
  BOOST_TEST((audit.administrators_read == Policy::Reading::second_person));
  BOOST_TEST((audit.second_person == std::set<Kind>{Kind::give, Kind::end}));
  BOOST_TEST((audit.auditors_cases == Policy::Cases::needed));
  BOOST_TEST((audit.approval_valid == std::chrono::minutes(10)));
  BOOST_REQUIRE(audit.operators.size() == 2u);
  BOOST_TEST(audit.operators[1].name == "Vera");
  BOOST_TEST(audit.operators[1].user == "vera");
  BOOST_TEST((audit.operators[1].roles == archive::audit::Roles{Role::auditor}));
}

BOOST_AUTO_TEST_CASE(an_operator_has_the_verifier_of_a_password_and_never_the_password) {
  const std::string verifier =
      "{SCRAM-SHA-256}4096,MDEyMzQ1Njc4OWFiY2RlZg==,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  const auto loaded = conf::load(server + two + "password = \"" + verifier + "\"\n", "f");
  BOOST_REQUIRE(loaded.has_value());
  BOOST_TEST(loaded->config.audit.operators[0].verifier == "");
  BOOST_TEST(loaded->config.audit.operators[1].verifier == verifier);
  const std::pair<std::string, std::string> rows[] = {
      {two + "password = \"hunter2\"\n", "must be a verifier"},
      {two + person("Star", "st*r", "auditor") + "password = \"" + verifier + "\"\n", "parts the names of a login"}};
  for (const auto& [text, says] : rows) {
    const auto bad = conf::load(server + text, "f");
    BOOST_REQUIRE_MESSAGE(!bad.has_value(), text);
    const auto& said = bad.error().front().text();
    BOOST_TEST(said.find(says) != std::string::npos, said);
    BOOST_TEST(said.find("hunter2") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(what_would_lock_people_out_or_ask_for_whom_there_is_not_is_an_error) {
  const std::string adam = person("Adam", "adam", "administrator");
  const std::pair<std::string, std::string> rows[] = {
      {adam + "[audit]\nsecond_person = [\"end\"]\n", "no two [[operator]]"},
      {adam + "[audit]\nadministrators_read = \"second-person\"\n", "no two [[operator]]"},
      {adam + "[audit]\nauditors_need_case = true\n", "no [[operator]] is an auditor"},
      {person("Vera", "vera", "auditor"), "none is an administrator"},
      {adam + person("Adam", "other", "auditor"), "operator"},
      {adam + person("Other", "adam", "auditor"), "operator"},
      {adam + "[[operator]]\nname = \"x\"\nuser = \"x\"\nroles = []\n", "names none"},
  };
  for (const auto& [text, says] : rows) {
    const auto loaded = conf::load(server + text, "f");
    BOOST_REQUIRE_MESSAGE(!loaded.has_value(), text);
    std::string all;
    for (const auto& problem : loaded.error()) all += problem.text() + "\n";
    BOOST_TEST(all.find(says) != std::string::npos, all);
  }
  BOOST_TEST(conf::load(server + two, "f").has_value());
}

BOOST_AUTO_TEST_CASE(what_leaves_the_audit_journal_without_a_second_pair_of_eyes_is_warned_of) {
  const std::string peer = "[peer]\nhost = \"other.example.org\"\n", asks = "[audit]\nsecond_person = [\"end\"]\n";
  const auto warnings = [](const std::string& text) {
    const auto loaded = conf::load(server + text, "f");
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), text);
    std::string all;
    for (const auto& problem : loaded->warnings) all += problem.text() + "\n";
    return all;
  };
  const std::string alone = "no other machine witnesses", obeys = "peer.endings = \"obey\" for none";
  BOOST_TEST(warnings(two).find(alone) != std::string::npos);
  BOOST_TEST(warnings(peer + two).find(alone) == std::string::npos);
  BOOST_TEST(warnings("").find(alone) == std::string::npos);
  BOOST_TEST(warnings(peer + asks + two).find(obeys) == std::string::npos);
  BOOST_TEST(warnings(peer + "endings = \"obey\"\n" + asks + two).find(obeys) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
