/// Any lines as the next hop of a relaying session: it ends, with a result for every recipient, and only whole commands are
/// sent.
#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"
#include "mail/smtp/client_dialogue.hpp"

using namespace understudy;
using namespace understudy::mail::smtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

Envelope envelope() {
  Envelope e;
  e.reverse_path = mail::address::Address{"a", "a.example"};
  for (const auto* local : {"x", "y z", "\xc3\xa4"}) e.recipients.push_back({{local, "b.example"}, {}, "rfc822;o@o.example"});
  return e;
}

void look_at(std::string_view sent) {
  require(sent.empty() || sent.ends_with("\r\n"));
  for (const auto line : base::split(sent, '\n')) {
    if (line.empty()) continue;
    require(line.ends_with('\r') && std::count(line.begin(), line.end(), '\r') == 1);
  }
}

class Driver {
 public:
  explicit Driver(unsigned char choice)
      : client_({.tls = static_cast<ClientTls>(choice % 4),
                 .authenticate = (choice & 4) != 0,
                 .max_pipelined = 1 + choice / 8u % 4}) {
    shape_.octets = 100;
    shape_.needs_chunking = (choice & 128) != 0;
    take(client_.start());
  }

  void run(std::string_view replies) {
    for (const auto line : base::split(replies, '\n')) {
      if (closed_) return;
      take(client_.on_line(line));
    }
    if (!closed_) take(client_.on_lost({451, "4.4.2", "lost"}));
    require(closed_);
  }

 private:
  void take(Step step) {
    for (;;) {
      look_at(step.send);
      switch (step.want) {
        case ClientWant::reply:
          return;
        case ClientWant::tls:
          step = client_.on_tls_started(Leftover::none);
          break;
        case ClientWant::auth:
          step = authenticate();
          break;
        case ClientWant::body:
        case ClientWant::chunk:
          step = client_.on_body_sent();
          break;
        case ClientWant::ready:
          step = proceed();
          break;
        case ClientWant::close:
          closed_ = true;
          return look_at_results();
      }
    }
  }

  Step authenticate() {
    require(client_.tls());
    if (++asked_ > 3) return client_.on_auth_given_up();
    if (asked_ == 1) return client_.on_auth_start("PLAIN", "AGEAYg==", AuthState::complete);
    return client_.on_auth_response("AAAA", AuthState::complete);
  }

  Step proceed() {
    look_at_results();
    return ++transactions_ > 5 ? client_.quit() : client_.begin(envelope(), shape_);
  }

  void look_at_results() const {
    for (const auto& result : client_.results()) require(result.reply.code != 0 && !result.reply.lines.empty());
    require(client_.results().empty() || client_.results().size() == 3);
  }

  ClientDialogue client_;
  MessageShape shape_;
  int asked_ = 0, transactions_ = 0;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Driver(data[0]).run({reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
