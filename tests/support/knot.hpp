/// A real name server for tests: knotd with its own configuration, zones and port, ended with the object.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <sys/types.h>

#include "tests/support/temp_dir.hpp"

namespace understudy::sim {

class Knot {
 public:
  /// Zone name (no dot at the end) to the text of its zone file; empty text: the zone is configured, its file is missing, so
  /// that questions are answered with SERVFAIL. Throws where knotd is missing or does not answer within seconds.
  explicit Knot(const std::map<std::string, std::string>& zones);
  ~Knot();
  Knot(const Knot&) = delete;
  Knot& operator=(const Knot&) = delete;

  std::uint16_t port() const { return port_; }
  std::string server() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  TempDir dir_;
  std::uint16_t port_;
  pid_t pid_ = -1;
};

/// A port of 127.0.0.1 that was free for UDP and TCP a moment ago.
std::uint16_t free_port();

}  // namespace understudy::sim
