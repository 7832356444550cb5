/// What a splitter makes of a message, for its tests: the parts, the literals between them, and the message put together again.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "archive/store/content/base64_lines.hpp"
#include "archive/store/content/splitter.hpp"
#include "base/codec.hpp"

namespace understudy::tests {

namespace content = archive::store::content;

struct Piece {
  bool shared = false;
  content::Form form;
  std::string octets;  ///< as handed: decoded where it is base64
  bool operator==(const Piece&) const = default;
};

struct Pieces : content::PieceSink {
  std::vector<Piece> all;  ///< literals that touch are one
  std::size_t calls = 0;
  std::size_t refuse_at = 0;  ///< the call that is refused; 0: none

  base::Result<> literal(std::string_view octets) override {
    if (++calls == refuse_at) return base::fail("refused", base::errc::refused);
    if (all.empty() || all.back().shared) all.push_back({});
    all.back().octets += octets;
    return {};
  }
  base::Result<> part(const content::Form& form, std::string_view stored) override {
    if (++calls == refuse_at) return base::fail("refused", base::errc::refused);
    all.push_back({true, form, std::string(stored)});
    return {};
  }

  std::string message() const {
    std::string out;
    for (const Piece& piece : all) content::encode(piece.form, piece.octets, out);
    return out;
  }
  std::vector<Piece> parts() const {
    std::vector<Piece> out;
    for (const Piece& piece : all)
      if (piece.shared) out.push_back(piece);
    return out;
  }
  /// What is compared with other messages: the octets that a digest is made of.
  std::vector<std::string> stored() const {
    std::vector<std::string> out;
    for (const Piece& piece : all)
      if (piece.shared) out.push_back(piece.octets);
    return out;
  }
};

/// `cut`: octets of each feed; 0: all at once.
inline Pieces split(std::string_view message, const content::SplitLimits& limits = {}, std::size_t cut = 0) {
  Pieces pieces;
  content::Splitter splitter(pieces, limits);
  while (!message.empty()) {
    const auto piece = message.substr(0, cut == 0 ? message.size() : cut);
    const std::string copy(piece);  // in memory of its own: no view of it may be kept
    BOOST_REQUIRE(splitter.feed(copy).has_value());
    message.remove_prefix(piece.size());
  }
  BOOST_REQUIRE(splitter.finish().has_value());
  return pieces;
}

inline Pieces split_at_random(std::string_view message, const content::SplitLimits& limits, std::mt19937& random) {
  const std::size_t longest = 1 + random() % (random() % 4 == 0 ? 20000 : 300);
  Pieces pieces;
  content::Splitter splitter(pieces, limits);
  while (!message.empty()) {
    const std::string piece(message.substr(0, random() % (longest + 1)));
    BOOST_REQUIRE(splitter.feed(piece).has_value());
    message.remove_prefix(piece.size());
  }
  BOOST_REQUIRE(splitter.finish().has_value());
  return pieces;
}

inline std::string random_octets(std::mt19937& random, std::size_t size) {
  std::string out(size, '\0');
  for (char& octet : out) octet = static_cast<char>(random());
  return out;
}

/// Base64 as mailers write it.
inline std::string in_lines(std::string_view octets, std::size_t line = 76, std::string_view end = "\r\n") {
  const std::string all = base::to_base64(octets);
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += line) out += all.substr(at, line) + std::string(end);
  return out;
}

/// Text that has no line of base64.
inline std::string prose(std::mt19937& random, std::size_t size) {
  std::string out;
  while (out.size() < size) {
    for (std::size_t words = random() % 12; words > 0; --words)
      out += std::string(1 + random() % 9, static_cast<char>('a' + random() % 26)) + ' ';
    out += "x.\r\n";
  }
  out.resize(size - 2);
  return out + "\r\n";
}

}  // namespace understudy::tests
