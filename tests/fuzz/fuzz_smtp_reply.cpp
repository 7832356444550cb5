/// Any lines as replies of a next hop: a bounded, printable reply or an error; and a reply that was read goes out again as one.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/text.hpp"
#include "mail/smtp/reply_parser.hpp"

using namespace understudy::mail::smtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void look_at(const Reply& reply) {
  require(reply.code >= 200 && reply.code <= 599);
  require(!reply.lines.empty() && reply.lines.size() <= ReplyParser::max_lines);
  for (const auto& line : reply.lines) {
    require(line.size() <= ReplyParser::max_line && understudy::base::is_utf8(line));
    require(std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
  }
  ReplyParser again;
  const auto wire = reply.wire();
  std::optional<Reply> back;
  for (const auto line : understudy::base::split(wire, '\n')) {
    if (line.empty()) continue;
    require(!back && line.ends_with('\r'));
    auto got = again.on_line(line.substr(0, line.size() - 1));
    require(got.has_value());
    back = *got;
  }
  require(back && back->code == reply.code && back->lines.size() == reply.lines.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ReplyParser parser;
  for (const auto line : understudy::base::split({reinterpret_cast<const char*>(data), size}, '\n')) {
    const auto got = parser.on_line(line);
    if (!got) return 0;
    if (*got) look_at(**got);
  }
  return 0;
}
