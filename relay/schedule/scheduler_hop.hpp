/// One hop as the schedule keeps it in memory. For the schedule's own files.
#pragma once

#include <chrono>
#include <string>

#include "relay/schedule/hop_queue.hpp"
#include "relay/schedule/scheduler.hpp"

namespace understudy::relay {

struct Scheduler::Hop {
  explicit Hop(std::string text_) : text(std::move(text_)) {}
  std::string text;
  HopQueue queue;
  std::size_t workers = 0;
  bool proven = false;          ///< a conversation was opened since the last failure: more than one may be tried
  std::uint32_t failures = 0;   ///< in a row
  base::WallTime not_before{};  ///< held after a failure
  mail::smtp::Reply last_failure;
};

constexpr std::chrono::milliseconds trouble_wait = std::chrono::minutes(1);  ///< after a failure of our own
constexpr std::chrono::milliseconds busy_wait = std::chrono::seconds(1);     ///< for an entry that is on its way this moment
constexpr std::string_view report_hop = "report:";                           ///< of entries that only wait for a report

}  // namespace understudy::relay
