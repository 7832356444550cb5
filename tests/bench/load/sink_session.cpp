#include "sink_session.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace understudy::bench {
namespace {

constexpr std::string_view end_of_data = "\r\n.\r\n";
constexpr std::string_view name_field = "X-Bench-Id: ";
constexpr std::size_t longest_head = 64 * 1024;  // of it the name is looked for

}  // namespace

std::string SinkSession::feed(std::string_view in) {
  input_ += in;
  std::string out;
  std::size_t at = 0;
  while (at < input_.size() && state_ != State::over) {
    const auto rest = std::string_view(input_).substr(at);
    const auto taken = state_ == State::data ? take_data(rest, out) : take_command(rest, out);
    if (taken == 0) break;
    at += taken;
  }
  input_.erase(0, at);
  return out;
}

std::size_t SinkSession::take_command(std::string_view in, std::string& out) {
  const auto end = in.find('\n');
  if (end == in.npos) return 0;
  const auto line = in.substr(0, end);
  if (base::istarts_with(line, "EHLO")) {
    out += "250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 0\r\n";
  } else if (base::istarts_with(line, "DATA")) {
    state_ = State::data;
    head_.clear();
    out += "354 go on\r\n";
  } else if (base::istarts_with(line, "QUIT")) {
    state_ = State::over;
    out += "221 2.0.0 bye\r\n";
  } else {
    if (base::istarts_with(line, "MAIL")) recipients_ = 0;
    if (base::istarts_with(line, "RCPT")) ++recipients_;
    out += "250 2.0.0 ok\r\n";
  }
  return end + 1;
}

std::size_t SinkSession::take_data(std::string_view in, std::string& out) {
  const auto end = in.find(end_of_data);
  const bool whole = end != in.npos;
  // What may be the begin of the end stays for the next piece.
  const auto piece = in.substr(0, whole ? end + 2 : in.size() - std::min(in.size(), end_of_data.size() - 1));
  look_for_name(piece);
  counts_.octets += piece.size();
  if (!whole) return piece.size();
  state_ = State::command;
  ++counts_.messages;
  counts_.recipients += recipients_;
  if (const auto at = head_.find(name_field); at != head_.npos) {
    const auto name = at + name_field.size();
    counts_.names.insert(head_.substr(name, head_.find('\r', name) - name));
  }
  out += "250 2.0.0 ok\r\n";
  return end + end_of_data.size();
}

void SinkSession::look_for_name(std::string_view piece) {
  if (head_.size() < longest_head) head_ += piece.substr(0, longest_head - head_.size());
}

}  // namespace understudy::bench
