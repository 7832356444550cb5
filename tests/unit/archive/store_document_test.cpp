/// docs/store.md speaks of every table that store/shard.hpp has.
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/support/archive_world.hpp"

namespace {
std::string read(const std::string& path) {
  std::ifstream in(std::string(UNDERSTUDY_SOURCE_DIR) + "/" + path);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}
}  // namespace

BOOST_AUTO_TEST_CASE(every_table_of_the_store_is_documented_under_its_name_and_number) {
  const std::string header = read("archive/store/shard.hpp");
  const std::string document = read("docs/store.md");
  BOOST_REQUIRE(!document.empty());
  const std::regex enumerator("\\n  (\\w+) = (0x[0-9a-f]{2}),");
  std::size_t tables = 0;
  for (std::sregex_iterator at(header.begin(), header.end(), enumerator), end; at != end; ++at, ++tables) {
    const std::string heading = "### `" + (*at)[1].str() + "` " + (*at)[2].str();
    BOOST_TEST((document.find(heading) != std::string::npos), heading << " is not in docs/store.md");
  }
  BOOST_TEST(tables == understudy::test::all_tables().size());
}
