/// Others who send beside the load that is measured, over sessions of their own, until it is done.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "messages.hpp"
#include "sender.hpp"

namespace understudy::bench {

class Company {
 public:
  /// Begins at once; with no sessions there is nobody. `load` has no count: they do not end by themselves.
  Company(const Load& load, std::uint64_t size, const Crowd& crowd, const std::string& run) {
    if (load.sessions == 0) return;
    messages_ = artificial_messages(size, crowd, run);
    thread_ = std::jthread([this, load](std::stop_token over) { tally_ = send(load, *messages_, over); });
  }

  /// Lets them end what they are about, and says what they sent. Once.
  Tally end() {
    thread_ = {};
    return std::move(tally_);
  }

 private:
  std::unique_ptr<Messages> messages_;
  Tally tally_;
  std::jthread thread_;  // the last member: asked to stop and waited for before what it uses is gone
};

}  // namespace understudy::bench
