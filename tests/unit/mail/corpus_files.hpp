/// The messages of tests/corpus, for tests that run over all of them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace understudy::tests {

struct CorpusFile {
  std::string name;
  std::string octets;
};

inline std::vector<CorpusFile> corpus() {
  std::vector<CorpusFile> files;
  const std::filesystem::path root = UNDERSTUDY_SOURCE_DIR "/tests/corpus";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const auto extension = entry.path().extension();
    if (extension != ".eml" && extension != ".mbox") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files.push_back({std::filesystem::relative(entry.path(), root).string(), {std::istreambuf_iterator<char>(in), {}}});
  }
  std::ranges::sort(files, {}, &CorpusFile::name);
  return files;
}

}  // namespace understudy::tests
