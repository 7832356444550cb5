#include "conf/load.hpp"

using namespace understudy;
using routing::Switch;

namespace {

const std::string server =
    "account = [{ address = \"postmaster@example.org\" }]\n[server]\nhostname = \"mail.example.org\"\n"
    "domain_name = \"example.org\"\ndata = \"/var/lib/understudy\"\n";
const std::string peer = "[peer]\nhost = \"archive.example.org\"\n";

std::string route(const std::string& via, const std::string& more = {}) {
  return "[[route]]\nmatch = \"*\"\nvia = \"" + via + "\"\n" + more;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_route_to_the_peer_has_custody_unless_the_file_says_otherwise) {
  struct Row {
    std::string text;
    Switch custody;
  };
  const std::vector<Row> rows = {
      {peer + route("archive.example.org:25"), Switch::on},
      {peer + route("Archive.Example.ORG"), Switch::on},
      {peer + route("archive.example.org:25", "custody = false\n"), Switch::off},
      {peer + route("smart.example.net"), Switch::off},
      {peer + route("smart.example.net", "custody = true\n"), Switch::on},
      {peer + route("mx"), Switch::off},
      {route("archive.example.org:25"), Switch::off},
  };
  for (const auto& row : rows) {
    const auto loaded = conf::load(server + row.text, "f");
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), row.text);
    BOOST_TEST((loaded->config.routes.front().custody == row.custody), row.text);
  }
}

BOOST_AUTO_TEST_CASE(the_hosts_of_a_domain_give_no_receipts) {
  const auto loaded = conf::load(server + route("mx", "custody = true\n"), "f");
  BOOST_REQUIRE(!loaded.has_value());
  BOOST_TEST(loaded.error().front().text().find("route.custody: receipts are given by one machine") != std::string::npos,
             loaded.error().front().text());
}
