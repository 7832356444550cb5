/// One hop as the schedule keeps it in memory: what waits for it, who works for it, and how it stands. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "mail/smtp/reply.hpp"
#include "relay/schedule/hop_queue.hpp"

namespace understudy::relay {

/// How far a hop is trusted with connections: those of one lane and of all later ones together have a share of all that there
/// are (Agenda), so that no number of hosts that take a connection and say nothing keeps away who is before them.
enum class Lane : std::uint8_t {
  configured,  ///< a route of our own, where copies and homeward mail go; reports that are to be made here
  proven,      ///< found by MX, and it has taken a message since it failed last
  unproven,    ///< found by MX: whoever has a domain can be this
  notices,     ///< found by MX, and only mail from the null reverse-path waits for it: whoever sends us something can be this
};

struct HopState {
  explicit HopState(std::string text_)
      : text(std::move(text_)), lane(text.starts_with("mx:") ? Lane::unproven : Lane::configured) {}

  std::string text;              ///< as routing::Hop
  Lane lane;                     ///< as its workers are counted
  HopQueue queue;                ///< of its entries those that wait
  std::size_t entries = 0;       ///< with those that are on their way
  std::size_t notices = 0;       ///< of these
  std::size_t workers = 0;       ///< each has a connection, or opens one
  std::size_t opening = 0;       ///< workers that have not asked for an entry yet, or were called back to ask for another
  std::function<void()> rester;  ///< calls back the worker that rests on its open connection; empty: none does
  bool proven = false;           ///< a conversation was opened since the last failure: more than one may be tried
  bool delivered = false;        ///< a message was taken since the last failure
  std::uint32_t failures = 0;    ///< in a row
  base::WallTime not_before{};   ///< held after a failure
  mail::smtp::Reply last_failure;

  /// The lane that it should be in. With nothing left it stays where it is.
  Lane right_lane() const {
    if (lane == Lane::configured || entries == 0) return lane;
    if (notices == entries) return Lane::notices;
    return delivered ? Lane::proven : Lane::unproven;
  }
  std::size_t allowed(std::size_t most) const { return proven ? most : std::min<std::size_t>(most, 1); }
  bool has_more(std::size_t most) const { return rester || workers < allowed(most); }
  /// Are entries due that no worker is about to ask for, and may there be another worker?
  bool lacks_worker(base::WallTime now, std::size_t most) {
    return has_more(most) && not_before <= now && queue.ready(now) > opening;
  }
  /// Nothing is here, and nothing has to be remembered: its back-off is over.
  bool forgotten(base::WallTime now) const { return entries == 0 && workers == 0 && (failures == 0 || not_before <= now); }
  /// When it has to be looked at next, for a worker or to be forgotten; nullopt: when something about it has changed.
  std::optional<base::WallTime> next_turn(std::size_t most) const {
    if (entries == 0 && workers == 0) return not_before;
    if (!has_more(most)) return std::nullopt;
    const auto due = queue.more_than(opening);
    return due ? std::optional(std::max(*due, not_before)) : std::nullopt;
  }
};

}  // namespace understudy::relay
