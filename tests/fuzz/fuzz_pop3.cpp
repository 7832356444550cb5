/// POP3: any lines keep the dialogue within its rules, any message ends where it ends for clients of both kinds,
/// and no header is but ASCII for who did not ask for UTF-8.
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "fuzz_check.hpp"
#include "mail/header/scan.hpp"
#include "mail/mime/structure.hpp"
#include "mail/pop3/dialogue.hpp"
#include "mail/pop3/message_encoder.hpp"
#include "mail/pop3/surrogate.hpp"

using namespace understudy::mail;
using namespace understudy::mail::pop3;
using understudy::tests::must;

namespace {

/// Does what the dialogue wants; `choice` decides where there are several answers.
Next drive(ServerDialogue& d, const Next& next, unsigned choice) {
  switch (next.want) {
    case Want::login:
      must(d.tls() && !d.credentials().user.empty());
      return choice % 4 == 0 ? d.on_login_failure(sasl::Failure::rejected) : d.on_login_success("joe");
    case Want::auth:
      must(d.tls() && !d.auth_request().mechanism.empty());
      if (choice % 3 == 0) return d.on_auth_challenge("eA==");
      return choice % 3 == 1 ? d.on_login_failure(sasl::Failure::unavailable) : d.on_login_success("joe");
    case Want::maildrop:
      if (choice % 4 == 0) return d.on_no_maildrop(Trouble::in_use);
      return d.on_maildrop({{10, "a"}, {~std::uint64_t{0} - 10, "b"}});
    case Want::tls:
      return d.on_tls_started(choice % 4 == 0 ? Leftover::plaintext : Leftover::none);
    case Want::more:
      return d.on_more();
    case Want::message:
      must(d.message_request().number >= 1 && d.message_request().number <= 2);
      return choice % 4 == 0 ? d.on_no_message(Trouble::temporary) : d.on_message_open();
    case Want::body:
      return d.on_message_sent();
    case Want::update:
      must(d.removals().size() <= 2);
      return d.on_updated(Updated::all);
    case Want::command:
    case Want::close:
      break;
  }
  return next;
}

void converse(std::string_view text, unsigned choice) {
  ServerOptions options;
  options.tls = choice % 2 == 0 ? ServerTls::implicit : ServerTls::stls;
  options.mechanisms = {"PLAIN"};
  options.max_errors = 10;
  ServerDialogue d(options);
  Next next = d.greet();
  while (next.want != Want::close) {
    must(next.reply.empty() || next.reply.ends_with("\r\n"));
    if (next.want != Want::command) {
      next = drive(d, next, choice = choice * 5 + 1);
      continue;
    }
    if (text.empty()) return;
    const auto end = std::min(text.find('\n'), text.size());
    next = d.on_line(text.substr(0, std::min(end, d.line_limit() + 1)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Where the response ends for a client that ends lines at `newline`.
std::size_t end_of(std::string_view response, std::string_view newline) {
  for (std::size_t begin = 0;;) {
    const auto end = response.find(newline, begin);
    if (end == response.npos) return end;
    auto line = response.substr(begin, end - begin);
    if (line.ends_with('\r') && newline.size() == 1) line.remove_suffix(1);
    begin = end + newline.size();
    if (line == ".") return begin;
  }
}

void encode(std::string_view message, std::size_t cut, std::optional<std::uint64_t> lines) {
  MessageEncoder pieces(lines);
  std::string out;
  pieces.feed(message.substr(0, cut), out);
  pieces.feed(message.substr(cut), out);
  pieces.finish(out);
  MessageEncoder whole(lines);
  std::string same;
  whole.feed(message, same);
  whole.finish(same);
  must(out == same && end_of(out, "\r\n") == out.size() && end_of(out, "\n") == out.size());
}

void make_ascii(std::string_view message, std::size_t cut) {
  const auto structure = mime::parse_structure(message);
  std::vector<header::Range> headers;
  bool ascii = true;
  for (const auto& part : structure.parts) {
    headers.push_back(part.header);
    ascii = ascii && !understudy::base::has_8bit(part.header.of(message));
  }
  const auto ends = header::line_ends_of(message);
  std::string whole, pieces;
  Surrogate one(headers, ends), other(headers, ends);
  one.feed(message, whole);
  one.finish(whole);
  other.feed(message.substr(0, cut), pieces);
  other.feed(message.substr(cut), pieces);
  other.finish(pieces);
  must(whole == pieces && (whole == message) == ascii);
  Surrogate first({headers.front()}, ends);
  std::string header;
  first.feed(headers.front().of(message), header);
  first.finish(header);
  must(!understudy::base::has_8bit(header) && header.size() <= 256 + 32 * message.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  converse(text.substr(1), data[0]);
  encode(text, data[0] % size, std::nullopt);
  encode(text, data[0] % size, data[0] % 4U);
  make_ascii(text, data[0] % size);
  return 0;
}
