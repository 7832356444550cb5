/// Who is next: those whose time has come take turns, whoever waited first; the others are called at their time. Each stands in
/// a lane, and who asks may leave some lanes out. However many there are, a call costs no more than the logarithm of it. Pure:
/// the time is handed in.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/clock.hpp"

namespace understudy::relay {

/// One thread.
class Turns {
 public:
  static constexpr std::size_t lanes = 4;
  using Open = std::bitset<lanes>;  ///< lanes whose turn it may be
  static constexpr Open all_open{(1u << lanes) - 1};

  /// From `when` on this one wants a turn. Who stands in line already keeps his place, unless `when` is still to come; also
  /// where he changes his lane.
  void call(const std::string& who, base::WallTime when, std::size_t lane = 0);
  void drop(const std::string& who);  ///< wants no turn
  /// Whose turn it is; he has to call() for another one. nullopt: nobody's.
  std::optional<std::string> next(base::WallTime now, Open open = all_open);
  /// When there is a turn to give, or somebody steps into line; nullopt: nobody wants one.
  std::optional<base::WallTime> next_time(Open open = all_open) const;
  std::size_t size() const { return callers_.size(); }

 private:
  struct Caller {
    base::WallTime when{};
    std::size_t lane = 0;
    std::optional<std::uint64_t> place;  ///< in the line; nullopt: asleep
  };
  using Line = std::map<std::uint64_t, std::string>;
  const Line* first_line(Open open) const;  ///< the open one in which somebody has waited longest; nullptr: nobody waits
  void line_up(base::WallTime now);

  std::map<std::string, Caller> callers_;
  std::set<std::pair<base::WallTime, std::string>> asleep_;
  std::array<Line, lanes> lines_;
  std::uint64_t next_place_ = 0;
  base::WallTime seen_{};  ///< the latest time that next() was asked at
};

}  // namespace understudy::relay
