/// One SMTP session of the sink: takes everything and counts it (RFC 5321 §3.3, §4.5.2). Does no I/O, judges nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

namespace understudy::bench {

struct Counts {
  std::uint64_t messages = 0;
  std::uint64_t recipients = 0;
  std::uint64_t octets = 0;               ///< as they came over the wire, without the final dot
  std::unordered_set<std::string> names;  ///< the X-Bench-Id fields: a message in several transactions is one here
};

class SinkSession {
 public:
  explicit SinkSession(Counts& counts) : counts_(counts) {}
  static std::string_view greeting() { return "220 sink.test ESMTP\r\n"; }
  /// Eats all of `in`, pieces of any size, and says what to answer.
  std::string feed(std::string_view in);
  bool over() const { return state_ == State::over; }  ///< after QUIT: close once the answer is written

 private:
  enum class State { command, data, over };
  std::size_t take_command(std::string_view in, std::string& out);
  std::size_t take_data(std::string_view in, std::string& out);
  void look_for_name(std::string_view piece);

  Counts& counts_;
  State state_ = State::command;
  std::string input_;  // a command or the end of the data, not whole yet
  std::string head_;   // of this message, as much as may hold its name
  std::uint64_t recipients_ = 0;
};

}  // namespace understudy::bench
