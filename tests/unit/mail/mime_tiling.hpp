/// What must hold of every MIME structure: ranges lie in the message, children in their parents, and together they are the
/// octets of the message.
#pragma once

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "mail/mime/structure.hpp"

namespace understudy::tests {

/// Each octet of the message is named once, in order, by walking the parts as structure.hpp says.
inline std::string octets_given_back(const mail::mime::Structure& structure, std::string_view message) {
  using Shape = mail::mime::Part::Shape;
  std::string out;
  std::vector<std::size_t> open;  // parts whose children come next
  const auto close = [&](std::size_t index) {
    const auto& part = structure.parts[index];
    if (part.shape != Shape::multipart) return;
    out += part.closing.of(message);
    out += part.epilogue.of(message);
  };
  for (std::size_t i = 0; i < structure.parts.size(); ++i) {
    const auto& part = structure.parts[i];
    for (; !open.empty() && part.parent != open.back(); open.pop_back()) close(open.back());
    out += part.delimiter.of(message);
    out += part.header.of(message);
    if (part.shape == Shape::leaf) out += part.body.of(message);
    if (part.shape == Shape::multipart) out += part.preamble.of(message);
    if (part.shape != Shape::leaf) open.push_back(i);
  }
  for (; !open.empty(); open.pop_back()) close(open.back());
  return out;
}

inline void check_structure(const mail::mime::Structure& structure, std::string_view message) {
  const mail::header::Range whole{0, message.size()};
  BOOST_REQUIRE(structure.size == message.size());
  BOOST_REQUIRE(!structure.parts.empty());
  for (const auto& part : structure.parts) {
    for (const auto& range : {part.delimiter, part.header, part.body, part.preamble, part.closing, part.epilogue}) {
      BOOST_REQUIRE(range.begin <= range.end);
      BOOST_REQUIRE(whole.contains(range));
    }
    BOOST_REQUIRE(part.delimiter.end == part.header.begin);
    BOOST_REQUIRE(part.header.end == part.body.begin);
    BOOST_REQUIRE(part.lines <= part.body.size());
    if (!part.parent) continue;
    const auto& parent = structure.parts[*part.parent];
    BOOST_REQUIRE(parent.depth + 1 == part.depth);
    BOOST_REQUIRE(parent.body.contains({part.delimiter.begin, part.body.end}));
  }
  BOOST_REQUIRE(octets_given_back(structure, message) == message);
}

}  // namespace understudy::tests
