#include "mail/smtp/octet_check.hpp"

#include <algorithm>
#include <cstring>

namespace understudy::mail::smtp {
namespace {

// Eight octets at a time: most messages are ASCII to the end, so all of them is looked at.
bool any_8bit(std::string_view octets) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  constexpr std::size_t block = 64;
  const char* at = octets.data();
  const char* end = at + octets.size();
  for (; static_cast<std::size_t>(end - at) >= block; at += block) {
    std::uint64_t words[8];
    std::memcpy(words, at, block);
    const auto all = words[0] | words[1] | words[2] | words[3] | words[4] | words[5] | words[6] | words[7];
    if ((all & high_bits) != 0) return true;
  }
  return std::any_of(at, end, [](char c) { return static_cast<signed char>(c) < 0; });
}

}  // namespace

void OctetCheck::feed(std::string_view octets) {
  if (octets.empty()) return;
  facts_.octets += octets.size();
  if (!facts_.has_8bit) facts_.has_8bit = any_8bit(octets);
  if (!facts_.has_nul) facts_.has_nul = octets.find('\0') != octets.npos;
  if (pending_cr_) {
    pending_cr_ = false;
    if (octets.front() == '\n') {
      end_line();
      octets.remove_prefix(1);
    } else {
      facts_.has_bare_cr = true;
      ++line_;
    }
  }
  feed_lines(octets);
  facts_.longest_line = std::max(facts_.longest_line, line_);
  facts_.ends_in_crlf = line_ == 0 && !pending_cr_;
}

void OctetCheck::feed_lines(std::string_view octets) {
  while (!octets.empty()) {
    const auto cr = octets.find('\r');
    const auto text = octets.substr(0, cr);
    if (!facts_.has_bare_lf) facts_.has_bare_lf = text.find('\n') != text.npos;
    line_ += text.size();
    if (cr == octets.npos) return;
    if (cr + 1 == octets.size()) {
      pending_cr_ = true;
      return;
    }
    if (octets[cr + 1] == '\n') {
      end_line();
      octets.remove_prefix(cr + 2);
    } else {
      facts_.has_bare_cr = true;
      ++line_;
      octets.remove_prefix(cr + 1);
    }
  }
}

void OctetCheck::finish() {
  if (pending_cr_) {
    pending_cr_ = false;
    facts_.has_bare_cr = true;
    ++line_;
  }
  facts_.ends_in_crlf = line_ == 0;
  end_line();
}

void OctetCheck::end_line() {
  facts_.longest_line = std::max(facts_.longest_line, line_);
  line_ = 0;
}

}  // namespace understudy::mail::smtp
