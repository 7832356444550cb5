/// Any octets as a whole SMTP session, against a driver that does what the dialogue wants and checks what it may rely on.
#include <algorithm>
#include <cstdlib>

#include "mail/smtp/body_decoder.hpp"
#include "mail/smtp/dialogue.hpp"
#include "mail/smtp/errc.hpp"

using namespace understudy::mail;
using namespace understudy::mail::smtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

ServerOptions options_from(unsigned char choice) {
  ServerOptions options;
  options.tls = static_cast<ServerTls>(choice % 3);
  options.demand = static_cast<Demand>(choice / 3 % 3);
  options.mechanisms = {"PLAIN", "SCRAM-SHA-256"};
  options.max_message = 300;
  options.max_recipients = 5;
  options.offer_chunking = choice % 2 == 0;
  return options;
}

class Driver {
 public:
  Driver(unsigned char choice, std::string_view in) : server_(options_from(choice)), in_(in) {}

  void run() {
    auto next = server_.greet();
    while (next.want != Want::close) {
      if (next.reply) look_at(*next.reply);
      if (in_.empty() && reads(next.want)) return;
      next = step(next.want);
    }
    require(!next.reply || next.reply->code == 421 || next.reply->code == 221);
  }

 private:
  static bool reads(Want want) { return want == Want::command || want == Want::body; }

  static void look_at(const Reply& reply) {
    const auto wire = reply.wire();
    require(wire.ends_with("\r\n") && reply.code >= 200 && reply.code < 600);
    require(std::count(wire.begin(), wire.end(), '\n') == static_cast<long>(reply.lines.size()));
  }

  Next step(Want want) {
    switch (want) {
      case Want::command:
        return server_.on_line(take_line());
      case Want::mail_verdict:
        return server_.on_mail_verdict(verdict());
      case Want::verdict:
        return server_.on_verdict(verdict());
      case Want::body:
        return take_body();
      case Want::chunk:
        return take_chunk();
      case Want::end_of_message:
        return keep();
      case Want::auth:
        return authenticate();
      case Want::tls:
        return server_.on_tls_started(in_.starts_with("!") ? Leftover::plaintext : Leftover::none);
      case Want::close:
        break;
    }
    std::abort();
  }

  std::string_view take_line() {
    const auto end = in_.find("\r\n");
    const auto line = in_.substr(0, end);
    in_.remove_prefix(end == in_.npos ? in_.size() : end + 2);
    return line;
  }

  Reply verdict() { return ++verdicts_ % 3 == 0 ? Reply(550, "5.7.1", "no") : Reply(250, "2.1.0", "yes"); }

  Next keep() {
    const auto count = server_.envelope().recipients.size();
    require(count > 0 && count <= server_.options().max_recipients);
    require(server_.options().demand == Demand::nothing || server_.tls());
    require(server_.options().demand != Demand::authentication || server_.user());
    return server_.on_kept({250, "2.0.0", "kept"});
  }

  Next take_body() {
    BodyDecoder decoder({.max_octets = server_.options().max_message});
    std::string message;
    in_.remove_prefix(decoder.feed(in_, message).consumed);
    const auto good = decoder.verdict();
    return good ? keep() : server_.on_kept(reply_for(good.error().code));
  }

  Next take_chunk() {
    const auto& chunk = server_.chunk();
    require(chunk.use == Chunk::Use::drain || chunk.octets <= server_.options().max_message);
    in_.remove_prefix(std::min<std::uint64_t>(chunk.octets, in_.size()));
    return ++verdicts_ % 7 == 0 ? server_.on_chunk_failed({452, "4.3.1", "full"}) : server_.on_chunk();
  }

  Next authenticate() {
    require(server_.tls());
    const auto& response = server_.auth_request().response;
    if (!response || response->empty()) return server_.on_auth_challenge("AAAA");
    return response->front() == 'A' ? server_.on_auth_success("alice") : server_.on_auth_failure(sasl::Failure::rejected);
  }

  ServerDialogue server_;
  std::string_view in_;
  unsigned verdicts_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Driver(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1}).run();
  return 0;
}
