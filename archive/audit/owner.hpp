/// The owner of the audit journal: appends its entries, and keeps what follows from them beside it. The projection is a pure
/// function of the entries (state.hpp), so that it can be made again and compared.
#pragma once

#include "archive/audit/record.hpp"
#include "archive/audit/state.hpp"
#include "archive/journal/log_owner.hpp"
#include "base/random.hpp"

namespace understudy::archive::audit {

/// The committer's thread only.
class Owner final : public journal::LogOwner {
 public:
  Owner(const store::Store& store, base::Random& random) : LogOwner(store, journal::audit_log), random_(random) {}

  /// Stages the entry, cut to its bounds, and what follows from it; its index. An error: nothing may be done of what it says.
  base::Result<std::uint64_t> append(commit::Stage& stage, Record record);
  base::Result<> tell_key(commit::Stage& stage, const journal::KeyChange& change, base::WallTime now) override;

 private:
  std::uint64_t add(commit::Stage& stage, const Record& record);
  base::Result<> draw_secret(const Cells& cells);

  base::Random& random_;
};

/// The projection as it will be after what is staged.
Cells cells(commit::Stage& stage);
/// For who has opened the store himself, where no server runs: the entry is durable when it returns, and where it is not
/// nothing may be done.
base::Result<> append_alone(store::Store& store, base::Random& random, Record record);
/// The actor of what the machine does by itself.
Actor machine_actor();

}  // namespace understudy::archive::audit
