#include "mail/smtp/body_encoder.hpp"

#include "mail/smtp/errc.hpp"

namespace understudy::mail::smtp {

base::Result<> BodyEncoder::feed(std::string_view octets, std::string& out) {
  check_.feed(octets);
  if (auto ok = judge(); !ok) return ok;
  if (octets.empty()) return {};
  if (held_cr_) {  // judge() has seen that an LF follows
    out += "\r\n";
    octets.remove_prefix(1);
    line_start_ = true;
    held_cr_ = false;
  }
  if (octets.ends_with('\r')) {
    held_cr_ = true;
    octets.remove_suffix(1);
  }
  stuff(octets, out);
  return {};
}

// `octets` has no CR or LF but in CRLF. Copies from one line that starts with a dot to the next in one piece.
void BodyEncoder::stuff(std::string_view octets, std::string& out) {
  if (octets.empty()) return;
  if (line_start_ && octets.front() == '.') out += '.';
  std::size_t copied = 0;
  for (auto newline = octets.find('\n'); newline != octets.npos; newline = octets.find('\n', newline + 1)) {
    if (newline + 1 == octets.size() || octets[newline + 1] != '.') continue;
    out.append(octets, copied, newline + 1 - copied);
    out += '.';
    copied = newline + 1;
  }
  out.append(octets, copied);
  line_start_ = octets.back() == '\n';
}

base::Result<> BodyEncoder::finish(std::string& out) {
  check_.finish();
  if (auto ok = judge(); !ok) return ok;
  if (!line_start_) out += "\r\n";
  out += ".\r\n";
  return {};
}

base::Result<> BodyEncoder::judge() const {
  if (check_.facts().has_bare_newline()) return base::fail("body encoder", errc::bare_newline);
  if (check_.facts().has_nul) return base::fail("body encoder", errc::nul_octet);
  return {};
}

}  // namespace understudy::mail::smtp
