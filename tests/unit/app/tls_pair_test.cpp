#include "app/tls_pair.hpp"

#include <fstream>
#include <iterator>

#include "base/log.hpp"
#include "tests/support/temp_dir.hpp"

using namespace understudy;
using app::own_tls_pair;
namespace fs = std::filesystem;

namespace {

/// "CN=other.example" for a key of its own, signed by "CN=Test CA".
constexpr std::string_view issued = R"(-----BEGIN CERTIFICATE-----
MIIBJzCBzQIUadc1bTmdRa1o8W6XWbYxAk0FIc4wCgYIKoZIzj0EAwIwEjEQMA4G
A1UEAwwHVGVzdCBDQTAgFw0yNjExMjIwMzAxNDZaGA8yMTI2MTAyOTAzMDE0Nlow
GDEWMBQGA1UEAwwNb3RoZXIuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABGLAWqXnxDPKXzPlcKp/A2U9rz0w86R34nCOpQgIkiDBGHNAA30boEbT5N69
2/wCHUHaJUK9789dW9XYiHnd0VowCgYIKoZIzj0EAwIDSQAwRgIhAPiXIDOwtGe6
IhgZE/Eu7uVBzwbmmilEo6cp6IutFFXzAiEAiH/6vWU5PxfpQkIuMpHe5WqmPJPe
JrSOaU2XlV8h0YI=
-----END CERTIFICATE-----
)";

struct Fixture {
  Fixture() { base::log::set_silent(); }

  base::Result<net::TlsKeyFiles> pair() { return own_tls_pair(folder, "mx.example.org"); }
  std::string read(const std::string& name) const {
    std::ifstream in(folder / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& name, std::string_view content) const {
    std::ofstream out(folder / name, std::ios::binary | std::ios::trunc);
    out << content;
  }
  bool usable() const {
    net::TlsServerOptions options;
    options.files = {folder / "cert.pem", folder / "key.pem"};
    return net::TlsContext::server(options).has_value();
  }
  std::size_t file_count() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {})); }

  sim::TempDir dir;
  fs::path folder = dir.path() / "data" / "tls";
};

fs::perms mode_of(const fs::path& path) {
  return fs::status(path).permissions();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_pair, Fixture)

BOOST_AUTO_TEST_CASE(a_pair_is_made_once_for_its_owner_alone_and_stays) {
  const auto files = pair();
  BOOST_REQUIRE(files);
  BOOST_TEST(usable());
  BOOST_TEST(files->key == folder / "key.pem");
  BOOST_TEST((mode_of(folder) == fs::perms::owner_all));
  for (const auto& file : {files->key, files->certificate})
    BOOST_TEST((mode_of(file) == (fs::perms::owner_read | fs::perms::owner_write)));
  const auto certificate = read("cert.pem"), key = read("key.pem");
  BOOST_REQUIRE(pair());
  BOOST_TEST(read("cert.pem") == certificate);
  BOOST_TEST(read("key.pem") == key);
  BOOST_TEST(file_count() == 2u);
}

BOOST_AUTO_TEST_CASE(a_pair_of_which_a_power_cut_left_a_part_is_made_again) {
  BOOST_REQUIRE(pair());
  for (const std::string torn : {"key.pem", "cert.pem"}) {
    const auto whole = read(torn);
    for (const std::size_t left : {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 30}) {
      BOOST_TEST_CONTEXT(torn << " of " << left) {
        write(torn, read(torn).substr(0, left));
        BOOST_REQUIRE(!usable());
        BOOST_TEST(pair().has_value());
        BOOST_TEST(usable());
        BOOST_TEST(file_count() == 2u);
      }
    }
    write(torn, std::string(whole.size(), '\0'));
    BOOST_TEST(pair().has_value());
    BOOST_TEST(usable());
    fs::remove(folder / torn);
    BOOST_TEST(pair().has_value());
    BOOST_TEST(usable());
  }
}

BOOST_AUTO_TEST_CASE(a_key_and_a_certificate_of_two_makings_are_made_again) {
  const auto other = net::make_self_signed("mx.example.org");
  BOOST_REQUIRE((pair() && other));
  write("key.pem", other->key);
  BOOST_REQUIRE(!usable());
  BOOST_TEST(pair().has_value());
  BOOST_TEST(usable());
}

BOOST_AUTO_TEST_CASE(a_certificate_that_somebody_else_signed_is_never_replaced) {
  BOOST_REQUIRE(pair());
  write("cert.pem", issued);
  const auto key = read("key.pem");
  const auto refused = pair();
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().text().find("key.pem") != std::string::npos), refused.error().text());
  BOOST_TEST(read("cert.pem") == issued);
  BOOST_TEST(read("key.pem") == key);
  fs::remove(folder / "key.pem");
  BOOST_TEST(!pair());
  BOOST_TEST(read("cert.pem") == issued);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_or_written_is_an_error_and_no_reason_to_make_another) {
  fs::create_directories(folder.parent_path());
  std::ofstream(folder) << "a file";
  BOOST_TEST(!pair());
  fs::remove(folder);
  BOOST_REQUIRE(pair());
  const auto certificate = read("cert.pem");
  fs::remove(folder / "key.pem");
  fs::create_directory(folder / "key.pem");
  BOOST_TEST(!pair());
  BOOST_TEST(read("cert.pem") == certificate);
}

BOOST_AUTO_TEST_SUITE_END()
