/// What is logged while it lives: standard error goes into a file of its own.
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include "base/log.hpp"

namespace understudy::test {

class CapturedLog {
 public:
  CapturedLog() : file_(std::tmpfile()), before_(::dup(STDERR_FILENO)) {
    if (!file_ || before_ < 0 || ::dup2(::fileno(file_), STDERR_FILENO) < 0) throw std::runtime_error("no log file");
    base::log::set_level(base::log::Level::debug);
  }
  ~CapturedLog() {
    base::log::set_silent();
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    std::fclose(file_);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  /// All lines so far that hold `event`.
  std::string lines(const std::string& event) const {
    std::rewind(file_);
    std::string found, line;
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
      line += static_cast<char>(c);
      if (c != '\n') continue;
      if (line.find(' ' + event + ' ') != std::string::npos) found += line;
      line.clear();
    }
    return found;
  }

 private:
  std::FILE* file_;
  int before_;
};

}  // namespace understudy::test
