/// What the fuzzers have found and begin with, given to each of them again: the same functions that libFuzzer drives, built as
/// any other test is, so that the sanitizers look at all of it each time. Looks for nothing new: fuzz.py does.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "../unit/mail/corpus_files.hpp"
#include "base/bytes.hpp"

namespace fs = std::filesystem;
using namespace understudy;

#define FUZZER(name) extern "C" int run_##name(const std::uint8_t* data, std::size_t size);
#include "fuzzers.inc"  // made by CMakeLists.txt: a line for each fuzz_*.cpp, whose LLVMFuzzerTestOneInput is run_NAME here
#undef FUZZER

namespace {

using Fuzzer = int (*)(const std::uint8_t* data, std::size_t size);

constexpr std::size_t longest_message = 8 * 1024;  // they are many, and each fuzzer gets all of them

const fs::path found = UNDERSTUDY_SOURCE_DIR "/tests/fuzz/found", seeds = UNDERSTUDY_SOURCE_DIR "/tests/fuzz/seeds";

struct Input {
  std::string name;
  std::string octets;
};

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Each input behind its length; fuzz.py writes them.
void unpack(const std::string& name, std::vector<Input>& out) {
  const std::string packed = read(found / (name + ".pack"));
  base::Reader in(packed);
  for (int i = 0; !in.at_end(); ++i) {
    const auto octets = in.raw(in.u32());
    BOOST_REQUIRE_MESSAGE(in.ok(), "found/" << name << " is cut short at its input " << i);
    out.push_back({"found/" + name + " " + std::to_string(i), std::string(octets)});
  }
}

std::vector<Input> inputs_of(const std::string& name) {
  std::vector<Input> inputs = {{"nothing", ""}};
  if (fs::exists(seeds / name))
    for (const auto& entry : fs::directory_iterator(seeds / name))
      inputs.push_back({"seeds/" + name + "/" + entry.path().filename().string(), read(entry.path())});
  unpack(name, inputs);
  static const std::vector<tests::CorpusFile> messages = tests::corpus();
  for (const auto& message : messages)
    if (message.octets.size() <= longest_message) inputs.push_back({"corpus/" + message.name, message.octets});
  return inputs;
}

/// A failure names its input; where a sanitizer ends the process, the last that --log_level=message shows is it.
void replay(const std::string& name, Fuzzer fuzzer) {
  for (const auto& input : inputs_of(name)) {
    BOOST_TEST_MESSAGE(input.name);
    BOOST_TEST_CONTEXT(input.name) {
      // In memory of its own, so that AddressSanitizer sees a read behind its end.
      const std::vector<std::uint8_t> octets(input.octets.begin(), input.octets.end());
      BOOST_TEST(fuzzer(octets.data(), octets.size()) == 0);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(what_was_found_holds_for)

#define FUZZER(name)           \
  BOOST_AUTO_TEST_CASE(name) { \
    replay(#name, run_##name); \
  }
#include "fuzzers.inc"
#undef FUZZER

BOOST_AUTO_TEST_CASE(all_that_is_kept_is_of_a_fuzzer_that_there_is) {
  std::set<std::string> names;
#define FUZZER(name) names.insert(#name);
#include "fuzzers.inc"
#undef FUZZER
  std::size_t packed = 0;
  for (const auto& folder : {found, seeds})
    for (const auto& entry : fs::directory_iterator(folder)) {
      BOOST_TEST(names.contains(entry.path().stem().string()), entry.path());
      packed += entry.path().extension() == ".pack" ? 1 : 0;
    }
  BOOST_TEST(packed > 20u);
}

BOOST_AUTO_TEST_SUITE_END()
