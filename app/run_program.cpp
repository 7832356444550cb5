#include "app/run_program.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;  // NOLINT: POSIX gives it this name

namespace understudy::app {
namespace {

using Time = std::chrono::steady_clock;

constexpr std::size_t most_errors = 4096;

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  bool is_open() const { return ends_[1] >= 0; }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_reader() { close(ends_[0]); }
  void close_writer() { close(ends_[1]); }

 private:
  static void close(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

/// The program with the signals of a fresh process: this one may have blocked some already.
base::Result<pid_t> spawn(const std::vector<std::string>& words, const Pipe& output, const Pipe& errors) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output.writer(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, errors.writer(), STDERR_FILENO);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, words.front().c_str(), &files, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) return base::fail(words.front() + ": " + std::strerror(failed), base::errc::io);
  return child;
}

/// Reads both pipes until the program has closed them.
class Reading {
 public:
  Reading(Pipe& output, Pipe& errors, std::size_t most) : output_(output), errors_(errors), most_(most) {}

  base::Result<> until(Time::time_point deadline) {
    while (output_.reader() >= 0 || errors_.reader() >= 0) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Time::now());
      if (left.count() <= 0) return base::fail("it did not end in time", base::errc::timed_out);
      std::array<pollfd, 2> ends{pollfd{output_.reader(), POLLIN, 0}, pollfd{errors_.reader(), POLLIN, 0}};
      if (::poll(ends.data(), ends.size(), static_cast<int>(left.count())) < 0 && errno != EINTR)
        return base::fail("poll", base::errc::io);
      if (ends[0].revents != 0) take(output_, ran.output, most_ + 1);
      if (ends[1].revents != 0) take(errors_, ran.errors, most_errors);
      if (ran.output.size() > most_) return base::fail("it printed too much", base::errc::too_long);
    }
    return {};
  }

  Ran ran;

 private:
  /// What is over `most` is read and dropped, so that the program is not held up.
  static void take(Pipe& pipe, std::string& into, std::size_t most) {
    std::array<char, 4096> room;  // NOLINT: filled by read()
    const auto got = ::read(pipe.reader(), room.data(), room.size());
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) return pipe.close_reader();
    into.append(room.data(), std::min(static_cast<std::size_t>(got), most - std::min(most, into.size())));
    std::memset(room.data(), 0, room.size());
  }

  Pipe& output_;
  Pipe& errors_;
  std::size_t most_;
};

base::Result<> wait_for(pid_t child, Time::time_point deadline) {
  for (;;) {
    int status = 0;
    const auto ended = ::waitpid(child, &status, WNOHANG);
    if (ended < 0 && errno != EINTR) return base::fail("waitpid", base::errc::io);
    if (ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    if (ended == child && WIFEXITED(status))
      return base::fail("it ended with status " + std::to_string(WEXITSTATUS(status)), base::errc::io);
    if (ended == child) return base::fail("it was ended by signal " + std::to_string(WTERMSIG(status)), base::errc::io);
    if (Time::now() >= deadline) return base::fail("it did not end in time", base::errc::timed_out);
    ::poll(nullptr, 0, 10);
  }
}

void kill_and_reap(pid_t child) {
  ::kill(-child, SIGKILL);  // with whatever it started: it leads a group of its own
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Ran run_program(const std::vector<std::string>& words, std::chrono::milliseconds wait, std::size_t most) {
  const auto failed = [](base::Error error) { return Ran{{}, {}, std::unexpected(std::move(error))}; };
  const auto deadline = Time::now() + wait;
  Pipe output, errors;
  if (!output.is_open() || !errors.is_open()) return failed({base::errc::io, words.front() + ": no pipe"});
  const auto child = spawn(words, output, errors);
  if (!child) return failed(child.error());
  output.close_writer();
  errors.close_writer();
  Reading reading(output, errors, most);
  auto& ended = reading.ran.ended;
  ended = reading.until(deadline);
  bool reaped = false;
  if (ended) {
    ended = wait_for(*child, deadline);
    reaped = ended || ended.error().code != base::errc::timed_out;
  }
  if (!reaped) kill_and_reap(*child);
  if (!ended) ended = base::fail(words.front(), ended.error());
  return std::move(reading.ran);
}

}  // namespace understudy::app
