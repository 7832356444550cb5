/// Reads the journal as it is stored. Any thread; never changes anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/journal/entry.hpp"
#include "archive/journal/log.hpp"
#include "archive/journal/tree.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::journal {

/// Keys of what is stored by the index of an entry.
std::string index_key(std::uint64_t index);
std::string segment_key(std::uint64_t index, std::size_t segment);

struct Numbers {
  Frontier frontier;
  std::uint64_t projected = 0;
};
base::Result<Numbers> read_numbers(const store::Reader& reader, Log log);
/// One more than the index of the last entry in the log, whatever the numbers say.
base::Result<std::uint64_t> end_of_log(const store::Reader& reader, Log log);

/// errc::not_found, errc::damaged. By its position: an entry of the mail journal.
base::Result<Sealed> read_sealed(const store::Reader& reader, Log log, std::uint64_t index);
base::Result<Sealed> read_sealed(const store::Reader& reader, Position position);
/// As it will be after what is staged. The committer's thread only.
base::Result<Sealed> read_sealed(const commit::Stage& stage, Position position);
base::Result<Entry> read(const store::Reader& reader, Position position);
base::Result<base::Digest> read_leaf(const store::Reader& reader, Log log, std::uint64_t index);
base::Result<base::Digest> read_leaf(const store::Reader& reader, Position position);
/// The digest of the octets of a message that was made here; nullopt: none of that name.
base::Result<std::optional<base::Digest>> read_made(const store::Reader& reader, std::uint16_t partition,
                                                    std::string_view unique);
/// The partitions of the mail journal that have entries.
base::Result<std::vector<std::uint16_t>> partitions(const store::Reader& reader);

}  // namespace understudy::archive::journal
