#include "app/admin/flags.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"

namespace understudy::app {
namespace {

using archive::mailbox::Flags;

constexpr std::size_t max_keyword = 100;
constexpr std::size_t max_keywords = 100;
constexpr std::pair<std::uint8_t, std::string_view> system_flags[] = {{Flags::seen, "\\Seen"},
                                                                      {Flags::answered, "\\Answered"},
                                                                      {Flags::flagged, "\\Flagged"},
                                                                      {Flags::deleted, "\\Deleted"},
                                                                      {Flags::draft, "\\Draft"}};

/// RFC 9051 §9, ATOM-CHAR.
bool is_atom(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
  });
}

/// Keywords are the same in any case (RFC 9051 §2.3.2).
bool is_among(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::any_of(words, [&](const auto& each) { return base::iequals(each, word); });
}

}  // namespace

std::vector<std::string> flag_words(const Flags& flags) {
  std::vector<std::string> words;
  for (const auto& [bit, name] : system_flags)
    if (flags.system & bit) words.emplace_back(name);
  words.insert(words.end(), flags.keywords.begin(), flags.keywords.end());
  return words;
}

base::Result<Flags> parse_flags(const std::vector<std::string>& words) {
  Flags flags;
  if (words.size() > max_keywords) return base::fail("flags", base::errc::too_long);
  for (const auto& word : words) {
    const auto known = std::ranges::find_if(system_flags, [&](const auto& flag) {
      return base::iequals(word, flag.second) || base::iequals(word, flag.second.substr(1));
    });
    if (known != std::end(system_flags)) {
      flags.system |= known->first;
      continue;
    }
    if (!is_atom(word)) return base::fail("flag " + base::escape(word), base::errc::malformed);
    if (word.size() > max_keyword) return base::fail("flag " + base::escape(word), base::errc::too_long);
    flags.keywords.push_back(word);
  }
  return with_flags({flags.system, {}}, flags);
}

Flags with_flags(Flags flags, const Flags& more) {
  flags.system |= more.system;
  for (const auto& word : more.keywords)
    if (!is_among(flags.keywords, word)) flags.keywords.push_back(word);
  std::ranges::sort(flags.keywords);
  return flags;
}

Flags without_flags(Flags flags, const Flags& fewer) {
  flags.system &= static_cast<std::uint8_t>(~fewer.system);
  std::erase_if(flags.keywords, [&](const auto& word) { return is_among(fewer.keywords, word); });
  return flags;
}

}  // namespace understudy::app
