/// Plays the driver of a server dialogue, for one client that says what the test tells it to.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mail/smtp/dialogue.hpp"

namespace understudy::test {

using namespace understudy::mail;
using namespace understudy::mail::smtp;
using namespace std::string_literals;

inline ServerOptions options() {
  ServerOptions options;
  options.hostname = "mx.example.org";
  options.tls = ServerTls::starttls;
  options.mechanisms = {"SCRAM-SHA-256", "PLAIN"};
  options.max_message = 1000;
  return options;
}

// Plays the driver: accepts every path whose local part is not "no", keeps every message, takes any password but "bad".
class Client {
 public:
  explicit Client(ServerOptions o = options()) : server(std::move(o)) { next = server.greet(); }

  // The code and status of what the server says at last, "-" for nothing, "closed" behind it when it hangs up.
  std::string say(std::string_view line) {
    next = server.on_line(line);
    while (serve()) {
    }
    return heard();
  }

  std::string heard() const {
    std::string text = "-";
    if (next.reply) text = std::to_string(next.reply->code) + (next.reply->status.empty() ? "" : " " + next.reply->status);
    return next.want == Want::close ? text + " closed" : text;
  }

  void expect(const std::vector<std::pair<std::string, std::string>>& script) {
    for (const auto& [line, reply] : script) BOOST_TEST_CONTEXT(line) BOOST_TEST(say(line) == reply);
  }

  void start_tls() {
    BOOST_TEST(say("STARTTLS") == "220 2.0.0");
    next = server.on_tls_started(Leftover::none);
  }

  ServerDialogue server;
  Next next;
  std::vector<Envelope> kept;
  std::uint64_t chunk_octets = 0;
  std::uint64_t drained_octets = 0;

 private:
  static Reply judge(bool good) { return good ? Reply(250, "2.1.0", "OK") : Reply(550, "5.7.1", "no"); }

  bool serve() {
    switch (next.want) {
      case Want::mail_verdict: {
        const auto& path = server.envelope().reverse_path;
        next = server.on_mail_verdict(judge(!path || path->local != "no"));
        return true;
      }
      case Want::verdict:
        next = server.on_verdict(judge(server.forward_path().forward_path.local != "no"));
        return true;
      case Want::body:
        BOOST_TEST(next.reply->code == 354);
        [[fallthrough]];
      case Want::end_of_message:
        kept.push_back(server.envelope());
        next = server.on_kept({250, "2.0.0", "kept"});
        return true;
      case Want::chunk:
        (server.chunk().use == Chunk::Use::keep ? chunk_octets : drained_octets) += server.chunk().octets;
        next = server.on_chunk();
        return true;
      case Want::auth: {
        const auto& request = server.auth_request();
        if (!request.response) {
          next = server.on_auth_challenge("");
        } else if (request.response == "bad") {
          next = server.on_auth_failure(sasl::Failure::rejected);
        } else {
          next = server.on_auth_success("alice@example.org");
        }
        return true;
      }
      default:
        return false;
    }
  }
};

}  // namespace understudy::test
