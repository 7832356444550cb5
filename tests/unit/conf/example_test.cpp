#include <fstream>

#include "conf/convert.hpp"
#include "conf/difference.hpp"
#include "conf/load.hpp"

using namespace understudy;
using namespace understudy::conf;

namespace {

Loaded load_example(const std::string& name) {
  auto loaded = load_file(std::filesystem::path(UNDERSTUDY_SOURCE_DIR) / "conf/examples" / name);
  if (!loaded)
    for (const auto& problem : loaded.error()) BOOST_ERROR(problem.text());
  BOOST_REQUIRE(loaded.has_value());
  return *loaded;
}

bool is_for_later(const Problem& warning) {
  return warning.message.find("this version") != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(example)

BOOST_AUTO_TEST_CASE(the_primary_example_loads_and_means_what_it_says) {
  const auto [config, warnings] = load_example("primary.toml");
  BOOST_TEST(warnings.size() == 2u);  // the placeholders of key and password
  for (const auto& warning : warnings)
    BOOST_TEST((warning.message.find("placeholder") != warning.message.npos || is_for_later(warning)), warning.text());
  BOOST_TEST(config.server.hostname == "mailbox.example.org");
  BOOST_TEST(config.server.postmaster == "admin@example.org");
  BOOST_TEST(config.server.memory == 128u << 20);
  BOOST_TEST(config.relay.clients.size() == 2u);
  BOOST_TEST((config.relay.clients[0].may == routing::Permissions{.relay = true, .local_sender = true}));
  BOOST_TEST((config.relay.clients[1].may == routing::Permissions{.local_sender = true, .copy = true}));
  BOOST_TEST(config.relay.listeners.size() == 3u);
  BOOST_TEST(config.accounts.at(1).aliases.at(0) == "a.lice@example.org");
  BOOST_TEST(config.accounts.at(1).password.empty());
  BOOST_TEST((first_role(config) == routing::Role::in_charge));
  const auto policy = to_policy(config, routing::Role::in_charge);
  BOOST_TEST((policy.passthrough.copy_local_to_outbox == routing::Switch::on));
  BOOST_TEST((policy.passthrough.create_mailbox == routing::Switch::off));
  BOOST_TEST((policy.undelivered == routing::Undelivered::refuse_or_return));
  BOOST_TEST(to_routes(config).hop_for("elsewhere.example").text == "route:*");
  BOOST_TEST(to_store_options(config).directory == "/var/lib/understudy");
}

BOOST_AUTO_TEST_CASE(the_archive_example_loads_and_means_what_it_says) {
  const auto [config, warnings] = load_example("archive.toml");
  BOOST_TEST(warnings.size() == 2u);  // the placeholder of the key; retention is for later
  BOOST_TEST((first_role(config) == routing::Role::archive));
  BOOST_TEST((config.relay.clients.at(0).odd_octets == mail::smtp::OddOctets::keep));
  BOOST_TEST(config.undelivered.create_template == "default");
  const auto& standard = config.templates.at(0);
  BOOST_TEST(standard.folders.size() == 6u);
  BOOST_TEST(standard.retention.at(0).folder == "*");
  BOOST_TEST((standard.retention.at(0).after == std::chrono::days(90)));
  BOOST_TEST(to_routes(config).hop_for("example.org").text == "route:example.org");
  BOOST_TEST(to_routes(config).hop_for("elsewhere.example").text == "mx:elsewhere.example");
  BOOST_TEST((relay::sender_check(config.relay.listeners.at(0), routing::Role::archive) == routing::Switch::off));
  BOOST_TEST((relay::sender_check(config.relay.listeners.at(0), routing::Role::in_charge) == routing::Switch::on));
}

BOOST_AUTO_TEST_CASE(the_store_is_opened_as_the_store_table_says) {
  const auto options_of = [](const std::string& store) {
    const auto loaded = load(
        "account = [{ address = \"postmaster@example.org\" }]\n[server]\nhostname = \"mail.example.org\"\n"
        "domain_name = \"example.org\"\ndata = \"/var/lib/understudy\"\n" +
            store,
        "f");
    BOOST_REQUIRE(loaded.has_value());
    return to_store_options(loaded->config);
  };
  using archive::store::CheckWrites;
  const auto standard = options_of("");
  BOOST_TEST(standard.compression_level == 1);
  BOOST_TEST((standard.check_writes == CheckWrites::off));
  for (const int level : {0, 1, 19}) {
    const auto set = options_of("[store]\ncompression = " + std::to_string(level) + "\ncheck_writes = true\n");
    BOOST_TEST(set.compression_level == level);
    BOOST_TEST((set.check_writes == CheckWrites::on));
  }
}

BOOST_AUTO_TEST_CASE(the_defaults_that_the_examples_name_in_comments_are_the_defaults) {
  for (const std::string name : {"primary.toml", "archive.toml"}) {
    std::ifstream in(std::filesystem::path(UNDERSTUDY_SOURCE_DIR) / "conf/examples" / name);
    std::string told;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
      inside = line.starts_with("# [store]") || (inside && line.starts_with("# "));
      told += (inside ? line.substr(2) : line) + "\n";
    }
    BOOST_TEST(told.find("\n[store]") != std::string::npos, name);
    const auto loaded = load(told, name);
    BOOST_REQUIRE(loaded.has_value());
    for (const auto& change : difference(load_example(name).config, loaded->config)) BOOST_ERROR(change.text);
  }
}

BOOST_AUTO_TEST_CASE(an_archive_that_takes_over_does_what_a_primary_does) {
  const auto [config, warnings] = load_example("archive.toml");
  const auto policy = to_policy(config, routing::Role::in_charge);
  BOOST_TEST((policy.passthrough.accept_local_from == routing::AcceptLocalFrom::anyone));
  BOOST_TEST((policy.passthrough.copy_local_to_outbox == routing::Switch::on));
  BOOST_TEST((policy.passthrough.copy_to_sender_sent == routing::Switch::off));
  BOOST_TEST((policy.undelivered == routing::Undelivered::refuse_or_return));
}

BOOST_AUTO_TEST_CASE(a_former_primary_on_standby_takes_mail_from_clients_only_and_copies_nothing) {
  const auto [config, warnings] = load_example("primary.toml");
  const auto policy = to_policy(config, routing::Role::standby);
  BOOST_TEST((policy.passthrough.accept_local_from == routing::AcceptLocalFrom::clients));
  BOOST_TEST((policy.passthrough.copy_local_to_outbox == routing::Switch::off));
}

BOOST_AUTO_TEST_SUITE_END()
