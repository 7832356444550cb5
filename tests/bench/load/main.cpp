/// bench_load: sends mail to a server on loopback and tells how it was taken, or takes what a server relays and counts it.
/// tests/bench/run starts it; the usage stands below.
#include <chrono>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "base/text.hpp"
#include "company.hpp"
#include "endpoint.hpp"
#include "messages.hpp"
#include "options.hpp"
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
    "Addresses are of 127.0.0.0/8. FILE is what corpus.py writes with --envelopes; --letters takes octets on average; --also "
    "is\n"
    "a second recipient's domain. `send` prints a JSON object, in which `beside` is the same of those who sent beside.\n";
constexpr std::uint64_t default_size = 10240;

int complain(std::string_view problem, int status) {
  std::cerr << "bench_load: " << problem << "\n";
  return status;
}

/// A word that no earlier run used: the process and the time.
std::string run_name() {
  return std::to_string(getpid()) + "-" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
}

struct Job {  // all that the words of `send` say
  Load load, company;
  std::uint64_t company_size = default_size;
  Crowd crowd;
  std::unique_ptr<Messages> messages;
};

base::Result<std::unique_ptr<Messages>> messages_of(Options& options, const Crowd& crowd) {
  if (const auto list = options.text("--list", ""); !list.empty()) return listed_messages(list, run_name());
  if (const auto average = options.number("--letters", 0)) return letters(average, crowd, run_name());
  return artificial_messages(options.number("--size", default_size), crowd, run_name());
}

base::Result<Job> job_of(std::string_view server, Options options) {
  auto address = loopback(server);
  if (!address) return base::fail("server", address.error());
  Job job;
  job.load.server = job.company.server = *address;
  job.load.count = options.number("--count", 0);
  job.load.first = options.number("--first", 0);
  job.load.sessions = options.number("--sessions", 1);
  job.load.per_connection = options.number("--per-connection", 0);
  job.company.sessions = options.number("--beside-sessions", 0);
  job.company_size = options.number("--beside-size", default_size);
  job.crowd.users = options.number("--users", job.crowd.users);
  job.crowd.domain = options.text("--domain", job.crowd.domain);
  job.crowd.also = options.text("--also", job.crowd.also);
  if (job.load.count == 0 || job.load.sessions == 0 || job.crowd.users == 0) return base::fail("a zero", base::errc::malformed);
  auto messages = messages_of(options, job.crowd);
  if (!messages) return base::fail("messages", messages.error());
  if (!options.empty()) return base::fail("an unknown option", base::errc::malformed);
  job.messages = std::move(*messages);
  return job;
}

int send_mail(const Job& job) {
  const auto begin = std::chrono::steady_clock::now();
  Company company(job.company, job.company_size, job.crowd, run_name() + "-beside");
  const auto tally = send(job.load, *job.messages);
  const auto beside = company.end();
  const auto took = std::chrono::steady_clock::now() - begin;
  auto both = told(tally, took);
  both.insert(both.size() - 1, ", \"beside\": " + told(beside, took));
  // By the clock that all programs of the machine share: reading the messages comes before it.
  const std::chrono::duration<double> began = begin.time_since_epoch();
  both.insert(both.size() - 1, ", \"began\": " + std::to_string(began.count()));
  std::cout << both << "\n";
  const auto& failure = tally.failed ? tally.first_failure : beside.first_failure;
  return tally.failed + beside.failed ? complain(base::escape(failure), went_wrong) : succeeded;
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
    auto options = Options::of(words.subspan(3));
    if (!options) return complain(usage, used_wrongly);
    const auto job = job_of(words[2], std::move(*options));
    return job ? send_mail(*job) : complain(job.error().text(), used_wrongly);
  }
  if (words.size() == 4 && std::string_view(words[1]) == "sink") return take_mail(words[2], words[3]);
  return complain(usage, used_wrongly);
}

}  // namespace
}  // namespace understudy::bench

int main(int argc, char** argv) {
  return understudy::bench::run({argv, static_cast<std::size_t>(argc)});
}
