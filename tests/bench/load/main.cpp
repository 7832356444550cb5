/// bench_load: sends mail to a server on loopback and tells how it was taken, or takes what a server relays and counts it.
/// tests/bench/run starts it; the usage stands below.
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <unistd.h>

#include "base/text.hpp"
#include "endpoint.hpp"
#include "sender.hpp"
#include "sink.hpp"

namespace understudy::bench {
namespace {

constexpr int succeeded = 0, went_wrong = 1, used_wrongly = 2;
constexpr std::string_view usage =
    "usage: bench_load send ADDRESS:PORT --count N [--first N] [--sessions N] [--per-connection N]\n"
    "                  [--list FILE | [--size OCTETS | --letters OCTETS] [--users N] [--domain D] [--also D]]\n"
    "                  [--beside-size OCTETS --beside-sessions N]\n"
    "       bench_load sink ADDRESS:PORT CONTROL-ADDRESS:PORT\n"
    "Addresses are of 127.0.0.0/8. `send` prints a JSON object; what others send beside it, until it is done, is told as "
    "\"beside\"\n"
    "in it. FILE is what corpus.py writes with --envelopes; --letters takes octets on average; --also a second recipient's "
    "domain.\n";
constexpr std::uint64_t default_size = 10240;

using Options = std::map<std::string_view, std::string_view>;

int complain(std::string_view problem, int status) {
  std::cerr << "bench_load: " << problem << "\n";
  return status;
}

std::optional<Options> options_of(std::span<char*> words) {
  Options options;
  if (words.size() % 2 != 0) return std::nullopt;
  for (std::size_t at = 0; at < words.size(); at += 2) options[words[at]] = words[at + 1];
  return options;
}

/// Takes the option away; a number that is none becomes 0.
std::uint64_t number(Options& options, std::string_view name, std::uint64_t otherwise) {
  auto node = options.extract(name);
  return node.empty() ? otherwise : base::to_number(node.mapped()).value_or(0);
}

/// A word that no earlier run used: the process and the time.
std::string run_name() {
  return std::to_string(getpid()) + "-" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
}

std::string text(Options& options, std::string_view name, std::string_view otherwise) {
  auto node = options.extract(name);
  return std::string(node.empty() ? otherwise : node.mapped());
}

base::Result<Crowd> crowd_of(Options& options) {
  Crowd crowd;
  crowd.users = number(options, "--users", crowd.users);
  crowd.domain = text(options, "--domain", crowd.domain);
  crowd.also = text(options, "--also", crowd.also);
  if (crowd.users == 0) return base::fail("--users", base::errc::malformed);
  return crowd;
}

base::Result<std::unique_ptr<Messages>> messages_of(Options& options, const Crowd& crowd) {
  if (auto list = options.extract("--list"); !list.empty()) return listed_messages(std::string(list.mapped()), run_name());
  if (const auto average = number(options, "--letters", 0)) return letters(average, crowd, run_name());
  return artificial_messages(number(options, "--size", default_size), crowd, run_name());
}

/// Others who send as long as `send_mail` does, with sessions of their own.
class Beside {
 public:
  Beside(Load load, std::uint64_t size, const Crowd& crowd)
      : load_(load), messages_(artificial_messages(size, crowd, run_name() + "-beside")) {
    if (load_.sessions > 0) thread_ = std::jthread([this](std::stop_token over) { tally_ = send(load_, *messages_, over); });
  }

  Tally end() {
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
    return std::move(tally_);
  }

 private:
  Load load_;
  std::unique_ptr<Messages> messages_;
  Tally tally_;
  std::jthread thread_;  // the last: ends before what it uses
};

int send_mail(std::string_view server, Options options) {
  auto address = loopback(server);
  if (!address) return complain(address.error().text(), used_wrongly);
  Load load, others;
  load.server = others.server = *address;
  load.count = number(options, "--count", 0);
  load.first = number(options, "--first", 0);
  load.sessions = number(options, "--sessions", 1);
  load.per_connection = number(options, "--per-connection", 0);
  others.sessions = number(options, "--beside-sessions", 0);
  const auto others_size = number(options, "--beside-size", default_size);
  const auto crowd = crowd_of(options);
  if (!crowd) return complain(crowd.error().text(), used_wrongly);
  auto messages = messages_of(options, *crowd);
  if (!messages) return complain(messages.error().text(), used_wrongly);
  if (!options.empty() || load.count == 0 || load.sessions == 0) return complain(usage, used_wrongly);
  const auto begin = std::chrono::steady_clock::now();
  Beside beside(others, others_size, *crowd);
  const auto tally = send(load, **messages);
  const auto tally_beside = beside.end();
  const auto took = std::chrono::steady_clock::now() - begin;
  auto told_all = told(tally, took);
  told_all.insert(told_all.size() - 1, ", \"beside\": " + told(tally_beside, took));
  std::cout << told_all << "\n";
  if (tally.failed) return complain(base::escape(tally.first_failure), went_wrong);
  return tally_beside.failed ? complain(base::escape(tally_beside.first_failure), went_wrong) : succeeded;
}

int take_mail(std::string_view smtp, std::string_view control) {
  auto smtp_address = loopback(smtp);
  if (!smtp_address) return complain(smtp_address.error().text(), used_wrongly);
  auto control_address = loopback(control);
  if (!control_address) return complain(control_address.error().text(), used_wrongly);
  auto ended = run_sink({*smtp_address, *control_address});
  return ended ? succeeded : complain(ended.error().text(), went_wrong);
}

int run(std::span<char*> words) {
  if (words.size() >= 3 && std::string_view(words[1]) == "send") {
    if (auto options = options_of(words.subspan(3))) return send_mail(words[2], *options);
  }
  if (words.size() == 4 && std::string_view(words[1]) == "sink") return take_mail(words[2], words[3]);
  return complain(usage, used_wrongly);
}

}  // namespace
}  // namespace understudy::bench

int main(int argc, char** argv) {
  return understudy::bench::run({argv, static_cast<std::size_t>(argc)});
}
