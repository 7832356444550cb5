/// Any octets as a command line: a value or a reply, never more; and no control character gets through.
#include <algorithm>
#include <cstdlib>

#include "mail/smtp/command.hpp"

using namespace understudy::mail;
using namespace understudy::mail::smtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void look_at(std::string_view line, const ParseContext& context) {
  const auto got = parse_command(line, context);
  if (!got) {
    require(!got.error().reply.positive() && !got.error().reply.lines.empty());
  } else if (const auto* mail = std::get_if<command::Mail>(&*got)) {
    require(!mail->reverse_path || is_clean(mail->reverse_path->text()));
    require(is_clean(mail->envid));
    require(!mail->custody || Custody::parse(mail->custody->text()) == mail->custody);
  } else if (const auto* rcpt = std::get_if<command::Rcpt>(&*got)) {
    require(is_clean(rcpt->recipient.forward_path.text()) && is_clean(rcpt->recipient.orcpt));
  } else if (const auto* ehlo = std::get_if<command::Ehlo>(&*got)) {
    require(is_clean(ehlo->name) && !ehlo->name.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  ParseContext everything{.offered = {true, true, true, true, true, true}, .recipients = address::Utf8::allow};
  look_at(line, everything);
  look_at(line, ParseContext{});
  return 0;
}
