/// Whether something must be kept: asked before anything ends. Holds themselves are not here yet; whoever keeps them implements
/// this, and no ending goes past it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "archive/commit/stage.hpp"
#include "archive/journal/entry.hpp"
#include "base/result.hpp"

namespace understudy::archive::endings {

/// The committer's thread only.
class Holds {
 public:
  virtual ~Holds() = default;
  /// The name of a hold that covers the recipient's part of the entry (nullopt: the common part); nullopt: none does. Reads
  /// what the commit has staged, so that a hold that was set before is never passed by.
  virtual base::Result<std::optional<std::string>> hold_on(const commit::Stage& stage, const journal::Entry& entry,
                                                           std::optional<std::uint32_t> recipient) const = 0;
};

/// Nothing is held.
class NoHolds final : public Holds {
 public:
  base::Result<std::optional<std::string>> hold_on(const commit::Stage&, const journal::Entry&,
                                                   std::optional<std::uint32_t>) const override {
    return std::optional<std::string>();
  }
};

}  // namespace understudy::archive::endings
