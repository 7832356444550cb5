#include "mail/pop3/command.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace understudy::mail::pop3 {
namespace {

using Parsed = std::expected<Command, Refusal>;

std::unexpected<Refusal> refuse(std::string text) {
  return std::unexpected(Refusal{std::move(text)});
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  return out;
}

/// Two words at most; nullopt where there are more.
struct Words {
  std::string_view first, second;
};
std::optional<Words> two_words(std::string_view argument) {
  argument = base::trim(argument);
  const auto space = std::min(argument.find(' '), argument.size());
  Words words{argument.substr(0, space), base::trim(argument.substr(space))};
  if (words.second.find(' ') != words.second.npos) return std::nullopt;
  return words;
}

template <class Plain>
Parsed parse_plain(std::string_view argument) {
  if (!base::trim(argument).empty()) return refuse("This command takes no argument");
  return Plain{};
}

template <class Numbered>
Parsed parse_number(std::string_view argument) {
  const auto number = base::to_number(base::trim(argument));
  if (!number) return refuse("A message number is needed");
  return Numbered{*number};
}

template <class Listing>
Parsed parse_listing(std::string_view argument) {
  if (base::trim(argument).empty()) return Listing{};
  return parse_number<Listing>(argument);
}

Parsed parse_user(std::string_view argument) {
  if (argument.empty() || !base::is_utf8(argument)) return refuse("A name is needed, in UTF-8");
  return command::User{std::string(argument)};
}

Parsed parse_pass(std::string_view argument) {
  if (argument.empty() || !base::is_utf8(argument)) return refuse("A password is needed, in UTF-8");
  return command::Pass{std::string(argument)};
}

Parsed parse_top(std::string_view argument) {
  const auto words = two_words(argument);
  const auto number = words ? base::to_number(words->first) : std::nullopt;
  const auto lines = words ? base::to_number(words->second) : std::nullopt;
  if (!number || !lines) return refuse("A message number and a number of lines are needed");
  return command::Top{*number, *lines};
}

Parsed parse_auth(std::string_view argument) {
  constexpr std::size_t longest = 20;  // RFC 4422 §3.1
  const auto words = two_words(argument);
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (!words || words->first.empty() || words->first.size() > longest || !std::ranges::all_of(words->first, allowed))
    return refuse("The name of a mechanism is needed, and at most an initial response");
  command::Auth auth{upper(words->first), std::nullopt};
  if (!words->second.empty()) auth.initial = words->second;
  return auth;
}

Parsed parse_lang(std::string_view argument) {
  constexpr std::size_t longest = 64;
  const auto words = two_words(argument);
  if (!words || !words->second.empty() || words->first.size() > longest) return refuse("At most one language is needed");
  command::Lang lang;
  if (!words->first.empty()) lang.tag = base::to_lower(words->first);
  return lang;
}

struct Verb {
  std::string_view name;
  Parsed (*parse)(std::string_view argument);
};
constexpr std::array<Verb, 16> verbs = {{{"USER", parse_user},
                                         {"PASS", parse_pass},
                                         {"STAT", parse_plain<command::Stat>},
                                         {"LIST", parse_listing<command::List>},
                                         {"RETR", parse_number<command::Retr>},
                                         {"DELE", parse_number<command::Dele>},
                                         {"NOOP", parse_plain<command::Noop>},
                                         {"RSET", parse_plain<command::Rset>},
                                         {"QUIT", parse_plain<command::Quit>},
                                         {"TOP", parse_top},
                                         {"UIDL", parse_listing<command::Uidl>},
                                         {"CAPA", parse_plain<command::Capa>},
                                         {"STLS", parse_plain<command::Stls>},
                                         {"AUTH", parse_auth},
                                         {"UTF8", parse_plain<command::Utf8>},
                                         {"LANG", parse_lang}}};

const Verb* find_verb(std::string_view name) {
  const auto* it = std::ranges::find_if(verbs, [&](const Verb& v) { return base::iequals(v.name, name); });
  return it == verbs.end() ? nullptr : it;
}

/// A browser that was told to speak to this port, or TLS where none is spoken.
bool is_foreign(std::string_view line) {
  static constexpr std::array<std::string_view, 8> methods = {"GET /",     "POST /", "HEAD /",   "PUT /",
                                                              "OPTIONS /", "PRI *",  "CONNECT ", "DELETE /"};
  if (line.starts_with('\x16')) return true;
  return std::ranges::any_of(methods, [&](std::string_view method) { return line.starts_with(method); });
}

}  // namespace

std::expected<Command, Refusal> parse_command(std::string_view line) {
  if (is_foreign(line)) return std::unexpected(Refusal{"This is POP3", Refusal::Kind::foreign});
  if (std::ranges::any_of(line, is_control)) return refuse("Control characters are not allowed");
  const auto space = std::min(line.find(' '), line.size());
  const Verb* verb = find_verb(line.substr(0, space));
  if (!verb) return refuse("Unknown command");
  const auto argument = line.substr(std::min(space + 1, line.size()));
  const bool may_be_utf8 = verb->parse == parse_user || verb->parse == parse_pass;
  if (!may_be_utf8 && base::has_8bit(argument)) return refuse("Only ASCII is allowed here");
  return verb->parse(argument);
}

std::string_view known_verb(std::string_view line) {
  const Verb* verb = find_verb(line.substr(0, line.find(' ')));
  return verb ? verb->name : std::string_view();
}

}  // namespace understudy::mail::pop3
