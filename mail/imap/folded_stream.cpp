#include "mail/imap/folded_stream.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "mail/mime/fold.hpp"

namespace understudy::mail::imap {
namespace {

constexpr std::size_t block_octets = 16 * 1024;

constexpr std::array<char, 256> make_searchable() {
  std::array<char, 256> map{};
  for (std::size_t i = 0; i < map.size(); ++i) map[i] = mime::fold_ascii(static_cast<char>(i));
  for (const char c : {'\t', '\n', '\v', '\f', '\r'}) map[static_cast<unsigned char>(c)] = ' ';
  return map;
}
constexpr auto searchable = make_searchable();

std::size_t ascii_prefix(std::string_view text) {
  std::size_t i = 0;
  for (std::uint64_t word = 0; i + 8 <= text.size(); i += 8) {
    std::memcpy(&word, text.data() + i, 8);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i;
}

/// Every octet by the table; a space behind a space is written over by the next octet.
void append_mapped(std::string_view text, std::string& out, bool& after_space) {
  const auto old = out.size();
  out.resize(old + text.size());
  char* to = out.data() + old;
  bool space_before = after_space;
  for (const char c : text) {
    const char mapped = searchable[static_cast<unsigned char>(c)];
    const bool space = mapped == ' ';
    *to = mapped;
    to += static_cast<int>(!(space && space_before));
    space_before = space;
  }
  after_space = space_before;
  out.resize(static_cast<std::size_t>(to - out.data()));
}

}  // namespace

void append_searchable(std::string_view utf8, std::string& out, bool& after_space) {
  std::string folded;
  while (!utf8.empty()) {
    const auto ascii = ascii_prefix(utf8);
    append_mapped(utf8.substr(0, ascii), out, after_space);
    utf8.remove_prefix(ascii);
    std::size_t size = 0;
    while (size < utf8.size() && static_cast<unsigned char>(utf8[size]) >= 0x80) ++size;
    folded.clear();
    mime::append_folded(utf8.substr(0, size), folded);
    append_mapped(folded, out, after_space);
    utf8.remove_prefix(size);
  }
}

void FoldedStream::begin(std::vector<Wanted> wanted) {
  wanted_ = std::move(wanted);
  longest_ = 0;
  for (const Wanted& w : wanted_) longest_ = std::max(longest_, w.text.size());
  window_.clear();
  after_space_ = false;
}

void FoldedStream::feed(std::string_view utf8) {
  if (idle()) return;
  append_searchable(utf8, window_, after_space_);
  if (window_.size() < longest_ + block_octets) return;
  look();
  window_.erase(0, window_.size() - std::min(window_.size(), longest_ - 1));
}

void FoldedStream::look() {
  std::erase_if(wanted_, [this](const Wanted& w) {
    const bool found = memmem(window_.data(), window_.size(), w.text.data(), w.text.size()) != nullptr;
    if (found) found_.push_back(w.index);
    return found;
  });
}

std::vector<std::size_t> FoldedStream::take_found() {
  return std::exchange(found_, {});
}

}  // namespace understudy::mail::imap
