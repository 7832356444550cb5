/// What a check of the store found: how much it looked at, and one line for each fault, which names what is concerned.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace understudy::archive::check {

struct Findings {
  std::uint64_t records = 0;
  std::uint64_t messages = 0;
  std::uint64_t bodies = 0;  ///< of messages that no journal entry brought, read whole
  std::uint64_t octets = 0;  ///< of these
  std::vector<std::string> faults;
  std::uint64_t further = 0;  ///< faults beyond max_faults, which are counted only
  static constexpr std::size_t max_faults = 1000;

  void add(std::string fault) {
    if (faults.size() < max_faults)
      faults.push_back(std::move(fault));
    else
      further += 1;
  }
  void add(Findings&& others) {
    records += others.records;
    messages += others.messages;
    bodies += others.bodies;
    octets += others.octets;
    for (auto& fault : others.faults) add(std::move(fault));
    further += others.further;
  }
};

/// Asked now and then; false: stop (errc::shutting_down).
using GoOn = std::function<bool()>;

}  // namespace understudy::archive::check
