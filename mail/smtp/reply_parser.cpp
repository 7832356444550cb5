#include "mail/smtp/reply_parser.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace understudy::mail::smtp {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The code at the front of a line, 0 where there is none. "250", "250 text", "250-text".
int code_of(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2])) return 0;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

std::string clean(std::string_view text) {
  std::string out(text);
  const bool utf8 = base::is_utf8(text);
  for (char& c : out) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f || (octet >= 0x80 && !utf8)) c = '?';
  }
  return out;
}

// Takes 1 to 3 digits off the front.
bool take_number(std::string_view& in) {
  std::size_t n = 0;
  while (n < in.size() && n < 3 && is_digit(in[n])) ++n;
  in.remove_prefix(n);
  return n > 0;
}

bool take_dot(std::string_view& in) {
  if (!in.starts_with('.')) return false;
  in.remove_prefix(1);
  return true;
}

}  // namespace

StatusAndText split_status(int code, std::string_view text) {
  const bool has_class = !text.empty() && text[0] - '0' == code / 100 && (text[0] == '2' || text[0] == '4' || text[0] == '5');
  if (!has_class) return {{}, text};
  auto rest = text.substr(1);
  if (!take_dot(rest) || !take_number(rest) || !take_dot(rest) || !take_number(rest)) return {{}, text};
  const auto status = text.substr(0, text.size() - rest.size());
  if (rest.empty()) return {status, rest};
  if (rest.front() != ' ') return {{}, text};
  return {status, rest.substr(1)};
}

base::Result<std::optional<Reply>> ReplyParser::on_line(std::string_view line) {
  if (line.size() > max_line || partial_.lines.size() == max_lines) return base::fail("reply", base::errc::too_long);
  const int code = code_of(line);
  if (code == 0) return base::fail("reply '" + base::escape(line, 80) + "'", base::errc::malformed);
  if (in_reply() && code != partial_.code) return base::fail("reply with two codes", base::errc::malformed);
  const auto behind_code = line.substr(std::min<std::size_t>(4, line.size()));
  const auto [status, text] = split_status(code, behind_code);
  if (!in_reply()) {
    partial_.code = code;
    partial_.status = status;
  }
  // A line with another status than the first keeps it as text: nothing that the next hop said is lost.
  const bool same = status == partial_.status;
  partial_.lines.push_back(clean(same ? text : behind_code));
  if (line.size() > 3 && line[3] == '-') return std::optional<Reply>();
  std::optional<Reply> done(std::move(partial_));
  partial_ = Reply();
  return done;
}

}  // namespace understudy::mail::smtp
