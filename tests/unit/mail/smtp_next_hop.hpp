/// A next hop that is played by the test, and the envelopes sent to it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mail/smtp/client_dialogue.hpp"

namespace understudy::test {

using namespace understudy::mail;
using namespace understudy::mail::smtp;
using namespace std::string_literals;

inline Recipient to(std::string local, std::string domain = "b.example") {
  return {{std::move(local), std::move(domain)}, {}, {}};
}

inline Envelope envelope(std::vector<Recipient> recipients) {
  Envelope e;
  e.reverse_path = address::Address{"a", "a.example"};
  e.recipients = std::move(recipients);
  return e;
}

inline MessageShape shape(std::uint64_t octets = 10) {
  MessageShape s;
  s.octets = octets;
  return s;
}

// A next hop that says what it is told to say, and writes down what it hears.
class Fake {
 public:
  explicit Fake(ClientOptions o = {}) : client(std::move(o)) { step = client.start(); }

  // Feeds lines of replies; what the client sends meanwhile is in `heard`.
  Fake& say(const std::vector<std::string>& lines) {
    for (const auto& line : lines) {
      BOOST_REQUIRE_MESSAGE(step.want == ClientWant::reply, "nobody waits for: " << line);
      take(client.on_line(line));
    }
    return *this;
  }
  Fake& take(Step next) {
    step = std::move(next);
    heard += step.send;
    return *this;
  }
  Fake& greet(const std::vector<std::string>& offers = {}) {
    say({"220 next.example ESMTP"});
    for (const auto& offer : offers)
      take(client.on_line("250-" + (&offer == &offers.front() ? "next.example" : offers[&offer - &offers[0] - 1])));
    return say({"250 " + (offers.empty() ? "next.example"s : offers.back())});
  }
  std::string take_heard() { return std::exchange(heard, {}); }
  std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const auto& result : client.results())
      all.push_back(std::to_string(result.reply.code) + "@" + std::to_string(static_cast<int>(result.phase)));
    return all;
  }

  ClientDialogue client;
  Step step;
  std::string heard;
};

inline std::string at(int code, Phase phase) {
  return std::to_string(code) + "@" + std::to_string(static_cast<int>(phase));
}
using Codes = std::vector<std::string>;

inline const std::vector<std::string> everything{"PIPELINING", "SIZE 1000", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING"};

}  // namespace understudy::test
