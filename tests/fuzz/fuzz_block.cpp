/// Blocks: whatever is stored, as many octets come out as were asked for or an error does; what was coded comes back.
#include <vector>

#include <zdict.h>

#include "archive/store/content/block_codec.hpp"
#include "base/bytes.hpp"
#include "fuzz_check.hpp"

using namespace understudy;
using namespace understudy::archive::store::content;
using understudy::tests::must;

namespace {

/// A small dictionary of lines that resemble a header.
std::string some_dictionary() {
  std::string lines;
  std::vector<std::size_t> sizes;
  for (unsigned i = 0; i < 1000; ++i) {
    const std::string line =
        "Received: from mx" + std::to_string(i * 7919) + ".example.org by mail.example.org id " + std::to_string(i * i);
    lines += line;
    sizes.push_back(line.size());
  }
  std::string out(2048, '\0');
  const std::size_t got =
      ZDICT_trainFromBuffer(out.data(), out.size(), lines.data(), sizes.data(), static_cast<unsigned>(sizes.size()));
  must(!ZDICT_isError(got));
  out.resize(got);
  return out;
}

std::shared_ptr<Dictionaries> with(const std::string& dictionary) {
  auto dictionaries = std::make_shared<Dictionaries>(3);
  must(dictionaries->add(1, dictionary).has_value());
  return dictionaries;
}

void there_and_back(BlockCodec& codec, BlockCodec::Use use, std::string_view octets) {
  std::string coded;
  codec.encode(use, octets, coded);
  must(coded.size() <= octets.size() + 1);
  const auto got = codec.decode(coded, octets.size());
  must(got && *got == octets);
}

/// Octets as a dictionary, where zstd takes them for one.
void hostile_dictionary(std::string_view octets) {
  const auto dictionaries = std::make_shared<Dictionaries>(1);
  if (!dictionaries->add(1, std::string(octets))) return;
  BlockCodec codec(1, dictionaries);
  there_and_back(codec, BlockCodec::Use::literal, octets);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string dictionary = some_dictionary();
  static BlockCodec codec(1, with(dictionary));
  base::Reader in({reinterpret_cast<const char*>(data), size});
  const std::size_t octets = in.u16();
  const std::string_view rest = in.rest();
  if (const auto got = codec.decode(rest, octets)) must(got->size() == octets);
  there_and_back(codec, BlockCodec::Use::literal, rest);
  there_and_back(codec, BlockCodec::Use::part, rest);
  hostile_dictionary(rest);
  if (rest.size() < dictionary.size()) hostile_dictionary(std::string(rest) + dictionary.substr(rest.size()));
  return 0;
}
