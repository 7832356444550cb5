/// What the sender announces of its numbers: how many it gave, and below which of them nothing is open. By them the other
/// machine sees what never reached it (gaps.hpp). Not signed: the link says whose they are; what is to be shown to others
/// stands in a report. Never does I/O, but announcement_of().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/custody/owed.hpp"

namespace understudy::archive::custody {

struct Announcement {
  static constexpr std::size_t max_lives = 1000;

  base::WallTime time{};         ///< by the sender's clock
  std::vector<LifeMarks> lives;  ///< of one instance
  bool operator==(const Announcement&) const = default;

  std::string encode() const;
  /// `giver`: whose they are. errc::malformed, also where marks cannot be such; errc::unsupported: a later version.
  static base::Result<Announcement> decode(std::string_view octets, const InstanceId& giver);
};

/// As the book stands now. Reads.
base::Result<Announcement> announcement_of(const store::Reader& reader, std::uint16_t partition, const InstanceId& instance,
                                           base::WallTime now);

}  // namespace understudy::archive::custody
