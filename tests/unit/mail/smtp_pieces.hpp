/// The ways in which the same octets can arrive: whole, one by one, cut at each place, in random pieces.
#pragma once

#include <random>
#include <string_view>
#include <vector>

namespace understudy::test {

using Pieces = std::vector<std::string_view>;

template <class Check>
void for_each_split(std::string_view text, Check check) {
  check(Pieces{text});
  Pieces single;
  for (std::size_t i = 0; i < text.size(); ++i) single.push_back(text.substr(i, 1));
  check(single);
  for (std::size_t at = 1; at < text.size(); ++at) check(Pieces{text.substr(0, at), text.substr(at)});
}

inline Pieces random_pieces(std::string_view text, std::mt19937& random) {
  Pieces pieces;
  while (!text.empty()) {
    const auto size = std::min<std::size_t>(text.size(), 1 + random() % 9);
    pieces.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return pieces;
}

/// Octets that are rich in what matters to line-based grammars.
inline std::string random_lines(std::mt19937& random, std::size_t size) {
  static constexpr std::string_view alphabet("\r\n.\0a\xe4", 6);
  std::string out;
  while (out.size() < size) {
    switch (random() % 5) {
      case 0:
        out += "\r\n";
        break;
      case 1:
        out += "\r\n.";
        break;
      default:
        out += alphabet[random() % alphabet.size()];
    }
  }
  return out;
}

}  // namespace understudy::test
