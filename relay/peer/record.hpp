/// The nine records of the peer link (docs/peer-link.md) and their octets. Pure. What a record may hold is bounded here; when
/// one may be sent is the dialogue's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "relay/peer/frame.hpp"

namespace understudy::relay::peer {

using Position = std::uint64_t;

inline constexpr std::size_t max_name = 64;      ///< octets of a topic, a verb, a feature: a-z 0-9 - . / alone
inline constexpr std::size_t max_features = 64;  ///< in one hello
inline constexpr std::size_t max_label = 255;    ///< octets of the program's version and of the host name
inline constexpr std::size_t max_reason = 1000;  ///< octets of a bye; what is longer is cut
/// Octets of a record, a question or an answer: what a frame holds beside the longest name.
inline constexpr std::size_t max_octets = max_frame - 128;

/// What each side begins with.
struct Hello {
  std::uint16_t lowest = 1, highest = 1;  ///< versions of the link that are spoken
  std::string program;                    ///< "understudy 0.1.0"
  std::string instance, incarnation;      ///< 16 octets each
  std::string hostname;
  std::vector<std::string> features;  ///< "receipts/1"
  bool operator==(const Hello&) const = default;
};
/// From where on the sender of this wants a topic.
struct Want {
  std::string topic;
  Position from = 0;
  bool operator==(const Want&) const = default;
};
struct Record {
  std::string topic;
  Position position = 0;
  std::string octets;
  bool operator==(const Record&) const = default;
};
/// Everything of the topic below this position is durable at the sender of this.
struct Have {
  std::string topic;
  Position below = 0;
  bool operator==(const Have&) const = default;
};
struct Ask {
  std::uint64_t number = 0;
  std::string verb;
  std::string octets;
  bool operator==(const Ask&) const = default;
};
struct Answer {
  enum class Status : std::uint8_t { done = 0, refused = 1, failed = 2 };
  std::uint64_t number = 0;
  Status status = Status::done;
  std::string octets;  ///< a sentence where not done
  bool operator==(const Answer&) const = default;
};
struct Ping {
  std::uint64_t number = 0;
  bool operator==(const Ping&) const = default;
};
struct Pong {
  std::uint64_t number = 0;
  bool operator==(const Pong&) const = default;
};
struct Bye {
  std::string why;
  bool operator==(const Bye&) const = default;
};

using AnyRecord = std::variant<Hello, Want, Record, Have, Ask, Answer, Ping, Pong, Bye>;

/// nullopt: a type that is not known and may be passed over (bit 0x80). errc::unsupported: one that may not; errc::malformed,
/// errc::too_long. Octets behind the last known field are passed over.
base::Result<std::optional<AnyRecord>> parse_record(const Frame& frame);

/// Appends the record's frame to `out`. It is within the limits above, but for the text of a bye, which is cut.
void append_record(std::string& out, const AnyRecord& record);

/// Whether this can be the name of a topic, a verb or a feature.
bool is_name(std::string_view text);

}  // namespace understudy::relay::peer
