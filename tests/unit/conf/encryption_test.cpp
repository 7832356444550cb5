#include "conf/convert.hpp"
#include "conf/difference.hpp"
#include "conf/load.hpp"

using namespace understudy;

namespace {

const std::string server =
    "account = [{ address = \"postmaster@example.org\" }]\n[server]\nhostname = \"mail.example.org\"\n"
    "domain_name = \"example.org\"\ndata = \"/var/lib/understudy\"\n";

conf::Config config_with(const std::string& text) {
  auto loaded = conf::load(server + text, "f");
  BOOST_REQUIRE_MESSAGE(loaded.has_value(), text);
  return std::move(loaded->config);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(encryption_of_what_is_kept)

BOOST_AUTO_TEST_CASE(without_the_table_nothing_is_encrypted) {
  BOOST_TEST(!config_with("").encryption.on());
  BOOST_TEST(config_with("").encryption.ring == "");
}

BOOST_AUTO_TEST_CASE(the_ring_lies_in_the_data_directory_unless_the_file_says_otherwise) {
  const auto usual = config_with("[encryption]\nmaster_key = \"/etc/understudy/master.key\"\n");
  BOOST_TEST(usual.encryption.on());
  BOOST_TEST(usual.encryption.ring == "/var/lib/understudy/keys/ring");
  const auto elsewhere = config_with("[encryption]\nmaster_command = [\"/bin/cat\", \"/k\"]\nring = \"/keys/ring\"\n");
  BOOST_TEST(elsewhere.encryption.on());
  BOOST_TEST((elsewhere.encryption.master_command == std::vector<std::string>{"/bin/cat", "/k"}));
  BOOST_TEST(elsewhere.encryption.ring == "/keys/ring");
}

BOOST_AUTO_TEST_CASE(what_does_not_say_where_the_master_key_is_has_a_place_and_a_cure) {
  const std::pair<std::string, std::string> rows[] = {
      {"[encryption]\n", "encryption: says nothing of the master key"},
      {"[encryption]\nring = \"/keys/ring\"\n", "encryption: says nothing of the master key"},
      {"[encryption]\nmaster_key = \"master.key\"\n", "encryption.master_key: must be an absolute path"},
      {"[encryption]\nmaster_command = []\n", "encryption.master_command: must begin with the absolute path"},
      {"[encryption]\nmaster_command = [\"cat\", \"/k\"]\n", "encryption.master_command: must begin with the absolute path"},
      {"[encryption]\nmaster_command = \"cat /k\"\n", "encryption.master_command: "},
      {"[encryption]\nmaster_key = \"/k\"\nring = \"ring\"\n", "encryption.ring: must be an absolute path"},
      {"[encryption]\nmaster_key = \"/k\"\nmaster_command = [\"/bin/cat\", \"/k\"]\n", "there is a master_key, too"},
  };
  for (const auto& [text, part] : rows) {
    const auto loaded = conf::load(server + text, "f");
    BOOST_REQUIRE_MESSAGE(!loaded.has_value(), text);
    BOOST_TEST(loaded.error().front().text().find(part) != std::string::npos, loaded.error().front().text());
    BOOST_TEST(loaded.error().front().at.line >= 6u, loaded.error().front().text());
  }
}

BOOST_AUTO_TEST_CASE(a_reload_leaves_it_as_it_runs_and_says_that_a_restart_is_needed) {
  const auto off = config_with("");
  const auto on = config_with("[encryption]\nmaster_key = \"/etc/understudy/master.key\"\n");
  BOOST_TEST(!conf::until_restart(on, off).encryption.on());
  std::size_t restarts = 0;
  for (const auto& change : conf::difference(off, on))
    if (change.takes == conf::Change::Takes::restart && change.key.starts_with("encryption.")) restarts += 1;
  BOOST_TEST(restarts == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
