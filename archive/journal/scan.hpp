/// Reads a journal from one entry to the next, as fast as the store gives its records in order; each entry that cannot be read
/// that way is asked for alone, so that a damaged part of the medium costs only those that lie in it. Never changes anything.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "archive/journal/entry.hpp"
#include "archive/journal/log.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::journal {

/// Indexes grow from call to call. One thread; `reader` outlives it and does not change.
class Scan {
 public:
  Scan(const store::Reader& reader, Log log) : reader_(reader), log_(log) {}

  /// errc::not_found, errc::damaged.
  base::Result<Sealed> sealed(std::uint64_t index);
  base::Result<base::Digest> leaf(std::uint64_t index);

 private:
  /// The record at `index` where the cursor gives it. It is set anew where it has lost its way.
  std::optional<std::string> next(std::unique_ptr<store::Cursor>& cursor, store::Table table, std::uint64_t index);

  const store::Reader& reader_;
  Log log_;
  std::unique_ptr<store::Cursor> entries_, leaves_;
};

}  // namespace understudy::archive::journal
