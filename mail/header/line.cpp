#include "mail/header/line.hpp"

namespace understudy::mail::header {

LineEnds line_ends_of(std::string_view message) {
  const bool has_lf = message.find('\n') != std::string_view::npos;
  return !has_lf && message.find('\r') != std::string_view::npos ? LineEnds::cr : LineEnds::lf;
}

Line line_at(std::string_view message, std::uint64_t at, LineEnds ends) {
  const auto found = message.find(ends == LineEnds::lf ? '\n' : '\r', at);
  Line line{at, message.size(), message.size()};
  if (found != std::string_view::npos) line = {at, found, found + 1};
  if (ends == LineEnds::lf)
    while (line.text_end > at && message[line.text_end - 1] == '\r') --line.text_end;
  return line;
}

}  // namespace understudy::mail::header
