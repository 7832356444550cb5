/// One hop as the schedule keeps it in memory: what waits for it, who works for it, and how it stands. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "mail/smtp/reply.hpp"
#include "relay/schedule/hop_queue.hpp"

namespace understudy::relay {

struct HopState {
  explicit HopState(std::string text_) : text(std::move(text_)) {}

  std::string text;             ///< as routing::Hop
  HopQueue queue;               ///< of its entries those that wait
  std::size_t entries = 0;      ///< with those that are on their way
  std::size_t workers = 0;      ///< each has a connection, or opens one
  std::size_t opening = 0;      ///< workers that have not asked for an entry yet
  bool proven = false;          ///< a conversation was opened since the last failure: more than one may be tried
  std::uint32_t failures = 0;   ///< in a row
  base::WallTime not_before{};  ///< held after a failure
  mail::smtp::Reply last_failure;

  std::size_t allowed(std::size_t most) const { return proven ? most : std::min<std::size_t>(most, 1); }
  /// Are entries due that no worker is about to ask for, and may there be another worker?
  bool lacks_worker(base::WallTime now, std::size_t most) {
    return workers < allowed(most) && not_before <= now && queue.ready(now) > opening;
  }
  /// Nothing is here, and nothing has to be remembered: its back-off is over.
  bool forgotten(base::WallTime now) const { return entries == 0 && workers == 0 && (failures == 0 || not_before <= now); }
  /// When it has to be looked at next, for a worker or to be forgotten; nullopt: when something about it has changed.
  std::optional<base::WallTime> next_turn(std::size_t most) const {
    if (entries == 0 && workers == 0) return not_before;
    if (workers >= allowed(most)) return std::nullopt;
    const auto due = queue.more_than(opening);
    return due ? std::optional(std::max(*due, not_before)) : std::nullopt;
  }
};

}  // namespace understudy::relay
