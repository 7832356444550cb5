/// The loader over damaged configurations: it always answers, and an error always has a place within the file.
#include <algorithm>
#include <random>

#include "conf/describe.hpp"
#include "conf/difference.hpp"
#include "conf/load.hpp"

using namespace understudy::conf;

namespace {

std::string example(const std::string& name) {
  const auto text = read_text(std::filesystem::path(UNDERSTUDY_SOURCE_DIR) / "conf/examples" / name);
  BOOST_REQUIRE(text.has_value());
  return *text;
}

/// What comes back must be sound whatever came in.
void check(const std::string& text, const std::string& how) {
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(text, '\n')) + 1;
  const auto loaded = load(text, "f");
  const auto& problems = loaded ? loaded->warnings : loaded.error();
  BOOST_REQUIRE_MESSAGE(has_error(problems) != loaded.has_value(), how);
  for (const auto& problem : problems) {
    BOOST_REQUIRE_MESSAGE(problem.at.line <= lines, how << "\n" << problem.text());
    BOOST_REQUIRE_MESSAGE(problem.text().find('\n') == std::string::npos, how << "\n" << problem.text());
  }
  if (loaded) BOOST_REQUIRE_MESSAGE(difference(loaded->config, loaded->config).empty(), how);
}

std::string mutate(std::string text, std::mt19937_64& random) {
  const auto place = [&] { return random() % (text.size() + 1); };
  for (auto changes = 1 + random() % 4; changes > 0 && !text.empty(); --changes) {
    const auto at = place();
    const auto count = random() % 40;
    switch (random() % 5) {
      case 0:
        text.erase(at, count);
        break;
      case 1:
        text.insert(at, 1, static_cast<char>(random()));
        break;
      case 2:
        text[at % text.size()] = "\"'[]{}=.#\n\\0-9\x7f\xff"[random() % 17];
        break;
      case 3:
        text.insert(place(), text.substr(at, count));
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(every_prefix_of_an_example_is_answered) {
  const auto text = example("primary.toml");
  for (std::size_t size = 0; size <= text.size(); size += 7) check(text.substr(0, size), "prefix of " + std::to_string(size));
}

BOOST_AUTO_TEST_CASE(damaged_examples_are_answered) {
  const auto seed = std::random_device{}();
  std::mt19937_64 random(seed);
  const std::vector<std::string> texts = {example("primary.toml"), example("archive.toml")};
  for (int i = 0; i < 3000; ++i) {
    const auto text = mutate(texts[random() % 2], random);
    check(text, "seed " + std::to_string(seed) + ", round " + std::to_string(i) + "\n" + text);
  }
}

BOOST_AUTO_TEST_CASE(random_octets_are_answered) {
  const auto seed = std::random_device{}();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % 200, '\0');
    for (auto& c : text) c = static_cast<char>(random());
    check(text, "seed " + std::to_string(seed) + ", round " + std::to_string(i));
  }
}

BOOST_AUTO_TEST_CASE(deep_and_large_files_are_answered) {
  check(std::string(100'000, '['), "open brackets");
  check("a = " + std::string(100'000, '['), "a list in a list");
  std::string braces = "a = ";
  for (int i = 0; i < 50'000; ++i) braces += "{a=";
  check(braces, "a table in a table");
  for (const int parts : {1000, 1001, 50'000, 2'000'000}) {
    std::string dots = "a";
    for (int i = 1; i < parts; ++i) dots += ".a";
    check(dots + " = 1", "a long dotted key");
    check("[" + dots + "]", "a long dotted header");
    std::string nested;
    for (int i = 0; i < 8 && parts < 2000; ++i) nested += dots + " = [\n{";
    check(nested + dots + " = 1", "long dotted keys in one another");
  }
  check("x = \"" + std::string(3'000'000, 'x') + "\"", "a long text");
  check(std::string((4u << 20) + 1, ' '), "too large a file");
}

BOOST_AUTO_TEST_CASE(ten_thousand_accounts_load_in_linear_time) {
  std::string text =
      "[server]\nhostname = \"m.example.org\"\ndomain_name = \"example.org\"\ndata = \"/d\"\npostmaster = \"u0@example.org\"\n";
  for (int i = 0; i < 10'000; ++i) text += "[[account]]\naddress = \"u" + std::to_string(i) + "@example.org\"\n";
  const auto loaded = load(text, "f");
  BOOST_REQUIRE(loaded.has_value());
  BOOST_TEST(loaded->config.accounts.size() == 10'000u);
}

BOOST_AUTO_TEST_SUITE_END()
