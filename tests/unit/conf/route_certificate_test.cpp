#include "conf/load.hpp"

using namespace understudy;
using routing::TlsPolicy;

BOOST_AUTO_TEST_CASE(a_route_with_a_certificate_is_never_used_without_TLS) {
  const std::string fingerprint = "sha256:" + std::string(64, 'a');
  const std::string base =
      "account = [{ address = \"postmaster@example.org\" }]\n[server]\nhostname = \"mail.example.org\"\n"
      "domain_name = \"example.org\"\ndata = \"/var/lib/understudy\"\n"
      "[[route]]\nmatch = \"*\"\nvia = \"b.example\"\nauth = \"/a\"\ncertificate = \"" +
      fingerprint + "\"\n";
  const std::pair<std::string, TlsPolicy> cases[] = {{"", TlsPolicy::encrypt},
                                                     {"tls = \"may\"\n", TlsPolicy::encrypt},
                                                     {"tls = \"verify\"\n", TlsPolicy::verify},
                                                     {"tls = \"implicit\"\n", TlsPolicy::implicit}};
  for (const auto& [tls, policy] : cases) {
    const auto loaded = conf::load(base + tls, "f");
    BOOST_REQUIRE(loaded.has_value());
    BOOST_TEST((loaded->config.routes.front().tls == policy));
    BOOST_TEST(loaded->config.routes.front().peer_key == fingerprint);
    for (const auto& warning : loaded->warnings)  // the password goes to nobody else
      BOOST_TEST(warning.text().find("with auth") == std::string::npos, warning.text());
  }
}
