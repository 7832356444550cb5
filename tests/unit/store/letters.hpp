/// Small letters that have much in common with each other and little with themselves: what a dictionary is for.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <zdict.h>

#include "tests/support/store_harness.hpp"

namespace understudy::test {

/// The same letter for the same seed; two houses write on different paper.
inline std::string letter(std::uint64_t seed, const std::string& house = "example.org") {
  const std::string number = std::to_string(seed * 7919 % 1'000'003);
  return "Received: from mx" + number + "." + house + " ([192.0.2.1])\r\n\tby mail." + house + " with ESMTPS id " + number +
         "\r\nFrom: \"User " + number + "\" <user" + number + "@" + house + ">\r\nUser-Agent: Post of " + house + " 2." +
         number + "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + prose(seed % 300, seed) +
         "\r\n-- \r\nThe house of " + house + ", Main Street 1, 12345 Anytown\r\n";
}

/// A dictionary made of `count` letters.
inline std::string dictionary_of_letters(const std::string& house = "example.org", std::size_t count = 400) {
  std::string letters;
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string one = letter(i, house);
    letters += one;
    sizes.push_back(one.size());
  }
  std::string out(4096, '\0');
  const std::size_t got =
      ZDICT_trainFromBuffer(out.data(), out.size(), letters.data(), sizes.data(), static_cast<unsigned>(count));
  if (ZDICT_isError(got)) throw std::runtime_error(ZDICT_getErrorName(got));
  out.resize(got);
  return out;
}

}  // namespace understudy::test
