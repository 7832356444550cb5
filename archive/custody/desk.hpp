/// What both books of custody say, for who may not know the store: the peer link's side of it. Reads alone.
#pragma once

#include <string_view>

#include "archive/archive.hpp"
#include "archive/custody/gaps.hpp"
#include "archive/custody/marks.hpp"

namespace understudy::archive::custody {

/// Any thread. The archive outlives it.
class Desk {
 public:
  explicit Desk(const Archive& archive) : archive_(archive) {}

  /// Whose numbers ours are; zeros where the store's names are none.
  InstanceId instance() const;
  base::Result<Announcement> announcement(base::WallTime now) const;
  /// As standing_of().
  base::Result<Standing> standing(const Number& number, base::WallTime before) const;
  /// As look_for_gaps() and read_gaps().
  base::Result<GapLook> look(const Upto& upto, std::string_view from, const GapCounts& counts) const;
  base::Result<GapPage> gaps(std::string_view from, std::size_t most) const;

 private:
  const Archive& archive_;
};

}  // namespace understudy::archive::custody
