#include "conf/check_files.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include "base/codec.hpp"
#include "base/net/tls.hpp"

using namespace understudy;
using namespace understudy::conf;
namespace fs = std::filesystem;

namespace {

struct Directory {
  Directory() {
    std::string name = (fs::temp_directory_path() / "understudy-conf-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Directory() { fs::remove_all(path); }
  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const auto file = path / name;
    std::ofstream(file, std::ios::binary) << text;
    ::chmod(file.c_str(), mode);
    return file.string();
  }
  fs::path path;
};

struct Fixture : Directory {
  Config config;
  Fixture() { config.server.data = (path / "data").string(); }

  std::string problems() const {
    std::string out;
    for (const auto& problem : check_files(config, "f")) out += problem.text() + "\n";
    return out;
  }
  bool says(const std::string& part) const { return problems().find(part) != std::string::npos; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(files, Fixture)

BOOST_AUTO_TEST_CASE(operators_are_different_people_who_reach_the_socket) {
  using archive::audit::Role;
  fs::create_directory(config.server.data);
  fs::permissions(config.server.data, fs::perms::owner_all);
  config.audit.operators = {{"Adam", "0", 0, {Role::administrator}}};
  BOOST_TEST(problems() == "");
  config.audit.operators.push_back({"Vera", "54321", 0, {Role::auditor}});
  BOOST_TEST(says("name a group in server.admin_group"));
  BOOST_TEST(!says("his own second one"));
  config.audit.operators[1].user = "root";
  BOOST_TEST(says("is the account of another operator, too (uid 0)"));
}

BOOST_AUTO_TEST_CASE(a_data_directory_that_can_be_made_is_no_problem) {
  BOOST_TEST(problems() == "");
  config.server.data += "/";
  BOOST_TEST(problems() == "");
  fs::create_directory(config.server.data);
  fs::permissions(config.server.data, fs::perms::owner_all);
  BOOST_TEST(problems() == "");
  fs::permissions(config.server.data, fs::perms::owner_all | fs::perms::others_read);
  BOOST_TEST(says("f: warning: server.data: "));
}

BOOST_AUTO_TEST_CASE(the_roots_of_a_time_stamping_authority_must_be_there_and_be_certificates) {
  config.journal.timestamp_roots = (path / "ca.pem").string();
  BOOST_TEST(says("f: journal.timestamp_roots: "));
  write("ca.pem", "nothing\n");
  BOOST_TEST(says("f: journal.timestamp_roots: "));
  write("ca.pem", net::make_self_signed("tsa.example.org")->certificate);
  BOOST_TEST(problems() == "");
}

BOOST_AUTO_TEST_CASE(a_data_directory_without_a_parent_or_that_is_a_file_is_an_error) {
  config.server.data = (path / "a/b").string();
  BOOST_TEST(says("f: server.data: " + (path / "a").string() + " is no directory"));
  config.server.data = write("file", "");
  BOOST_TEST(says("is not a directory"));
  config.server.data += "/below";
  BOOST_TEST(says("f: server.data: "));
}

BOOST_AUTO_TEST_CASE(a_certificate_and_its_key_pass_and_those_of_two_pairs_do_not) {
  const auto one = net::make_self_signed("a.example");
  const auto two = net::make_self_signed("b.example");
  BOOST_REQUIRE((one && two));
  config.relay.tls = {write("cert", one->certificate), write("key", one->key)};
  BOOST_TEST(problems() == "");
  write("key", one->key, 0644);
  BOOST_TEST(says("f: warning: tls.key: "));
  write("key", two->key);
  BOOST_TEST(says("f: tls.certificate: "));
  write("key", "no key");
  BOOST_TEST(says("f: tls.certificate: "));
  fs::remove(path / "key");
  BOOST_TEST(says("f: tls.key: " + (path / "key").string() + ": No such file"));
  config.relay.tls.certificate = path.string();
  BOOST_TEST(says("f: tls.certificate: " + path.string() + " is not a file"));
}

BOOST_AUTO_TEST_CASE(credentials_that_others_may_read_are_an_error) {
  routing::Route route;
  route.auth_file = write("auth", "user password\n");
  config.routes = {route};
  BOOST_TEST(problems() == "");
  write("auth", "user password\n", 0640);
  BOOST_TEST(says("f: route.auth: " + route.auth_file + " is open to others"));
  BOOST_TEST(!says("password\n"));
  write("auth", "");
  BOOST_TEST(says("is empty"));
  fs::remove(route.auth_file);
  BOOST_TEST(says("No such file"));
}

BOOST_AUTO_TEST_CASE(a_route_to_an_address_of_this_machine_is_a_warning_where_we_listen) {
  const std::vector<net::IpAddress> addresses = {*net::IpAddress::parse("127.0.0.1"), *net::IpAddress::parse("192.0.2.1"),
                                                 *net::IpAddress::parse("2001:db8::1")};
  const struct {
    relay::Protocol protocol;
    const char* bind;
    const char* via;
    bool warned;
  } rows[] = {
      {relay::Protocol::smtp, "0.0.0.0:25", "[192.0.2.1]", true},
      {relay::Protocol::smtp, "0.0.0.0:25", "[192.0.2.1]:2525", false},
      {relay::Protocol::smtp, "0.0.0.0:25", "[192.0.2.2]", false},
      {relay::Protocol::smtp, "0.0.0.0:25", "[2001:db8::1]", false},  // IPv4 alone
      {relay::Protocol::smtp, "[::]:25", "[2001:db8::1]", true},
      {relay::Protocol::smtp, "[::]:25", "[192.0.2.1]", false},
      {relay::Protocol::submission, "0.0.0.0:587", "[192.0.2.1]:587", true},
      {relay::Protocol::imap, "0.0.0.0:25", "[192.0.2.1]", false},  // another program's port
      {relay::Protocol::smtp, "192.0.2.1:25", "mx", false},
      {relay::Protocol::smtp, "0.0.0.0:25", "b.example", false},
  };
  for (const auto& row : rows) {
    relay::Listener listener;
    listener.protocol = row.protocol;
    listener.binds = {*net::Endpoint::parse(row.bind)};
    config.relay.listeners = {listener};
    routing::Route route;
    route.via = *routing::parse_next_hop(row.via);
    config.routes = {routing::Route{}, route};
    const auto file = write("conf.toml", "[[route]]\n[[route]]\n  via = \"x\"\n");
    const auto problems = check_addresses(config, file, addresses);
    BOOST_TEST(problems.size() == (row.warned ? 1u : 0u), row.bind << " " << row.via);
    if (!problems.empty()) BOOST_TEST(problems[0].text().starts_with(file + ":3:9: warning: route.via: "), problems[0].text());
  }
}

BOOST_AUTO_TEST_CASE(a_problem_stands_at_the_setting_that_names_the_file) {
  const auto key = (path / "missing").string();
  const auto file = write("conf.toml", "[tls]\ncertificate = \"" + key + "\"\nkey = \"" + key +
                                           "\"\n\n[[route]]\nmatch = \"a\"\n[[route]]\nauth = \"" + key + "\"\n");
  config.relay.tls = {key, key};
  config.routes.resize(2);
  config.routes[1].auth_file = key;
  std::string out;
  for (const auto& problem : check_files(config, file)) out += problem.text() + "\n";
  for (const std::string place : {"2:15: tls.certificate: ", "3:7: tls.key: ", "8:8: route.auth: "})
    BOOST_TEST(out.find(file + ":" + place + key) != std::string::npos, out);
}

BOOST_AUTO_TEST_CASE(with_an_error_no_warning_stands_in_front_of_it) {
  const std::string text = "[server]\nhostname = \"mail\"\ndomain_name = \"example.org\"\ndata = \"" +
                           (path / "data").string() +
                           "\"\n[peer]\nhost = \"b.example\"\n[[account]]\naddress = \"postmaster@example.org\"\n";
  const std::string no_key = (path / "missing").string();
  const auto good = load_and_check(write("good", text), {});
  BOOST_REQUIRE(good.has_value());
  BOOST_TEST(good->warnings.size() >= 3u);  // the host name without a dot, the peer, no listener
  for (const auto& more :
       {std::string("[nonsense]\n"), "[tls]\ncertificate = \"" + no_key + "\"\nkey = \"" + no_key + "\"\n"}) {
    const auto bad = load_and_check(write("bad", text + more), {});
    BOOST_REQUIRE(!bad.has_value());
    for (const auto& problem : bad.error()) BOOST_TEST((problem.severity == Severity::error), problem.text());
    BOOST_TEST(bad.error().at(0).at.line >= 9u, bad.error().at(0).text());
  }
}

BOOST_AUTO_TEST_CASE(a_master_key_must_be_one_and_for_its_owner_alone_and_lie_elsewhere_than_the_mail) {
  const std::string line = "understudy-master:" + base::to_base64(std::string(32, 'k')) + "\n";
  config.encryption.ring = (path / "ring").string();
  config.encryption.master_key = (path / "master.key").string();
  BOOST_TEST(says("f: encryption.master_key: "));
  for (const auto& wrong : {std::string(), std::string("nothing\n"), line + line, line.substr(0, 40) + "\n", " " + line}) {
    write("master.key", wrong);
    BOOST_TEST(says("does not have the one line of a master key"), wrong);
  }
  write("master.key", line);
  BOOST_TEST(problems() == "");
  write("master.key", line, 0640);
  BOOST_TEST(says("is open to others; chmod 600 it"));
  fs::create_directory(config.server.data);
  fs::permissions(config.server.data, fs::perms::owner_all);
  config.encryption.master_key = write("data/master.key", line);
  BOOST_TEST(says("f: warning: encryption.master_key: "));
  fs::create_directory_symlink(path / "data", path / "link");
  config.encryption.master_key = (path / "link/master.key").string();
  BOOST_TEST(says("f: warning: encryption.master_key: "));
  BOOST_TEST(!says("f: warning: encryption.ring: "));
  config.encryption.ring = (path / "data/keys/ring").string();
  BOOST_TEST(says("f: warning: encryption.ring: "));
}

BOOST_AUTO_TEST_CASE(a_program_that_gives_the_master_key_must_be_one_that_can_be_run) {
  config.encryption.ring = (path / "ring").string();
  config.encryption.master_command = {(path / "give").string()};
  BOOST_TEST(says("f: encryption.master_command: "));
  write("give", "#!/bin/sh\n", 0600);
  BOOST_TEST(says("it must be a program that the server's user may run"));
  write("give", "#!/bin/sh\n", 0700);
  BOOST_TEST(problems() == "");
  write("ring", "", 0644);
  BOOST_TEST(says("f: encryption.ring: "));
}

BOOST_AUTO_TEST_SUITE_END()
