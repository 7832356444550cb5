/// Commands as tests look at them: one that must be good, several that must be taken or refused.
#pragma once

#include <string>
#include <string_view>

#include "base/text.hpp"
#include "mail/imap/command.hpp"

namespace understudy::mail::imap::tests {

inline const ParseContext rev1;
inline const ParseContext rev2{.names = NameForm::utf8};

template <class Wanted>
Wanted parsed(std::string_view arguments, const ParseContext& context = rev1) {
  auto got = parse_command("a1 " + std::string(arguments), context);
  BOOST_REQUIRE_MESSAGE(got.has_value(), base::escape(arguments) << ": " << (got ? "" : got.error().text));
  BOOST_REQUIRE_MESSAGE(std::holds_alternative<Wanted>(got->what), arguments);
  BOOST_TEST(got->tag == "a1");
  return std::get<Wanted>(std::move(got->what));
}

inline void are_taken(std::initializer_list<std::string> commands, const ParseContext& context = rev1) {
  for (const auto& command : commands) {
    const auto got = parse_command("a1 " + command, context);
    BOOST_TEST(got.has_value(), base::escape(command) << ": " << (got ? "" : got.error().text));
  }
}

inline void are_refused(std::initializer_list<std::string> commands, const ParseContext& context = rev1) {
  for (const auto& command : commands) {
    const auto got = parse_command("a1 " + command, context);
    BOOST_TEST(!got.has_value(), base::escape(command));
    if (got) continue;
    BOOST_TEST(got.error().tag == "a1");
    BOOST_TEST((!got.error().text.empty() && got.error().text.size() <= 200), base::escape(command));
  }
}

}  // namespace understudy::mail::imap::tests
