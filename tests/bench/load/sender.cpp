#include "sender.hpp"

#include <array>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "connection.hpp"

namespace understudy::bench {
namespace {

class Session {  // one thread
 public:
  Session(const Load& load, const Messages& messages, std::atomic<std::uint64_t>& next)
      : load_(load), messages_(messages), next_(next) {}

  Tally run(const std::stop_token& over) {
    for (auto number = next_++; number < load_.count && !over.stop_requested(); number = next_++) {
      if (auto sent = send(messages_.message(load_.first + number)); !sent) give_up(sent.error());
    }
    leave();
    return std::move(tally_);
  }

 private:
  base::Result<> send(const Message& message) {
    if (!connection_.is_open()) {
      if (auto met = meet(); !met) return met;
    }
    if (auto begun = envelope(message); !begun) return begun;
    const std::array<std::string_view, 3> pieces{message.head, message.body, ".\r\n"};
    if (auto written = connection_.write(pieces); !written) return written;
    const auto dot = std::chrono::steady_clock::now();
    if (auto safe = connection_.expect_reply(250, "end of data"); !safe) return safe;
    tally_.latencies.push_back(std::chrono::steady_clock::now() - dot);
    ++tally_.accepted;
    tally_.recipients += message.recipients.size();
    tally_.octets += message.head.size() + message.body.size();
    if (++on_connection_ == load_.per_connection) leave();
    return {};
  }

  base::Result<> meet() {
    on_connection_ = 0;
    if (auto opened = connection_.open(load_.server); !opened) return opened;
    if (auto greeted = connection_.expect_reply(220, "greeting"); !greeted) return greeted;
    return connection_.expect(250, "EHLO bench.test");
  }

  base::Result<> envelope(const Message& message) {
    if (auto taken = connection_.expect(250, "MAIL FROM:<" + message.reverse_path + ">"); !taken) return taken;
    for (const auto& recipient : message.recipients) {
      if (auto taken = connection_.expect(250, "RCPT TO:<" + recipient + ">"); !taken) return taken;
    }
    return connection_.expect(354, "DATA");
  }

  void give_up(const base::Error& error) {
    if (tally_.failed++ == 0) tally_.first_failure = error.text();
    connection_.close();
  }

  void leave() {
    if (connection_.is_open()) (void)connection_.expect(221, "QUIT");  // the messages are safe whatever it says
    connection_.close();
  }

  const Load& load_;
  const Messages& messages_;
  std::atomic<std::uint64_t>& next_;
  Connection connection_;
  std::uint64_t on_connection_ = 0;
  Tally tally_;
};

}  // namespace

Tally send(const Load& load, const Messages& messages, std::stop_token over) {
  std::atomic<std::uint64_t> next{0};
  std::vector<Tally> tallies(load.sessions);
  {
    std::vector<std::jthread> threads;
    for (auto& tally : tallies) threads.emplace_back([&] { tally = Session(load, messages, next).run(over); });
  }
  Tally all;
  for (auto& tally : tallies) all.add(std::move(tally));
  return all;
}

}  // namespace understudy::bench
