/// Time stamps as they are stored, each under the key of its head (docs/store.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/journal/timestamp/stamp.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::journal::timestamp {

/// nullopt: the head has none. base::errc::damaged.
base::Result<std::optional<Stamp>> find(const store::Reader& reader, const TreeHead& head);
/// The head over the most entries that has one; nullopt: none has.
base::Result<std::optional<SignedHead>> last_stamped(const store::Reader& reader, std::uint16_t partition);
/// base::errc::not_found: the head is not among those that are kept.
base::Result<> keep(commit::Stage& stage, const SignedHead& head, const Stamp& stamp);
/// One line for each time stamp that cannot be read, or is not of the head that it is kept for; at most 1,000. Whether the
/// authority is to be trusted is for people to say: no signature is looked at.
base::Result<std::vector<std::string>> verify(const store::Reader& reader, std::uint16_t partition);

}  // namespace understudy::archive::journal::timestamp
