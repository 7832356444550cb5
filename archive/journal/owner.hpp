/// The owner of one partition of the mail journal: what arrives, what ends, and what was made here.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/journal/entry.hpp"
#include "archive/journal/log_owner.hpp"
#include "archive/journal/sealed_parts.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"

namespace understudy::archive::journal {

/// The committer's thread only.
class Owner final : public LogOwner {
 public:
  Owner(const store::Store& store, std::uint16_t partition, base::Random& random)
      : LogOwner(store, partition), random_(random) {}

  /// Gives `entry` the next position, seals it and stages it with its leaf and its body; where the store encrypts, under the
  /// keys of the parties. Errors: their keys, where they have to be made.
  base::Result<> append(commit::Stage& stage, Entry& entry, const store::SealedBody& body, const Parties& parties);
  /// Stages the end of those of `endings.parts` that are not ended yet, and the entry that tells of them, of which the position
  /// is given back; nullopt: all were ended before, nothing was staged. The journal lets go of bodies that no part needs any
  /// more. errc::too_long: over the limits of Endings; errc::not_found: no such entry or recipient; errc::refused: the entry
  /// tells of endings itself, or may not be applied everywhere yet (the group that brings it must be durable).
  base::Result<std::optional<Position>> end(commit::Stage& stage, Endings endings, base::WallTime now);
  base::Result<> tell_key(commit::Stage& stage, const KeyChange& change, base::WallTime now) override;
  /// Stages an entry that tells of the destruction of an account's key.
  Position tell_destruction(commit::Stage& stage, const Destruction& destruction, base::WallTime now);
  /// Remembers a message made here, so that it is known when it comes back.
  void note_made(commit::Stage& stage, const std::string& unique, const base::Digest& handed, base::WallTime now);
  /// Stages the end of notes older than `made_kept`, looking at no more than `limit` from `from` on. Returns where to go on;
  /// empty: the end was reached.
  base::Result<std::string> expire_made(commit::Stage& stage, std::string_view from, base::WallTime now,
                                        std::size_t limit) const;
  /// A copy never expires, and one that was refused waits for an administrator as long as he likes.
  static constexpr std::chrono::days made_kept{400};

 private:
  void add(commit::Stage& stage, Entry& entry);
  /// `names`: parts of one entry. Gives those that were not ended before.
  base::Result<std::vector<PartName>> end_parts_of(commit::Stage& stage, std::span<const PartName> names,
                                                   std::uint64_t by) const;
  void rewrite(commit::Stage& stage, const Sealed& sealed, std::size_t segments_before) const;

  base::Random& random_;
};

}  // namespace understudy::archive::journal
