#include "base/text.hpp"
#include "mail/smtp/body_decoder.hpp"
#include "mail/smtp/body_encoder.hpp"
#include "mail/smtp/dialogue.hpp"
#include "smtp_next_hop.hpp"

using namespace understudy;
using namespace understudy::test;

BOOST_AUTO_TEST_SUITE(smtp_client)

// Our two sides against each other, on octets that are anything.
BOOST_AUTO_TEST_CASE(what_our_client_sends_our_server_receives_unchanged) {
  const std::string messages[] = {
      "",           "a\r\n",        ".\r\n..\r\n.a\r\n", "no end",    "bare\nnewline\r\n",
      "nul\0\r\n"s, "\xc3\xa4\r\n", "\r\n.\r",           "\r\n.\r\n", "x\r\n.\r\nMAIL FROM:<e@v.il>\r\n"};
  for (const auto& message : messages) {
    ServerDialogue server({.hostname = "next.example"});
    ClientDialogue client({.hostname = "we.example"});
    OctetCheck check;
    check.feed(message);
    check.finish();
    std::string received;
    std::string up;  // to the server
    auto step = client.start();
    auto next = server.greet();
    const auto send_body = [&] {
      if (step.want == ClientWant::chunk) {
        up += message;
      } else {
        BodyEncoder encoder;
        BOOST_REQUIRE(encoder.feed(message, up).has_value());
        BOOST_REQUIRE(encoder.finish(up).has_value());
      }
      step = client.on_body_sent();
      up += step.send;
    };
    bool begun = false;
    for (int turn = 0; turn < 100 && step.want != ClientWant::close; ++turn) {
      if (next.reply) {
        const auto wire = next.reply->wire();
        for (const auto line : base::split(wire, '\n')) {
          if (line.empty()) continue;
          step = client.on_line(line.substr(0, line.size() - 1));
          up += step.send;
        }
        if (step.want == ClientWant::ready && !begun) {
          step = client.begin(envelope({to("x"), to("y")}), MessageShape::of(check.facts()));
          up += step.send;
          begun = true;
        } else if (step.want == ClientWant::ready) {
          step = client.quit();
          up += step.send;
        }
      }
      if (step.want == ClientWant::body || step.want == ClientWant::chunk) send_body();
      switch (next.want) {
        case Want::command: {
          const auto end = up.find("\r\n");
          BOOST_REQUIRE(end != up.npos);
          next = server.on_line(up.substr(0, end));
          up.erase(0, end + 2);
          break;
        }
        case Want::mail_verdict:
          next = server.on_mail_verdict({250, "2.1.0", "OK"});
          break;
        case Want::verdict:
          next = server.on_verdict({250, "2.1.5", "OK"});
          break;
        case Want::body: {
          BodyDecoder decoder({.odd_octets = OddOctets::keep});
          up.erase(0, decoder.feed(up, received).consumed);
          next = server.on_kept({250, "2.0.0", "kept"});
          break;
        }
        case Want::chunk:
          BOOST_REQUIRE(up.size() >= server.chunk().octets);
          received += up.substr(0, server.chunk().octets);
          up.erase(0, server.chunk().octets);
          next = server.on_chunk();
          break;
        case Want::end_of_message:
          next = server.on_kept({250, "2.0.0", "kept"});
          break;
        default:
          break;
      }
    }
    BOOST_TEST_CONTEXT(base::escape(message)) {
      BOOST_TEST((received == message));
      BOOST_TEST(!client.failure());
      BOOST_TEST((client.results().at(0).reply.code == 250));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
