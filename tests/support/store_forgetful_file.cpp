#include <algorithm>

#include "tests/support/store_forgetful_fs.hpp"

namespace understudy::test {
namespace {

/// Pages that did not reach the medium while later ones did read as zeros.
void punch_holes(std::string& octets, std::size_t from, std::mt19937_64& draw) {
  constexpr std::size_t page = 4096;
  for (std::size_t begin = from; begin < octets.size();) {
    const std::size_t end = std::min(octets.size(), (begin / page + 1) * page);
    if (draw() % 2 == 0)
      std::fill(octets.begin() + static_cast<std::ptrdiff_t>(begin), octets.begin() + static_cast<std::ptrdiff_t>(end), '\0');
    begin = end;
  }
}

}  // namespace

void ForgetfulFile::write(std::uint64_t offset, std::string_view octets) {
  if (content.size() < offset + octets.size()) content.resize(offset + octets.size());
  content.replace(offset, octets.size(), octets);
  overwrites.emplace_back(offset, octets);
}

void ForgetfulFile::truncate(std::uint64_t size) {
  content.resize(size);
  durable.resize(std::min<std::size_t>(durable.size(), size));
}

void ForgetfulFile::sync() {
  if (!overwrites.empty()) {
    durable = content;
    overwrites.clear();
  } else if (content.size() > durable.size()) {
    durable.append(content, durable.size());
  }
}

void ForgetfulFile::lose(std::mt19937_64& draw) {
  for (const auto& [offset, octets] : overwrites) {  // a torn write: its first octets only
    const std::size_t kept = draw() % (octets.size() + 1);
    if (durable.size() >= offset + octets.size()) durable.replace(offset, kept, octets.substr(0, kept));
  }
  overwrites.clear();
  const std::size_t synced = durable.size();
  if (content.size() > synced) durable.append(content, synced, draw() % (content.size() - synced + 1));
  if (draw() % 4 == 0) punch_holes(durable, synced, draw);
  content = durable;
}

}  // namespace understudy::test
