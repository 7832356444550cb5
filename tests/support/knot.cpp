#include "tests/support/knot.hpp"

#include <chrono>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace understudy::sim {
namespace {
using namespace std::chrono_literals;

class Socket {
 public:
  explicit Socket(int kind) : fd_(socket(AF_INET, kind | SOCK_CLOEXEC, 0)) {}
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  bool bind_to(std::uint16_t port) { return with(port, bind); }
  bool connect_to(std::uint16_t port) { return with(port, connect); }
  std::uint16_t port() const {
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size);
    return ntohs(bound.sin_port);
  }

 private:
  template <class Call>
  bool with(std::uint16_t port, Call call) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return call(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  int fd_;
};

std::string configuration(const std::string& dir, std::uint16_t port, const std::map<std::string, std::string>& zones) {
  std::string text = "server:\n  rundir: \"" + dir + "\"\n  listen: 127.0.0.1@" + std::to_string(port) +
                     "\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n"
                     "log:\n  - target: stderr\n    any: critical\n"
                     "database:\n  storage: \"" +
                     dir +
                     "\"\n"
                     "template:\n  - id: default\n    storage: \"" +
                     dir +
                     "\"\n    journal-content: none\n"
                     "    zonefile-sync: -1\n    semantic-checks: off\nzone:\n";
  for (const auto& [name, content] : zones) text += "  - domain: " + name + "\n    file: \"" + name + ".zone\"\n";
  return text;
}

pid_t start(const std::string& config) {
  const char* const arguments[] = {"/usr/sbin/knotd", "-c", config.c_str(), nullptr};
  const char* const environment[] = {nullptr};
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("no process for knotd");
  if (pid > 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // a test program that crashes leaves no server behind
  const int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  if (getppid() == parent) execve(arguments[0], const_cast<char**>(arguments), const_cast<char**>(environment));
  _exit(127);
}

bool ended(pid_t pid) {
  return waitpid(pid, nullptr, WNOHANG) == pid;
}

void end(pid_t pid) {
  kill(pid, SIGTERM);
  for (int i = 0; i < 500; ++i) {
    if (ended(pid)) return;
    std::this_thread::sleep_for(10ms);
  }
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}
}  // namespace

std::uint16_t free_port() {
  for (int tries = 0; tries < 100; ++tries) {
    Socket tcp(SOCK_STREAM);
    Socket udp(SOCK_DGRAM);
    if (tcp.bind_to(0) && udp.bind_to(tcp.port())) return tcp.port();
  }
  throw std::runtime_error("no port is free");
}

Knot::Knot(const std::map<std::string, std::string>& zones) : port_(free_port()) {
  for (const auto& [name, content] : zones)
    if (!content.empty()) dir_.write(name + ".zone", content);
  pid_ = start(dir_.write("knot.conf", configuration(dir_.path().string(), port_, zones)).string());
  for (int i = 0; i < 1000; ++i) {
    if (ended(pid_)) throw std::runtime_error("knotd ended at once: is the package knot installed?");
    if (Socket(SOCK_STREAM).connect_to(port_)) return;
    std::this_thread::sleep_for(10ms);
  }
  end(pid_);
  throw std::runtime_error("knotd does not answer");
}

Knot::~Knot() {
  end(pid_);
}

}  // namespace understudy::sim
