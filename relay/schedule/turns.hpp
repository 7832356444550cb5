/// Who is next: those whose time has come take turns, whoever waited first; the others are called at their time. However many
/// there are, a call costs no more than the logarithm of it. Pure: the time is handed in.
#pragma once

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
  /// From `when` on this one wants a turn. Who stands in line already keeps his place, unless `when` is still to come.
  void call(const std::string& who, base::WallTime when);
  void drop(const std::string& who);  ///< wants no turn
  /// Whose turn it is; he has to call() for another one. nullopt: nobody's.
  std::optional<std::string> next(base::WallTime now);
  /// When there is a turn to give; nullopt: nobody wants one.
  std::optional<base::WallTime> next_time() const;
  std::size_t size() const { return callers_.size(); }

 private:
  struct Caller {
    base::WallTime when{};
    std::optional<std::uint64_t> place;  ///< in the line; nullopt: asleep
  };
  void line_up(base::WallTime now);

  std::map<std::string, Caller> callers_;
  std::set<std::pair<base::WallTime, std::string>> asleep_;
  std::map<std::uint64_t, std::string> line_;
  std::uint64_t next_place_ = 0;
  base::WallTime seen_{};  ///< the latest time that next() was asked at
};

}  // namespace understudy::relay
