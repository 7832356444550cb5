#include "mail/smtp/capabilities.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "base/text.hpp"

namespace understudy::mail::smtp {
namespace {

constexpr std::size_t max_mechanisms = 32;

struct Flag {
  std::string_view keyword;
  bool Capabilities::*field;
};
constexpr std::array flags{
    Flag{"PIPELINING", &Capabilities::pipelining},
    Flag{"8BITMIME", &Capabilities::eight_bit_mime},
    Flag{"SMTPUTF8", &Capabilities::smtputf8},
    Flag{"DSN", &Capabilities::dsn},
    Flag{"CHUNKING", &Capabilities::chunking},
    Flag{"STARTTLS", &Capabilities::starttls},
    Flag{"SIZE", &Capabilities::size},
    Flag{"XCUSTODY", &Capabilities::custody},
};

std::string to_upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

void take_mechanisms(std::vector<std::string_view> words, std::vector<std::string>& into) {
  for (const auto word : words) {
    if (word.empty() || into.size() == max_mechanisms) continue;
    into.push_back(to_upper(word));
  }
}

}  // namespace

Capabilities Capabilities::from_ehlo(const Reply& reply) {
  Capabilities found;
  for (std::size_t i = 1; i < reply.lines.size(); ++i) {  // the first line is the next hop's name
    auto words = base::split(reply.lines[i], ' ');
    const auto keyword = words.front();
    for (const auto& flag : flags)
      if (base::iequals(keyword, flag.keyword)) found.*flag.field = true;
    words.erase(words.begin());
    if (base::iequals(keyword, "SIZE") && !words.empty()) found.max_size = base::to_number(words.front()).value_or(0);
    if (base::iequals(keyword, "AUTH")) take_mechanisms(std::move(words), found.auth);
  }
  return found;
}

}  // namespace understudy::mail::smtp
