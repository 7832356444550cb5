/// The figures of a report on custody (docs/custody.md), of either book: for each number of a period where it stands, with all
/// that is plain in digests of blocks, so that the books of both machines are compared without listing them. Reads, and signs
/// nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "archive/custody/overdue.hpp"

namespace understudy::archive::custody {

/// Numbers in a row that a period is about.
struct Span {
  static constexpr std::uint64_t most_numbers = 1'000'000;  ///< in all spans of a report

  Life life;  ///< of the giver
  std::uint16_t partition = 0;
  std::uint64_t from = 1, to = 1;  ///< `to` is not in it
  bool operator==(const Span&) const = default;
};

/// Numbers in a row that stand elsewhere than the others.
struct Stretch {
  std::uint64_t from = 0, to = 0;  ///< both are in it
  Standing standing = Standing::unknown;
  bool operator==(const Stretch&) const = default;
};

/// What a book says of a span. Plain is a number with Standing::receipt: for the giver, that it was handed over and all of it
/// is covered by receipts; for the taker, that it has it.
struct Section {
  static constexpr std::uint64_t block = 256;           ///< numbers under one digest
  static constexpr std::size_t most_exceptions = 5000;  ///< a report names every number that is not plain

  Span span;
  std::map<Standing, std::uint64_t> counts;
  std::vector<Stretch> exceptions;   ///< all that is not plain
  std::vector<base::Digest> blocks;  ///< each SHA-256(*(number digest)), of what is plain in it
};

/// The giver's numbers whose journal entries are of the period [since, until); one that retention has ended counts with the
/// next that it has not. errc::too_long: more than most_numbers.
base::Result<std::vector<Span>> spans_of(const store::Reader& reader, std::uint16_t partition, const InstanceId& giver,
                                         base::WallTime since, base::WallTime until);
/// By the giver's book. `before`: as for standing_of(). errc::too_long: too much is not plain.
base::Result<Section> given_in(const store::Reader& reader, const Span& span, base::WallTime before);
/// By the taker's book. errc::too_long.
base::Result<Section> taken_in(const store::Reader& reader, const Span& span);

/// What one client handed over in a period, with numbers or without.
struct FromClient {
  std::string client;  ///< empty: from nobody who is a [[client]]
  std::uint64_t messages = 0, recipients = 0, octets = 0;
  std::uint64_t numbered = 0;  ///< messages that came under a number
  base::WallTime first{}, last{};
};
struct Arrived {
  static constexpr std::uint64_t most_entries = 1'000'000;

  std::vector<FromClient> clients;
  std::vector<Span> spans;       ///< from the lowest to the highest number that came, of each life
  std::uint64_t unreadable = 0;  ///< entries that were ended or are damaged
};
/// By this machine's journal, where it knows of no marks. errc::too_long: more than most_entries.
base::Result<Arrived> arrived_in(const store::Reader& reader, std::uint16_t partition, base::WallTime since,
                                 base::WallTime until);

}  // namespace understudy::archive::custody
