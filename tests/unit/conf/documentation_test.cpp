#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "conf/schema.hpp"

using namespace understudy::conf;

namespace {

/// Of the rows that begin with "| `key` |": how often each key stands there.
std::map<std::string, int> documented_keys() {
  std::ifstream in(std::filesystem::path(UNDERSTUDY_SOURCE_DIR) / "docs/configuration.md");
  BOOST_REQUIRE(in.good());
  std::map<std::string, int> out;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    const auto end = line.find('`', 3);
    BOOST_REQUIRE(end != std::string::npos);
    ++out[line.substr(3, end - 3)];
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(documentation)

BOOST_AUTO_TEST_CASE(every_key_stands_in_the_documentation_once) {
  const auto documented = documented_keys();
  for (const auto& key : schema()) {
    const auto found = documented.find(std::string(key.path));
    BOOST_TEST((found != documented.end() && found->second == 1), key.path);
  }
}

BOOST_AUTO_TEST_CASE(every_documented_key_is_known) {
  for (const auto& [path, count] : documented_keys())
    BOOST_TEST((std::ranges::find(schema(), path, &Key::path) != schema().end()), path);
}

BOOST_AUTO_TEST_CASE(every_key_has_a_table_that_stands_before_it) {
  std::set<std::string_view> seen = {""};
  for (const auto& key : schema()) {
    BOOST_TEST(seen.contains(key.parent()), key.path);
    BOOST_TEST(seen.insert(key.path).second, key.path);
  }
}

BOOST_AUTO_TEST_CASE(a_table_that_stands_for_another_takes_the_same_values) {
  for (const auto& [special, general] : {std::pair<std::string, std::string>{"listener.limits.", "limits."},
                                         std::pair<std::string, std::string>{"passthrough.in_charge.", "passthrough."}}) {
    for (const auto& key : schema()) {
      if (!key.path.starts_with(special) || key.name() == "undelivered") continue;
      const auto same = std::ranges::find(schema(), general + std::string(key.name()), &Key::path);
      BOOST_REQUIRE_MESSAGE(same != schema().end(), key.path);
      const bool agrees =
          same->kind == key.kind && same->least == key.least && same->most == key.most && same->words == key.words;
      BOOST_TEST(agrees, key.path);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
