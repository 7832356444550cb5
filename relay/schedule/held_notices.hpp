/// Which of the entries that are held the postmaster is told of by mail: the first one of a cause at once, those that follow it
/// by one notice an hour that counts them. However much is refused, and even if the notices themselves are, no more mail than
/// that is made of it. Pure: the time is handed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace understudy::relay {

struct Notice {
  std::string subject;
  std::string text;
  std::string all = "`understudy queue list` shows all that wait";  ///< where the others of its cause are found
};

/// One thread, or under one lock.
class HeldNotices {
 public:
  static constexpr std::chrono::milliseconds pause = std::chrono::hours(1);
  static constexpr std::size_t most_causes = 100;  ///< later ones share one notice

  /// An entry was held. `cause`: the hop that refused it, or another name; `notice` is what is told of this one.
  void held(const std::string& cause, Notice notice);
  /// A notice that is due; each is given once. nullopt: none is.
  std::optional<Notice> take(base::WallTime now);
  /// When take() will have something; nullopt: not before a further held().
  std::optional<base::WallTime> next() const;

 private:
  struct Cause {
    base::WallTime not_before{};
    Notice latest;
    std::uint64_t count = 0;  ///< of entries that nobody was told of
  };
  std::map<std::string, Cause> causes_;
};

}  // namespace understudy::relay
