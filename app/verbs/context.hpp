/// What every verb gets beside its own words: how to answer, and where.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace understudy::app {

enum class Exit : std::uint8_t { done = 0, failed = 1, wrong_usage = 2 };

enum class Form : std::uint8_t { table, json };

struct Context {
  std::string config_file = "/etc/understudy/understudy.toml";
  std::string socket;           ///< of the server to ask; empty: the one of the configuration
  std::string reason, in_case;  ///< why it is asked, for the audit journal
  Form form = Form::table;
  std::ostream& out;
  std::ostream& err;
  std::istream& in;
  enum class Terminal : std::uint8_t { no, yes };
  Terminal in_is = Terminal::no;   ///< a person can be asked
  Terminal err_is = Terminal::no;  ///< a person sees progress
};

/// One line on `err`, and the exit status.
Exit fail(Context& context, std::string_view what, Exit how = Exit::failed);

}  // namespace understudy::app
